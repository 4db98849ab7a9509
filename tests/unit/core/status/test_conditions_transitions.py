"""Events: one per transition, none for what is as it was."""

import pytest

from openclaw_vllm.api.conditions import Condition, Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.status.conditions import (
    Outcomes,
    conditions,
    stalled_conditions,
)
from openclaw_vllm.core.status.transitions import transitions

NOW = "2026-01-01T00:00:00Z"
Conditions = tuple[Condition, ...]


def conditions_of(
    endpoint: Reason | None = None, server: Reason | None = None, published: Reason | None = None
) -> Conditions:
    outcomes = Outcomes(because(endpoint), because(server), because(published))
    return conditions(outcomes, 1, (), NOW)


def because(reason: Reason | None) -> Problem | None:
    return None if reason is None else Problem(reason, "why")


def invalid(before: Conditions) -> Conditions:
    return stalled_conditions(Problem(Reason.INVALID_SPEC, "why"), 2, before, NOW)


WELL = conditions_of()
TIMED_OUT = conditions_of(server=Reason.TIMED_OUT)
REFUSED = conditions_of(server=Reason.CONNECTION_FAILED)
LOST = conditions_of(Reason.SERVICE_NOT_FOUND, Reason.PENDING, Reason.PENDING)
FIRST = conditions_of(server=Reason.PENDING, published=Reason.PENDING)
FOREIGN = conditions_of(published=Reason.NOT_OWNED)


@pytest.mark.parametrize(
    ("before", "after", "events"),
    [
        pytest.param((), WELL, [], id="the first success is in the status"),
        pytest.param((), FIRST, [], id="nothing has happened yet"),
        pytest.param(WELL, WELL, [], id="all stays well"),
        pytest.param(TIMED_OUT, TIMED_OUT, [], id="all stays bad"),
        pytest.param(
            (),
            TIMED_OUT,
            [("ServerReachable", "TimedOut", True)],
            id="the first probe fails",
        ),
        pytest.param(
            WELL, TIMED_OUT, [("ServerReachable", "TimedOut", True)], id="the server goes away"
        ),
        pytest.param(
            TIMED_OUT,
            REFUSED,
            [("ServerReachable", "ConnectionFailed", True)],
            id="it fails for another reason",
        ),
        pytest.param(
            TIMED_OUT, WELL, [("ServerReachable", "Succeeded", False)], id="the server is back"
        ),
        pytest.param(
            WELL,
            LOST,
            [("EndpointResolved", "ServiceNotFound", True)],
            id="the Service is deleted, which is one event",
        ),
        pytest.param(
            LOST,
            WELL,
            [("EndpointResolved", "Succeeded", False), ("ConfigPublished", "Succeeded", False)],
            id="the Service is back",
        ),
        pytest.param(
            FOREIGN, WELL, [("ConfigPublished", "Succeeded", False)], id="a foreign map is gone"
        ),
        pytest.param(
            WELL,
            FOREIGN,
            [("ConfigPublished", "NotOwned", True)],
            id="a map becomes foreign, which is one event although it stalls",
        ),
        pytest.param(
            WELL,
            invalid(WELL),
            [("Stalled", "InvalidSpec", True)],
            id="an edit makes the spec invalid",
        ),
        pytest.param(invalid(WELL), invalid(WELL), [], id="the spec stays invalid"),
    ],
)
def test_events_are_posted_when(
    before: Conditions, after: Conditions, events: list[tuple[str, str, bool]]
) -> None:
    posted = [(c.type, c.reason, warning) for c, warning in transitions(before, after)]
    assert posted == events


@pytest.mark.parametrize(
    ("before", "warning"),
    [
        pytest.param((), False, id="at first sight"),
        pytest.param(conditions_of(published=Reason.PENDING), False, id="after the first answer"),
        pytest.param(conditions_of(published=Reason.NO_MODELS), False, id="after an empty list"),
        pytest.param(conditions_of(), True, id="after models were published"),
    ],
)
def test_an_empty_list_on_purpose_is_posted_once_and_warns_of_models_that_went(
    before: Conditions, *, warning: bool
) -> None:
    outcomes = Outcomes(None, None, None, "it embeds", Reason.NO_CHAT_MODELS)
    after = conditions(outcomes, 1, before, NOW)
    posted = [(c.type, c.reason, warning) for c, warning in transitions(before, after)]
    assert posted == [("ConfigPublished", "NoChatModels", warning)]
    assert transitions(after, after) == []
