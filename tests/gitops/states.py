"""Every state that a VllmProvider is seen in, written by our own core, and what tools say of it.

The objects are whole, as the API server shows them. Which outcomes come together is the
reconcile's doing (`core/memory.py`, `core/plan.py`); what is said of them is never spelled here.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import yaml

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.observed import Resource
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.core.conditions import Outcomes, conditions, stalled_conditions, suspended
from openclaw_vllm.core.status import Publication, endpoint_status, summarize
from tests import builders
from tests.builders import Wire, served, spec_of

CRD = Path(__file__).parents[2] / "crds" / "openclaw-vllm.dev_vllmproviders.yaml"
NOW = "2026-01-02T00:00:00Z"

MISSING = (
    Reason.SERVICE_NOT_FOUND,
    Reason.PORT_NOT_FOUND,
    Reason.EXTERNAL_NAME_REFUSED,
    Reason.SECRET_NOT_FOUND,
    Reason.SECRET_KEY_NOT_FOUND,
    Reason.CA_BUNDLE_NOT_FOUND,
)
FORBIDDEN = (Reason.INVALID_SPEC, Reason.DESTINATION_DENIED, Reason.KEY_NOT_ALLOWED)
FAILED_PROBE = (
    Reason.CONNECTION_FAILED,
    Reason.TIMED_OUT,
    Reason.UNAUTHORIZED,
    Reason.TLS_FAILED,
    Reason.UNEXPECTED_STATUS,
    Reason.INVALID_ANSWER,
    Reason.ANSWER_TOO_LARGE,
    Reason.REDIRECTED,
)
WRONG_LIST = (Reason.NO_MODELS, Reason.TOO_LARGE)
REFUSED_OUTPUT = (
    Reason.INVALID_SPEC,
    Reason.NOT_OWNED,
    Reason.IMMUTABLE,
    Reason.TOO_MANY_MODELS,
    Reason.BASE_CONFIG_INVALID,
)
NO_ENDPOINT = Problem(Reason.PENDING, "there is no endpoint")
NOTHING_YET = Problem(Reason.PENDING, "no good answer from this server yet")


@dataclass(frozen=True)
class Verdict:
    """What kstatus, Argo CD and Flux say of an object."""

    kstatus: str
    argocd: str
    flux: str


HEALTHY = Verdict("Current", "Healthy", "Current")
AWAITED = Verdict("InProgress", "Progressing", "InProgress")
BROKEN = Verdict("InProgress", "Degraded", "InProgress")  # it was well, and a retry may heal
STALLED = Verdict("Failed", "Degraded", "Failed")
DELETED = Verdict("Terminating", "Progressing", "InProgress")


@dataclass(frozen=True)
class State:
    """A VllmProvider as the API server shows it, and what is to be said of it."""

    name: str
    manifest: Wire
    verdict: Verdict

    @property
    def is_deleted(self) -> bool:
        """Whether the tools themselves judge it, before any script or expression."""
        return "deletionTimestamp" in self.manifest["metadata"]

    def of_kind(self, kind: str) -> Wire:
        """Return the object as one of another kind with the same conditions."""
        return self.manifest | {"kind": kind}


def states() -> list[State]:
    """Return every state; names say what happened."""
    return [*_life(), *_first_list(), *_outages(), *_stalled(), *_suspended()]


def conditions_of(manifest: Wire) -> Iterable[Wire]:
    """Return an object's conditions as the API server shows them."""
    return tuple(manifest["status"].get("conditions", ()))


def _life() -> Iterator[State]:
    well = _told(Outcomes(None, None, None))
    yield State("created, and not seen yet", _object(_default_status()), AWAITED)
    yield State("well", _object(well), HEALTHY)
    yield State("edited since", _object(well, generation=2), AWAITED)
    again = _told(Outcomes(None, None, None), well, generation=2)
    yield State("well after an edit", _object(again, generation=2), HEALTHY)
    skipped = Outcomes(None, NO_ENDPOINT, None, skipped=True)
    yield State("given its models", _object(_told(skipped)), HEALTHY)
    yield State("being deleted", _object(well, deletionTimestamp=NOW), DELETED)


def _first_list() -> Iterator[State]:
    pending = Outcomes(None, NOTHING_YET, NOTHING_YET)
    yield State("about to be asked", _object(_told(pending)), AWAITED)
    for reason in MISSING:
        found = Outcomes(_because(reason), NO_ENDPOINT, NOTHING_YET)
        yield State(f"{reason} before the first list", _object(_told(found)), AWAITED)
    for reason in FAILED_PROBE:
        found = Outcomes(None, _because(reason), NOTHING_YET)
        yield State(f"{reason} before the first list", _object(_told(found)), AWAITED)


def _outages() -> Iterator[State]:
    well = _told(Outcomes(None, None, None))
    for reason in MISSING:
        found = Outcomes(_because(reason), NO_ENDPOINT, None)
        yield State(f"{reason} later", _object(_told(found, well)), BROKEN)
    for reason in FAILED_PROBE:
        blip = Outcomes(None, _because(reason), None, tolerated=True)
        yield State(f"{reason} once", _object(_told(blip, well)), HEALTHY)
        outage = Outcomes(None, _because(reason), None)
        yield State(f"{reason} three times", _object(_told(outage, well)), BROKEN)
    for reason in WRONG_LIST:
        found = Outcomes(None, None, _because(reason))
        yield State(f"{reason} of a good answer", _object(_told(found)), BROKEN)


def _stalled() -> Iterator[State]:
    for reason in FORBIDDEN:
        found = Outcomes(_because(reason), NO_ENDPOINT, NOTHING_YET)
        yield State(f"{reason} of the endpoint", _object(_told(found)), STALLED)
    for reason in REFUSED_OUTPUT:
        found = Outcomes(None, None, _because(reason))
        yield State(f"{reason} of the output", _object(_told(found)), STALLED)
        hidden = Outcomes(None, _because(Reason.TIMED_OUT), _because(reason))
        yield State(f"{reason} behind an outage", _object(_told(hidden)), STALLED)
    yield State("unreadable from the start", _object(_unreadable(VllmProviderStatus())), STALLED)
    well = _told(Outcomes(None, None, None))
    yield State("unreadable later", _object(_unreadable(well)), STALLED)


def _suspended() -> Iterator[State]:
    """Conditions keep their values, so kstatus says what it would without `spec.suspend`."""
    before = {
        "before it was seen": (VllmProviderStatus(), "InProgress"),
        "while well": (_told(Outcomes(None, None, None)), "Current"),
        "in an outage": (_told(Outcomes(None, _because(Reason.TIMED_OUT), None)), "InProgress"),
        "while stalled": (_told(Outcomes(None, None, _because(Reason.NOT_OWNED))), "Failed"),
    }
    for when, (status, kstatus) in before.items():
        stopped = suspended(status, 2, NOW)
        whole = _object(stopped, {"suspend": True}, generation=2)
        yield State(f"suspended {when}", whole, Verdict(kstatus, "Suspended", "Current"))
        unseen = _object(status, {"suspend": True}, generation=2)
        yield State(f"to be suspended {when}", unseen, AWAITED)


def _told(
    outcomes: Outcomes, before: VllmProviderStatus | None = None, generation: int = 1
) -> VllmProviderStatus:
    """Return the status that a reconcile with these outcomes writes."""
    resource = _resource(before or VllmProviderStatus(), generation)
    said = conditions(outcomes, generation, resource.status.conditions, NOW)
    entries = () if outcomes.published else builders.entries(spec_of(resource), *served("a"))
    publication = Publication(entries, "", "sha256:1")
    endpoint = None if outcomes.endpoint else endpoint_status(builders.BASE_URL, "", None)
    return summarize(resource, spec_of(resource), said, endpoint, publication, {})


def _unreadable(before: VllmProviderStatus) -> VllmProviderStatus:
    """Return the status of a spec that this version of the operator cannot read."""
    said = stalled_conditions(_because(Reason.INVALID_SPEC), 1, before.conditions, NOW)
    return before.model_copy(update={"conditions": said, "observed_generation": 1})


def _default_status() -> VllmProviderStatus:
    """Return what the API server itself writes into a new object."""
    (version,) = yaml.safe_load(CRD.read_text())["spec"]["versions"]
    default = version["schema"]["openAPIV3Schema"]["properties"]["status"]["default"]
    return VllmProviderStatus.model_validate(default)


def _resource(status: VllmProviderStatus, generation: int) -> Resource:
    return builders.resource(None, _wire(status), generation=generation)


def _object(
    status: VllmProviderStatus, spec: Wire | None = None, generation: int = 1, **metadata: str
) -> Wire:
    known = builders.manifest(
        builders.wire_spec(**(spec or {})), _wire(status), generation=generation, **metadata
    )
    return {"apiVersion": "openclaw-vllm.dev/v1alpha1", "kind": "VllmProvider"} | known


def _wire(status: VllmProviderStatus) -> Wire:
    return status.model_dump(mode="json", exclude_none=True)


def _because(reason: Reason) -> Problem:
    return Problem(reason, f"why {reason}")
