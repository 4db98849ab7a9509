"""The default model: chosen once, then left alone, whatever happens to the objects around it."""

from dataclasses import replace

from openclaw_vllm.api.configmap import AGENTS
from tests import builders
from tests.builders import Wire, served, spec_of
from tests.builders.plans import decide, plan, publish, resource


def agents(*primary: str) -> Wire:
    return {"agents": {"primary": [*primary]}}


def test_the_primary_stays_while_an_earlier_pattern_matches_again() -> None:
    before = resource(**agents("best", "*"))
    updated, existing = publish(before, plan(before, *served("a")))
    assert plan(updated, *served("a", "best"), existing=existing).primary == "a"


def test_an_edit_of_the_patterns_decides_the_primary_again() -> None:
    before = resource(**agents("a"))
    updated, existing = publish(before, plan(before, *served("a", "b")))
    edited = replace(resource(2, **agents("b", "a")), status=updated.status)
    assert plan(edited, *served("a", "b"), existing=existing).primary == "b"


def test_an_edit_of_anything_else_leaves_the_primary() -> None:
    before = resource(**agents("best", "*"))
    updated, existing = publish(before, plan(before, *served("a")))
    edited = resource(2, **agents("best", "*"), discovery={"interval": "30s"})
    edited = replace(edited, status=updated.status)
    assert plan(edited, *served("a", "best"), existing=existing).primary == "a"


def test_an_edit_of_the_patterns_outlives_a_status_that_was_not_written() -> None:
    before = resource(**agents("a"))
    updated, existing = publish(before, plan(before, *served("a", "b")))
    edited = replace(resource(2, **agents("b", "a")), status=updated.status)
    _, written = publish(edited, plan(edited, *served("a", "b"), existing=existing))
    assert plan(edited, *served("a", "b"), existing=written).primary == "b"


def test_the_primary_outlives_a_config_map_that_was_deleted() -> None:
    before = resource(**agents("best", "*"))
    updated, _ = publish(before, plan(before, *served("a")))
    assert plan(updated, *served("a", "best"), existing=None).primary == "a"


def test_the_primary_is_not_what_another_client_wrote_into_the_config_map() -> None:
    before = resource(**agents("a"))
    first = plan(before, *served("a", "b"))
    updated, _ = publish(before, first)
    assert first.documents is not None
    foreign = first.documents.data[AGENTS].replace("vllm/a", "vllm/b")
    edited = builders.published(before, first.documents, {AGENTS: foreign})
    assert plan(updated, *served("a", "b"), existing=edited).primary == "a"


def test_the_primary_goes_with_its_model() -> None:
    before = resource(**agents("best", "*"))
    updated, existing = publish(before, plan(before, *served("a", "z")))
    assert plan(updated, *served("z"), existing=existing).primary == "z"


def test_the_primary_stays_while_its_model_is_missing() -> None:
    before = resource(**agents("*"))
    updated, existing = publish(before, plan(before, *served("b")))
    memory = builders.after_answer(
        builders.server_state(before, *served("b")), before, *served("a")
    )
    decided = decide(updated, spec_of(updated), memory, existing)
    assert [(model.id, model.missing) for model in decided.models] == [("a", False), ("b", True)]
    assert decided.primary == "b"


def test_the_primary_stays_over_a_restart() -> None:
    before = resource(**agents("best", "*"))
    updated, existing = publish(before, plan(before, *served("a")))
    assert plan(updated, *served("a", "best"), existing=existing).primary == "a"
    no_status = replace(updated, status=before.status)
    assert plan(no_status, *served("a", "best"), existing=existing).primary == "a"
