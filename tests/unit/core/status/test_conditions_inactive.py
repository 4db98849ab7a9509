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


def states_of(drafts: Iterable[Condition]) -> dict[str, tuple[str, str]]:
    return {condition.type: (condition.status, condition.reason) for condition in drafts}


def test_an_invalid_spec_is_stalled_and_all_else_stays_as_it_was() -> None:
    before = conditions(FAILED, 1, (), EARLIER)
    after = stalled_conditions(INVALID, 2, before, NOW)
    assert states_of(after) == {
        "Ready": ("False", "InvalidSpec"),
        "EndpointResolved": ("True", "Succeeded"),
        "ServerReachable": ("False", "TimedOut"),
        "ConfigPublished": ("True", "Succeeded"),
        "Stalled": ("True", "InvalidSpec"),
    }
    generations = {c.type: c.observed_generation for c in after}
    assert (generations["Ready"], generations["ConfigPublished"]) == (2, 1)


def test_an_invalid_spec_at_first_sight_sets_every_condition() -> None:
    after = states_of(stalled_conditions(INVALID, 1, (), NOW))
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
    assert states_of(after.conditions)["Ready"][1] == "Suspended"
    assert (after.observed_generation, after.model_count) == (2, 4)
    assert suspended(after, 2, "2026-01-03T00:00:00Z") == after


def test_suspended_from_the_start_is_ready_and_says_that_nothing_is_published() -> None:
    after = suspended(VllmProviderStatus(), 1, NOW)
    assert states_of(after.conditions) == {
        "Ready": ("True", "Suspended"),
        "EndpointResolved": ("Unknown", "Pending"),
        "ServerReachable": ("Unknown", "Pending"),
        "ConfigPublished": ("Unknown", "Pending"),
    }
    assert "no model is published yet" in after.conditions[0].message
    assert suspended(after, 1, "2026-01-03T00:00:00Z") == after


def test_what_was_suspended_from_the_start_is_pending_once_it_is_not() -> None:
    before = suspended(VllmProviderStatus(), 1, NOW).conditions
    pending = Problem(Reason.PENDING, "no good answer from this server yet")
    after = states_of(conditions(Outcomes(None, pending, pending), 2, before, NOW))
    assert (after["Ready"], after["Reconciling"][0]) == (("False", "Pending"), "True")


@pytest.mark.parametrize(
    ("published", "ready"),
    [
        (Problem(Reason.PENDING, "no list yet"), "True"),
        (Problem(Reason.NO_MODELS, "none"), "True"),
        (Problem(Reason.WRITE_REFUSED, "quota"), "False"),
        (Problem(Reason.NOT_OWNED, "another's"), "False"),
    ],
)
def test_suspended_before_its_first_list_waits_for_nothing(published: Problem, ready: str) -> None:
    before = conditions(Outcomes(None, TIMED_OUT, published), 1, (), EARLIER)
    after = states_of(suspended(VllmProviderStatus(conditions=before), 2, NOW).conditions)
    assert after["Ready"] == (ready, "Suspended")
    assert after["ConfigPublished"] == ("False", published.reason)
    assert ("Stalled" in after) == (published.reason is Reason.NOT_OWNED)


@pytest.mark.parametrize(("server", "ready"), [(None, "True"), (TIMED_OUT, "False")])
def test_a_spec_that_can_be_read_again_is_not_stalled_while_suspended(
    server: Problem | None, ready: str
) -> None:
    good = conditions(Outcomes(None, server, None), 1, (), EARLIER)
    unreadable = stalled_conditions(INVALID, 2, good, EARLIER)
    after = states_of(suspended(VllmProviderStatus(conditions=unreadable), 3, NOW).conditions)
    assert (after["Ready"], "Stalled" in after) == ((ready, "Suspended"), False)
