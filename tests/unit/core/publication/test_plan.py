"""What to publish now; whatever is wrong, the bytes that are published stay."""

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import Task
from openclaw_vllm.core.discovery.connection import Connection
from openclaw_vllm.core.discovery.models_response import ServedModel
from tests import builders
from tests.builders import CONNECTION, Wire, served, spec_of
from tests.builders.plans import decide, listed, plan, publish, resource

NEW = Connection("http://new.models.svc.cluster.local:8000/v1")
MANY = served(*(f"m{number:04}" for number in range(201)))


def test_what_is_served_is_published() -> None:
    decided = plan(resource(), *served("b", "a"))
    assert (listed(decided), decided.problem) == (["a", "b"], None)


def test_explicit_models_are_published_without_a_good_answer() -> None:
    explicit = resource(models=[{"id": "mine"}])
    memory = builders.new_server(explicit.uid, 1, "").with_endpoint(CONNECTION)
    decided = decide(explicit, spec_of(explicit), memory, None)
    assert (listed(decided), decided.problem) == (["mine"], None)


@pytest.mark.parametrize(
    ("fields", "models", "task", "reason"),
    [
        pytest.param({}, MANY, None, Reason.TOO_MANY_MODELS, id="more models than 200"),
        pytest.param(
            {"discovery": {"maxModels": 1}},
            served("a", "b"),
            None,
            Reason.TOO_MANY_MODELS,
            id="more models than maxModels",
        ),
        pytest.param(
            {"discovery": {"exclude": ["*"]}},
            served("a"),
            None,
            Reason.NO_MODELS,
            id="filters that leave nothing",
        ),
        pytest.param(
            {"agents": {"aliases": {"x": "a", "y": "a"}}},
            served("a"),
            None,
            Reason.INVALID_SPEC,
            id="aliases that clash",
        ),
        pytest.param(
            {"discovery": {"exclude": ["*-draft"]}, "agents": {"primary": ["b-*"]}},
            served("a", "b-draft"),
            None,
            Reason.INVALID_SPEC,
            id="a primary pattern that matches an excluded model only",
        ),
    ],
)
def test_the_published_bytes_stay_with(
    fields: Wire, models: tuple[ServedModel, ...], task: Task | None, reason: Reason
) -> None:
    before = resource()
    _, existing = publish(before, plan(before, *served("a")))
    decided = plan(resource(2, **fields), *models, existing=existing, task=task)
    assert decided.documents is None
    assert decided.problem is not None
    assert decided.problem.reason == reason


def test_the_most_models_count_after_the_filters() -> None:
    filtered = resource(discovery={"maxModels": 2, "include": ["keep-*"], "exclude": ["*-not"]})
    decided = plan(filtered, *MANY, *served("keep-a", "keep-b", "keep-not"))
    assert listed(decided) == ["keep-a", "keep-b"]


def test_the_message_says_how_many_models_there_are_and_how_many_may_be() -> None:
    decided = plan(resource(), *MANY)
    assert decided.problem is not None
    assert "201" in decided.problem.message
    assert "200" in decided.problem.message


def test_an_explicit_list_is_not_bounded_by_max_models() -> None:
    explicit = resource(models=[{"id": f"m{n}"} for n in range(201)])
    memory = builders.new_server(explicit.uid, 1, "").with_endpoint(CONNECTION)
    assert len(listed(decide(explicit, spec_of(explicit), memory, None))) == 201


def test_what_no_config_map_can_hold_is_refused() -> None:
    long = resource(discovery={"maxModels": 2000}, modelDefaults={"name": "n" * 256})
    decided = plan(long, *served(*(f"{'m' * 500}{n:04}" for n in range(600))))
    assert decided.documents is None
    assert decided.problem is not None
    assert decided.problem.reason == Reason.TOO_LARGE


def test_nothing_is_published_before_the_first_good_answer() -> None:
    new = resource()
    decided = decide(
        new, spec_of(new), builders.new_server(new.uid, 1, "").with_endpoint(CONNECTION), None
    )
    assert decided.documents is None
    assert decided.problem is not None
    assert decided.problem.reason == Reason.PENDING


def test_a_changed_endpoint_leaves_the_bytes_until_its_first_good_answer() -> None:
    before = resource()
    _, existing = publish(before, plan(before, *served("a")))
    moved = (
        builders.server_state(before, *served("a"))
        .observe_request(resource(2).request)
        .with_endpoint(NEW)
    )
    waiting = decide(resource(2), spec_of(before), moved, existing)
    assert waiting.documents is None
    assert waiting.problem is not None
    assert waiting.problem.reason == Reason.PENDING
    arrived = builders.after_answer(moved, before, *served("b"), connection=NEW)
    assert listed(decide(resource(2), spec_of(before), arrived, existing)) == ["b"]


def test_an_unresolved_edit_leaves_the_bytes() -> None:
    edited = resource(2, discovery={"exclude": ["a"]})
    missing = Problem(Reason.SERVICE_NOT_FOUND, "")
    memory = (
        builders.server_state(resource(), *served("a", "b"))
        .observe_request(edited.request)
        .with_endpoint_problem(missing)
    )
    decided = decide(edited, spec_of(edited), memory, None)
    assert (decided.documents, decided.problem and decided.problem.reason) == (None, Reason.PENDING)


def test_a_lost_endpoint_leaves_the_bytes_and_keeps_them_published() -> None:
    missing = Problem(Reason.SERVICE_NOT_FOUND, "")
    memory = builders.server_state(resource(), *served("a")).with_endpoint_problem(missing)
    decided = decide(resource(), spec_of(resource()), memory, None)
    assert (listed(decided), decided.problem) == (["a"], None)


@pytest.mark.parametrize(
    ("task", "words"), [("Embed", "memory.search"), ("Other", "reranking, classification, speech")]
)
def test_a_server_that_does_not_chat_is_published_without_models_even_over_a_list(
    task: Task, words: str
) -> None:
    before = resource()
    _, existing = publish(before, plan(before, *served("a")))
    decided = plan(before, *served("a"), existing=existing, task=task)
    assert listed(decided) == []
    assert (decided.problem, decided.reason) == (None, Reason.NO_CHAT_MODELS)
    assert words in decided.note


@pytest.mark.parametrize(
    ("models", "discovery", "is_kept"),
    [
        pytest.param((), {}, False, id="other kinds alone"),
        pytest.param(served("a"), {"include": ["gone-*"]}, True, id="what no pattern selects, too"),
    ],
)
def test_over_a_list_that_names_an_embedder_and(
    models: tuple[ServedModel, ...], discovery: Wire, *, is_kept: bool
) -> None:
    _, existing = publish(resource(), plan(resource(), *served("a")))
    embedder = ServedModel("bge", kind="Embedding")
    decided = plan(resource(discovery=discovery), *models, embedder, existing=existing)
    assert (decided.documents is None) == is_kept
    reason = decided.problem.reason if decided.problem else decided.reason
    assert reason == (Reason.NO_MODELS if is_kept else Reason.NO_CHAT_MODELS)


def test_a_server_that_lists_nothing_at_first_is_published_without_models() -> None:
    decided = plan(resource())
    assert listed(decided) == []
    assert decided.problem is not None
    assert decided.problem.reason == Reason.NO_MODELS


def test_unmatched_patterns_are_noted_and_publishing_goes_on() -> None:
    decided = plan(resource(agents={"primary": ["gone-*", "a"]}), *served("a"))
    assert decided.problem is None
    assert "gone-*" in decided.note
    assert decided.primary == "a"


@pytest.mark.parametrize(
    ("models", "words"),
    [
        pytest.param((), "lists no models yet; for one that loads models on demand", id="none"),
        pytest.param(
            (ServedModel("bge", kind="Embedding"), ServedModel("*")), "is rejected", id="rejected"
        ),
    ],
)
def test_an_empty_list_is_reported_with_what_to_do(
    models: tuple[ServedModel, ...], words: str
) -> None:
    problem = plan(resource(), *models).problem
    assert problem is not None
    assert problem.reason == Reason.NO_MODELS
    assert words in problem.message


EMBEDDER, BAD = ServedModel("bge", kind="Embedding"), ServedModel("m@work")


@pytest.mark.parametrize(
    ("models", "task", "reason"),
    [
        pytest.param((EMBEDDER,), None, Reason.NO_CHAT_MODELS, id="an embedder by its row"),
        pytest.param(
            (ServedModel("r", kind="Reranker"), ServedModel("w", kind="Speech")),
            None,
            Reason.NO_CHAT_MODELS,
            id="a reranker and a speech model",
        ),
        pytest.param(served("a"), "Embed", Reason.NO_CHAT_MODELS, id="an embedder by its routes"),
        pytest.param((BAD,), "Embed", Reason.NO_CHAT_MODELS, id="its id is bad, and it embeds"),
        pytest.param(served("a"), "Other", Reason.NO_CHAT_MODELS, id="a reranker by its routes"),
        pytest.param((), "Other", Reason.NO_MODELS, id="nothing, by a reranker"),
        pytest.param((EMBEDDER, BAD), None, Reason.NO_MODELS, id="an embedder and a bad id"),
        pytest.param((), "Embed", Reason.NO_MODELS, id="nothing"),
        pytest.param((), None, Reason.NO_MODELS, id="nothing, by a server of no task"),
    ],
)
def test_a_list_is_empty_on_purpose_only_where_no_model_can_chat(
    models: tuple[ServedModel, ...], task: Task | None, reason: Reason
) -> None:
    decided = plan(resource(), *models, task=task)
    assert listed(decided) == []
    assert (decided.problem.reason if decided.problem else decided.reason) is reason
