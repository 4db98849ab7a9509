"""What to publish after a restart, while nothing was heard of the server yet."""

import json
from dataclasses import replace

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import CONFIG
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.config.base_config import Base, parse
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.publication.plan import KeepPublished, Plan
from openclaw_vllm.reconcile.publish import published_by_other_instance
from tests import builders
from tests.builders import CONNECTION, served, spec_of
from tests.builders.plans import decide, listed, plan, publish, resource


def kept(plan: Plan) -> tuple[Problem | None, str]:
    """What is reported of what stays published."""
    assert isinstance(plan, KeepPublished)
    return plan.problem, plan.note


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
    condition = {"type": "ConfigPublished", "status": status, "reason": reason, "message": "m"}
    before = builders.with_status(
        resource(), observedGeneration=1, conditions=[condition | {"lastTransitionTime": ""}]
    )
    decided = decide(before, spec_of(before), builders.new_server(before.uid, 1, ""), None)
    assert decided.documents is None
    assert (decided.problem and decided.problem.reason) == expected


def test_what_is_whole_is_left_alone_until_the_server_has_answered_after_a_restart() -> None:
    before = resource()
    updated, existing = publish(before, plan(before, *served("a")))
    condition = {"type": "ConfigPublished", "status": "True", "reason": "Succeeded", "message": ""}
    updated = builders.with_status(updated, conditions=[condition | {"lastTransitionTime": ""}])
    answered = builders.server_state(before, *served("a", "b"))
    unanswered = builders.with_discovery(answered, answered_at=0.0)
    assert kept(decide(updated, spec_of(updated), unanswered, existing)) == (None, "")
    assert listed(decide(updated, spec_of(updated), answered, existing)) == ["a", "b"]


@pytest.mark.parametrize("resolved", [True, False], ids=["without an answer", "nowhere to ask"])
def test_what_was_noted_is_reported_again_after_a_restart(*, resolved: bool) -> None:
    before = resource(agents={"primary": ["gone", "a"]})
    written = plan(before, *served("a"))
    updated, existing = publish(before, written)
    condition = {"type": "ConfigPublished", "status": "True", "reason": "Succeeded"}
    condition |= {"message": written.note, "lastTransitionTime": ""}
    updated = builders.with_status(updated, conditions=[condition])
    memory = builders.restored(updated, existing)
    memory = memory.with_endpoint(CONNECTION) if resolved else memory
    assert written.note
    assert kept(decide(updated, spec_of(updated), memory, existing)) == (None, written.note)


def test_what_is_damaged_is_rendered_again_even_before_the_server_has_answered() -> None:
    before = resource()
    updated, existing = publish(before, plan(before, *served("a")))
    unanswered = builders.with_discovery(
        builders.server_state(before, *served("a")), answered_at=0.0
    )
    for damage in (
        replace(existing, digest="sha256:0"),
        replace(existing, owner=None),
        replace(existing, labels={}),
    ):
        assert listed(decide(updated, spec_of(updated), unanswered, damage)) == ["a"]


def after_a_restart(now: Base | Problem) -> Plan:
    """Publish more models than the status shows below a base configuration, start again, and decide
    before the server has answered; the base is `now` then."""
    many = served(*(f"m{number:03}" for number in range(120)))
    output = {"baseConfigRef": {"name": "base", "key": "openclaw.json5"}}
    before = resource(output=output, agents={"primary": ["*"], "fallbacks": ["*"]})
    memory = builders.server_state(before, *many, ServedModel("z-adapter", "m000", None))
    written = decide(before, spec_of(before), memory, None, BASE)
    updated, existing = publish(before, written)
    condition = {"type": "ConfigPublished", "status": "True", "reason": "Succeeded", "message": ""}
    updated = builders.with_status(updated, conditions=[condition | {"lastTransitionTime": ""}])
    server = builders.restored(updated, existing)
    recalled = server.with_endpoint(CONNECTION)
    return decide(updated, spec_of(updated), recalled, existing, now)


BASE = parse("{gateway: {port: 1}, agents: {defaults: {models: {'other/a': {}}}}}")
NO_BASE = Problem(Reason.BASE_CONFIG_INVALID, "the base configuration is gone")


def test_what_is_merged_into_the_same_base_is_left_alone_after_a_restart() -> None:
    """The status shows the first hundred models only, so not all could be rendered again."""
    assert kept(after_a_restart(BASE)) == (None, "")


def test_another_base_is_used_even_before_the_server_has_answered() -> None:
    result = after_a_restart(parse("{gateway: {port: 2}}"))
    assert result.documents is not None
    config = json.loads(result.documents.data[CONFIG])
    assert config["gateway"] == {"port": 2}
    assert len(config["models"]["providers"]["vllm"]["models"]) == 121


def test_a_base_that_is_gone_changes_nothing_and_is_reported() -> None:
    assert kept(after_a_restart(NO_BASE)) == (NO_BASE, "")


def test_only_whole_documents_of_ours_that_differ_are_anothers_work() -> None:
    own = resource()
    mine, other = plan(own, *served("a")), plan(own, *served("a", "b"))
    _, existing = publish(own, other)
    _, same = publish(own, mine)
    assert published_by_other_instance(mine, own, spec_of(own), existing)
    no_work = {
        "the same": same,
        "edited": replace(existing, digest="sha256:0"),
        "without an owner": replace(existing, owner=None),
        "without labels": replace(existing, labels={}),
        "immutable": replace(existing, immutable=True),
        "none": None,
    }
    for what, item in no_work.items():
        assert not published_by_other_instance(mine, own, spec_of(own), item), what
    assert not published_by_other_instance(KeepPublished(), own, spec_of(own), existing)
