"""Conditions as kstatus, Flux, Argo CD and `kubectl wait` read them, and all their reasons.

Reasons are API: alerts and scripts match on them. A new one is added here, never spelled in place.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from openclaw_vllm.api.fields import WIRE, WireModel, map_keyed_by
from openclaw_vllm.api.sharing import SharedText

MAX_CONDITIONS = 8

ConditionStatus = Literal["True", "False", "Unknown"]


class ConditionType(StrEnum):
    """The conditions of our kinds; the last two are present only while they are True."""

    READY = "Ready"
    ENDPOINT_RESOLVED = "EndpointResolved"
    SERVER_REACHABLE = "ServerReachable"
    SOURCES_REACHABLE = "SourcesReachable"
    CONFIG_PUBLISHED = "ConfigPublished"
    RECONCILING = "Reconciling"
    STALLED = "Stalled"


class Reason(StrEnum):
    """Why a condition has its status, or why an Event was posted."""

    SUCCEEDED = "Succeeded"
    SKIPPED = "Skipped"
    PENDING = "Pending"
    PROGRESSING = "Progressing"
    PROGRESSING_WITH_RETRY = "ProgressingWithRetry"
    SUSPENDED = "Suspended"

    # the spec, as far as the API server cannot validate it
    INVALID_SPEC = "InvalidSpec"

    # EndpointResolved
    SERVICE_NOT_FOUND = "ServiceNotFound"
    PORT_NOT_FOUND = "PortNotFound"
    EXTERNAL_NAME_REFUSED = "ExternalNameRefused"
    SECRET_NOT_FOUND = "SecretNotFound"  # noqa: S105 a reason, not a password
    SECRET_KEY_NOT_FOUND = "SecretKeyNotFound"  # noqa: S105 a reason, not a password
    CA_BUNDLE_NOT_FOUND = "CABundleNotFound"
    DESTINATION_DENIED = "DestinationDenied"
    KEY_NOT_ALLOWED = "KeyNotAllowed"

    # ServerReachable
    CONNECTION_FAILED = "ConnectionFailed"
    TIMED_OUT = "TimedOut"
    UNAUTHORIZED = "Unauthorized"
    TLS_FAILED = "TLSFailed"
    UNEXPECTED_STATUS = "UnexpectedStatus"
    INVALID_ANSWER = "InvalidAnswer"
    ANSWER_TOO_LARGE = "AnswerTooLarge"
    REDIRECTED = "Redirected"
    NO_READY_ENDPOINTS = "NoReadyEndpoints"

    # ConfigPublished
    NO_MODELS = "NoModels"
    NO_CHAT_MODELS = "NoChatModels"  # of a condition that is True: an empty list is right
    NOT_OWNED = "NotOwned"
    CONTESTED = "Contested"
    IMMUTABLE = "Immutable"
    TOO_LARGE = "TooLarge"
    TOO_MANY_MODELS = "TooManyModels"
    BASE_CONFIG_INVALID = "BaseConfigInvalid"
    WRITE_REFUSED = "WriteRefused"

    # of a VllmCatalog only
    SOURCES_FAILING = "SourcesFailing"

    # Events only
    SMALL_CONTEXT = "SmallContext"
    REPLICAS_DIFFER = "ReplicasDiffer"
    REPLICAS_AGREE = "ReplicasAgree"
    INSECURE_SKIP_VERIFY = "InsecureSkipVerify"
    REFRESH_REFUSED = "RefreshRefused"
    REFRESH_NOT_MOUNTED = "RefreshNotMounted"

    @classmethod
    def parse(cls, text: str) -> "Reason | None":
        """Return the reason of this name, None for one of another version."""
        return cls(text) if text in cls._value2member_map_ else None


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class Condition:
    """One aspect of the object's state, in the form of metav1.Condition."""

    type: Annotated[
        str,
        Field(
            max_length=316,
            pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
            r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])$",
        ),
        SharedText,
    ]
    """What the condition is about, for example Ready."""
    status: ConditionStatus
    """True, False or Unknown."""
    observed_generation: Annotated[int, Field(ge=0)] = 0
    """The metadata.generation that the condition speaks of."""
    last_transition_time: Annotated[
        str, Field(max_length=64, json_schema_extra={"format": "date-time"}), SharedText
    ]
    """When the status last changed."""
    reason: Annotated[
        str,
        Field(min_length=1, max_length=1024, pattern=r"^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$"),
        SharedText,
    ]
    """Why, in one word that programs may match on."""
    message: Annotated[str, Field(max_length=32768), SharedText]
    """Why, in a sentence a person can act on."""


Conditions = Annotated[
    tuple[Condition, ...],
    Field(max_length=MAX_CONDITIONS, json_schema_extra=map_keyed_by("type")),
]


class ObjectStatus(WireModel):
    """Status of an object of one of our kinds."""

    observed_generation: Annotated[int, Field(ge=-1)] = -1
    """The metadata.generation that the operator has acted on; -1 before it has seen the object."""
    conditions: Conditions = ()
