"""What to publish after a restart, while nothing was heard of the server yet."""

from dataclasses import replace

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.core.memory import Memory
from openclaw_vllm.core.plan import Plan, decide
from tests import builders
from tests.builders import served, spec_of
from tests.unit.plans import listed, plan, publish, resource


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        pytest.param("True", "Succeeded", None, id="well"),
        pytest.param("False", "NoModels", Reason.NO_MODELS, id="without models"),
        pytest.param("False", "OfAVersionToCome", Reason.PENDING, id="for a reason yet unknown"),
    ],
)
def test_without_an_endpoint_after_a_restart_all_is_as_the_status_says(
    status: str, reason: str, expected: Reason | None
) -> None:
    said = {"type": "ConfigPublished", "status": status, "reason": reason, "message": "m"}
    before = builders.with_status(
        resource(), observedGeneration=1, conditions=[said | {"lastTransitionTime": ""}]
    )
    decided = decide(before, spec_of(before), Memory(before.uid, 1, ""), None)
    assert decided.documents is None
    assert (decided.problem and decided.problem.reason) == expected


def test_what_is_whole_is_left_alone_until_the_server_has_answered_after_a_restart() -> None:
    before = resource()
    shown, existing = publish(before, plan(before, *served("a")))
    said = {"type": "ConfigPublished", "status": "True", "reason": "Succeeded", "message": ""}
    shown = builders.with_status(shown, conditions=[said | {"lastTransitionTime": ""}])
    answered = builders.memory(before, *served("a", "b"))
    unanswered = replace(answered, answered_at=0.0)
    assert decide(shown, spec_of(shown), unanswered, existing) == Plan()
    assert listed(decide(shown, spec_of(shown), answered, existing)) == ["a", "b"]


def test_what_is_damaged_is_rendered_again_even_before_the_server_has_answered() -> None:
    before = resource()
    shown, existing = publish(before, plan(before, *served("a")))
    unanswered = replace(builders.memory(before, *served("a")), answered_at=0.0)
    for damage in (
        replace(existing, digest="sha256:0"),
        replace(existing, owner=None),
        replace(existing, labels={}),
    ):
        assert listed(decide(shown, spec_of(shown), unanswered, damage)) == ["a"]
