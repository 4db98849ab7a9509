"""What is told of a VllmProvider that nothing is done for: suspended, or with an invalid spec."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from openclaw_vllm.api.conditions import Condition, Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.core.status.conditions import Outcomes, conditions, stalled_conditions
from openclaw_vllm.core.status.provider import inactive_status
from tests import builders

EARLIER, NOW = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
TIMED_OUT = Problem(Reason.TIMED_OUT, "no answer")
FAILED = Outcomes(None, TIMED_OUT, None)
INVALID = Problem(Reason.INVALID_SPEC, "spec.baseUrl: wrong")


def told(said: Iterable[Condition]) -> dict[str, tuple[str, str]]:
    return {condition.type: (condition.status, condition.reason) for condition in said}


def test_an_invalid_spec_is_stalled_and_all_else_stays_as_it_was() -> None:
    before = conditions(FAILED, 1, (), EARLIER)
    after = stalled_conditions(INVALID, 2, before, NOW)
    assert told(after) == {
        "Ready": ("False", "InvalidSpec"),
        "EndpointResolved": ("True", "Succeeded"),
        "ServerReachable": ("False", "TimedOut"),
        "ConfigPublished": ("True", "Succeeded"),
        "Stalled": ("True", "InvalidSpec"),
    }
    generations = {c.type: c.observed_generation for c in after}
    assert (generations["Ready"], generations["ConfigPublished"]) == (2, 1)


def test_an_invalid_spec_at_first_sight_leaves_nothing_unsaid() -> None:
    after = told(stalled_conditions(INVALID, 1, (), NOW))
    assert after == {
        "Ready": ("False", "InvalidSpec"),
        "EndpointResolved": ("Unknown", "Pending"),
        "ServerReachable": ("Unknown", "Pending"),
        "ConfigPublished": ("Unknown", "Pending"),
        "Stalled": ("True", "InvalidSpec"),
    }


def suspended(status: VllmProviderStatus, generation: int, now: str) -> VllmProviderStatus:
    resource = builders.resource(builders.wire_spec(suspend=True), generation=generation)
    return inactive_status(replace(resource, status=status), now)


@pytest.mark.parametrize("server", [None, TIMED_OUT])
def test_suspended_keeps_every_value_and_says_so(server: Problem | None) -> None:
    before = conditions(Outcomes(None, server, None), 1, (), EARLIER)
    status = VllmProviderStatus(observed_generation=1, conditions=before, model_count=4)
    after = suspended(status, 2, NOW)
    values = {c.type: (c.status, c.last_transition_time) for c in before if c.type != "Reconciling"}
    assert {c.type: (c.status, c.last_transition_time) for c in after.conditions} == values
    assert told(after.conditions)["Ready"][1] == "Suspended"
    assert (after.observed_generation, after.model_count) == (2, 4)
    assert suspended(after, 2, "2026-01-03T00:00:00Z") == after


def test_suspended_from_the_start_is_unknown() -> None:
    after = suspended(VllmProviderStatus(), 1, NOW)
    assert told(after.conditions) == {"Ready": ("Unknown", "Suspended")}
