"""Every state that a VllmProvider is seen in, written by our own core.

The objects are whole, as the API server shows them. Which outcomes come together is the
reconcile's doing (`core/discovery/`, `core/publication/`); their wording is never spelled here.
"""

from collections.abc import Iterator
from dataclasses import replace

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.core.status.conditions import Outcomes, conditions
from openclaw_vllm.core.status.provider import Publication, inactive_status, summarize
from tests import builders
from tests.builders import Wire, served, spec_of
from tests.gitops.verdicts import (
    AWAITED,
    BROKEN,
    DELETED,
    HEALTHY,
    STALLED,
    State,
    Verdict,
    because,
    default_status,
)

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
    Reason.NO_READY_ENDPOINTS,
)
REFUSED_OUTPUT = (
    Reason.INVALID_SPEC,
    Reason.NOT_OWNED,
    Reason.CONTESTED,
    Reason.IMMUTABLE,
    Reason.TOO_MANY_MODELS,
    Reason.BASE_CONFIG_INVALID,
)
NO_ENDPOINT = Problem(Reason.PENDING, "there is no endpoint")
NOTHING_YET = Problem(Reason.PENDING, "no good answer from this server yet")


def states() -> Iterator[State]:
    """Yield every state; names say what happened."""
    yield from (*_life(), *_first_list(), *_outages(), *_stalled(), *_suspended())


def _life() -> Iterator[State]:
    new = VllmProviderStatus.model_validate(default_status("vllmproviders"))
    well = _status_of(Outcomes(None, None, None))
    yield State(
        "created, and not seen yet",
        _object(new),
        AWAITED,
    )
    yield State("well", _object(well), HEALTHY)
    yield State("edited since", _object(well, generation=2), AWAITED)
    again = _status_of(Outcomes(None, None, None), well, generation=2)
    yield State("well after an edit", _object(again, generation=2), HEALTHY)
    embeds = Outcomes(None, None, None, "it embeds", Reason.NO_CHAT_MODELS)
    yield State("lists no model that chats", _object(_status_of(embeds)), HEALTHY)
    yield State("lists none any more", _object(_status_of(embeds, well)), HEALTHY)
    down = replace(embeds, server=because(Reason.TIMED_OUT))
    yield State("embeds and is down", _object(_status_of(down)), BROKEN)
    skipped = Outcomes(None, NO_ENDPOINT, None, skipped=True)
    yield State("given its models", _object(_status_of(skipped)), HEALTHY)
    yield State("being deleted", _object(well, deletionTimestamp=NOW), DELETED)


def _first_list() -> Iterator[State]:
    pending = Outcomes(None, NOTHING_YET, NOTHING_YET)
    yield State("about to be asked", _object(_status_of(pending)), AWAITED)
    empty = Outcomes(None, None, because(Reason.NO_MODELS))
    yield State("lists nothing", _object(_status_of(empty)), AWAITED)
    for reason in MISSING:
        outcomes = Outcomes(because(reason), NO_ENDPOINT, NOTHING_YET)
        yield State(f"{reason} before the first list", _object(_status_of(outcomes)), AWAITED)
    for reason in FAILED_PROBE:
        outcomes = Outcomes(None, because(reason), NOTHING_YET)
        yield State(f"{reason} before the first list", _object(_status_of(outcomes)), AWAITED)


def _outages() -> Iterator[State]:
    well = _status_of(Outcomes(None, None, None))
    for reason in MISSING:
        outcomes = Outcomes(because(reason), NO_ENDPOINT, None)
        yield State(f"{reason} later", _object(_status_of(outcomes, well)), BROKEN)
    for reason in FAILED_PROBE:
        blip = Outcomes(None, because(reason), None, tolerated=True)
        yield State(f"{reason} once", _object(_status_of(blip, well)), HEALTHY)
        outage = Outcomes(None, because(reason), None)
        yield State(f"{reason} three times", _object(_status_of(outage, well)), BROKEN)
    for reason in (Reason.TOO_LARGE, Reason.WRITE_REFUSED):
        unwritten = Outcomes(None, None, because(reason))
        yield State(f"{reason} later", _object(_status_of(unwritten, well)), BROKEN)


def _stalled() -> Iterator[State]:
    for reason in FORBIDDEN:
        outcomes = Outcomes(because(reason), NO_ENDPOINT, NOTHING_YET)
        yield State(f"{reason} of the endpoint", _object(_status_of(outcomes)), STALLED)
    for reason in REFUSED_OUTPUT:
        outcomes = Outcomes(None, None, because(reason))
        yield State(f"{reason} of the output", _object(_status_of(outcomes)), STALLED)
        hidden = Outcomes(None, because(Reason.TIMED_OUT), because(reason))
        yield State(f"{reason} behind an outage", _object(_status_of(hidden)), STALLED)
    yield State("unreadable from the start", _object(_unreadable(VllmProviderStatus())), STALLED)
    well = _status_of(Outcomes(None, None, None))
    yield State("unreadable later", _object(_unreadable(well)), STALLED)


def _suspended() -> Iterator[State]:
    """Conditions keep their values, so kstatus says what it would without `spec.suspend`, but that
    nobody waits for a first list that nobody asks for."""
    missing = because(Reason.SECRET_NOT_FOUND)
    stalled = Verdict("Failed", "Degraded", "Current")
    before = {
        "before it was seen": (VllmProviderStatus(), HEALTHY),
        "before its first list": (_status_of(Outcomes(missing, NO_ENDPOINT, NOTHING_YET)), HEALTHY),
        "while it lists nothing": (
            _status_of(Outcomes(None, None, because(Reason.NO_MODELS))),
            HEALTHY,
        ),
        "while well": (_status_of(Outcomes(None, None, None)), HEALTHY),
        "in an outage": (
            _status_of(Outcomes(None, because(Reason.TIMED_OUT), None)),
            Verdict("InProgress", "Healthy", "Current"),
        ),
        "while stalled": (_status_of(Outcomes(None, None, because(Reason.NOT_OWNED))), stalled),
        "while its key is refused": (
            _status_of(Outcomes(because(Reason.KEY_NOT_ALLOWED), NO_ENDPOINT, NOTHING_YET)),
            stalled,
        ),
        "after it could not be read": (_unreadable(VllmProviderStatus()), HEALTHY),
        "after it could not be read later": (
            _unreadable(_status_of(Outcomes(None, None, None))),
            HEALTHY,
        ),
    }
    for when, (status, verdict) in before.items():
        stopped = inactive_status(_resource(status, 2), NOW)
        whole = _object(stopped, {"suspend": True}, generation=2)
        yield State(f"suspended {when}", whole, verdict)
        unseen = _object(status, {"suspend": True}, generation=2)
        yield State(f"to be suspended {when}", unseen, AWAITED)


def _status_of(
    outcomes: Outcomes, before: VllmProviderStatus | None = None, generation: int = 1
) -> VllmProviderStatus:
    """Return the status that a reconcile with these outcomes writes."""
    resource = _resource(before or VllmProviderStatus(), generation)
    result = conditions(outcomes, generation, resource.status.conditions, NOW)
    entries = () if outcomes.published else builders.models_of(spec_of(resource), *served("a"))
    publication = Publication(entries, "", "sha256:1")
    memory = builders.new_server(resource.uid, generation, "")
    memory = builders.with_discovery(memory, rejected={})
    if outcomes.endpoint is None:
        memory = memory.with_endpoint(builders.CONNECTION)
    return summarize(resource, spec_of(resource), result, memory, publication)


def _unreadable(before: VllmProviderStatus) -> VllmProviderStatus:
    """Return the status of a spec that this version of the operator cannot read."""
    unreadable = replace(_resource(before, 1), spec=because(Reason.INVALID_SPEC))
    return inactive_status(unreadable, NOW)


def _resource(status: VllmProviderStatus, generation: int) -> VllmProvider:
    return builders.resource(None, _wire(status), generation=generation)


def _object(
    status: VllmProviderStatus, spec: Wire | None = None, generation: int = 1, **metadata: str
) -> Wire:
    fields = builders.manifest(
        builders.wire_spec(**(spec or {})), _wire(status), generation=generation, **metadata
    )
    return {"apiVersion": "openclaw-vllm.dev/v1alpha1", "kind": "VllmProvider"} | fields


def _wire(status: VllmProviderStatus) -> Wire:
    return status.model_dump(mode="json", exclude_none=True)
