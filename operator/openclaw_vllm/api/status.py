"""The status of a VllmProvider: what the operator found, published and could not do.

It is written by server-side apply. Lists without a key are atomic, so that managedFields stay
small, and bounds are wide: a status that the API server rejects would be worse than a long one.
"""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from openclaw_vllm.api.conditions import Conditions, ObjectStatus
from openclaw_vllm.api.fields import ATOMIC, WIRE, WireModel
from openclaw_vllm.api.sharing import SharedText

Task = Literal["Generate", "Embed", "Other", "Unknown"]
ContextWindowSource = Literal["Override", "Server", "Parent", "Default"]
Ability = Literal["Supported", "Unsupported", "Unknown"]
AbilitySource = Literal["Override", "Probe"]
ServerNote = Literal[
    "KeyNotProved", "ProbeStopped", "ChatUnauthorized", "FormerDomain", "TargetPort"
]
ModelState = Literal["Served", "Missing", "Partial"]
RejectionReason = Literal[
    "InvalidReference", "InvalidCharacters", "TooLong", "Wildcard", "NoId", "NotChat"
]

MAX_MODELS = 100
MAX_REJECTED_MODELS = 20
MAX_NOTES = 8
MAX_ID_LENGTH = 1024

_Id = Annotated[str, Field(max_length=MAX_ID_LENGTH), SharedText]
_Name = Annotated[str, Field(max_length=253)]


class ReplicasStatus(WireModel):
    """The replicas of a Service, as its EndpointSlices show them."""

    ready: Annotated[int, Field(ge=0)]
    """How many are ready."""
    asked: Annotated[int, Field(ge=0)] | None = None
    """How many answered at their own addresses, with discovery.replicas: Each; one that is silent
    counts with its last list for removeAfter questions."""
    differing: Annotated[int, Field(ge=0)] | None = None
    """How many of those list something else than most of them."""


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class EndpointStatus:
    """The server as the operator sees it."""

    base_url: Annotated[str, Field(max_length=4096), SharedText]
    """The URL that is asked and published."""
    server_version: Annotated[str, Field(max_length=128), SharedText] | None = None
    """What the server says its version is."""
    replicas: ReplicasStatus | None = None
    """The replicas of the Service; absent where the server is none, or has no EndpointSlices."""
    task: Task | None = None
    """Generate for chat models, Embed for embedding models, Other where the routes are those of
    rerankers, classifiers, speech or images alone, Unknown when it cannot be told."""
    notes: (
        Annotated[tuple[ServerNote, ...], Field(max_length=MAX_NOTES, json_schema_extra=ATOMIC)]
        | None
    ) = None
    """KeyNotProved: the server lists its models without a key as well. ProbeStopped: the server
    went away while it was asked what a model can do, and is asked again only after a request of
    yours. ChatUnauthorized: chat requests want another key. FormerDomain: the URL has a domain
    that the cluster had before, until you edit the spec or request another probe. TargetPort: the
    Service is headless, so the URL has the port of its pods, which is another than its own."""


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class ModelStatus:
    """A published model."""

    id: _Id
    """The model's id as the server lists it."""
    ref: _Id
    """How OpenClaw refers to it: the provider id, a slash and the model's id."""
    context_window: int | None = None
    """The published size of the context in tokens."""
    context_window_source: ContextWindowSource | None = None
    """Where the size comes from: this resource, the server, the base model, or a default."""
    max_tokens: int | None = None
    """The published length of the longest output in tokens."""
    max_tokens_source: Literal["Override", "Server", "Default"] | None = None
    """Where that length comes from: this resource, the server's limit, or a default: a quarter of
    the context, at most 8192; half of it, at most 32768, for a model that thinks."""
    parent: _Id = ""
    """The base model of an adapter."""
    state: ModelState = "Served"
    """Served, Missing while removeAfter keeps a model that the server no longer lists, or Partial
    when some replicas serve it and others do not: it is published with discovery.publish: Any."""
    replicas: Annotated[int, Field(ge=0)] | None = None
    """How many replicas serve a model that is Partial."""
    tools: Ability | None = None
    """Whether requests may carry tools, where this resource says so or the server was asked."""
    tools_source: AbilitySource | None = None
    """Where that comes from: this resource, or a request to the server."""
    images: Ability | None = None
    """Whether requests may carry images, where this resource says so or the server was asked."""
    images_source: AbilitySource | None = None
    """Where that comes from: this resource, or a request to the server."""
    note: Annotated[str, Field(max_length=256), SharedText] | None = None
    """What to know about the model, such as SmallContext."""


class RejectedModel(WireModel):
    """A model of the server that OpenClaw could not use."""

    id: _Id
    """The model's id as the server lists it."""
    reason: RejectionReason
    """What is wrong with the id; NoId counts rows without one, NotChat is a model of a kind that
    discovery.kinds leaves out, or that refuses to chat when discovery.capabilities asks it."""


@dataclass(config=WIRE, frozen=True, slots=True, kw_only=True)
class ConfigMapStatus:
    """The published ConfigMap."""

    name: _Name
    """The ConfigMap's name."""
    digest: Annotated[str, Field(max_length=128), SharedText] | None = None
    """A checksum of our keys of its data."""


class ConsumersStatus(WireModel):
    """The pods that ask for a refresh, where the operator is allowed to do it."""

    pods: Annotated[int, Field(ge=0)]
    """How many have the label openclaw-vllm.dev/refresh with the ConfigMap's name."""
    current: Annotated[int, Field(ge=0)]
    """How many of them were made to look at what is published now."""


class CredentialsStatus(WireModel):
    """What an agent's pod must set to use the models."""

    env: Annotated[str, Field(max_length=128)]
    """The environment variable that agents read."""
    secret_name: _Name | None = None
    """The Secret to set it from."""
    secret_key: _Name | None = None
    """The key in the Secret's data."""


class VllmProviderStatus(ObjectStatus):
    """What the operator found, published and could not do."""

    conditions: Conditions = ()
    """Ready, EndpointResolved, ServerReachable and ConfigPublished; Reconciling and Stalled while
    they are True."""
    endpoint: EndpointStatus | None = None
    """The server as the operator sees it."""
    model_count: Annotated[int, Field(ge=0)] | None = None
    """How many models are published."""
    models: Annotated[
        tuple[ModelStatus, ...], Field(max_length=MAX_MODELS, json_schema_extra=ATOMIC)
    ] = ()
    """The first 100 of the published models."""
    rejected_models: Annotated[
        tuple[RejectedModel, ...], Field(max_length=MAX_REJECTED_MODELS, json_schema_extra=ATOMIC)
    ] = ()
    """The first 20 of the models that OpenClaw could not use."""
    primary_model: _Id | None = None
    """The reference of the primary model."""
    config_map: ConfigMapStatus | None = None
    """The published ConfigMap."""
    consumers: ConsumersStatus | None = None
    """The agents' pods that are refreshed."""
    credentials: CredentialsStatus | None = None
    """What an agent's pod must set to use the models."""
