"""Whole lives of a VllmProvider: answers, failures and restarts in any order."""

from dataclasses import dataclass, field
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import PublishedMap
from openclaw_vllm.api.observed import Resource
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.core.answer import Served
from openclaw_vllm.core.conditions import conditions
from openclaw_vllm.core.memory import Memory
from openclaw_vllm.core.openclaw import skeleton
from openclaw_vllm.core.plan import decide
from openclaw_vllm.core.published import read_models
from openclaw_vllm.core.recall import recall
from openclaw_vllm.core.status import Publication, outcomes_of, summarize
from tests import builders
from tests.builders import CONNECTION, served, spec_of

DOWN = Problem(Reason.CONNECTION_FAILED, "down")
SPEC: dict[str, Any] = {
    "agents": {"primary": ["b", "*"], "fallbacks": ["*"], "allow": "Discovered"},
    "modelOverrides": [{"match": "c", "contextWindow": 9000}],
}
MODELS = {model.id: model for model in (*served("a", "b", "c"), Served("lora", "c"))}


@dataclass
class Life:
    """The pure steps of reconciles, in their order, with what each would write."""

    resource: Resource
    existing: PublishedMap | None = None
    memory: Memory | None = None
    log: list[tuple[str, str]] = field(default_factory=list)

    @property
    def published(self) -> set[str]:
        assert self.existing is not None
        return {id_ for id_, _ in read_models(self.existing.models_json, "vllm").contexts}

    def restart(self) -> None:
        self.memory = None

    def probe(self, answer: frozenset[str] | None) -> None:
        """Reconcile once: the server lists these models, or None: it is down."""
        resource, spec = self.resource, spec_of(self.resource)
        memory = self.memory or recall(resource, spec, self.existing)
        memory = memory.turn_to(resource).resolve(CONNECTION)
        if answer is None:
            memory = memory.fail(DOWN)
        else:
            memory = builders.learned(memory, resource, *(MODELS[id_] for id_ in sorted(answer)))
        plan = decide(resource, spec, memory, self.existing)
        documents = plan.documents or (None if self.existing else skeleton(spec, None))
        publication = None
        if documents is not None:
            self.existing = builders.published(resource, documents)
            publication = Publication(plan.models, plan.primary, documents.digest)
        outcomes = outcomes_of(spec, memory, plan.problem, plan.note)
        told = conditions(outcomes, resource.generation, resource.status.conditions, "now")
        status = summarize(resource, spec, told, memory, publication)
        self.memory = memory
        self.resource = read_back(resource, status)

    @property
    def shown(self) -> tuple[str, VllmProviderStatus]:
        """All that a write would change."""
        assert self.existing is not None
        return self.existing.digest, self.resource.status


def read_back(resource: Resource, status: VllmProviderStatus) -> Resource:
    return builders.with_status(resource, **status.model_dump(exclude_none=True))


def born(remove_after: int = 3) -> Life:
    spec = builders.wire_spec(**SPEC, discovery={"removeAfter": remove_after})
    return Life(builders.resource(spec))


answers = st.frozensets(st.sampled_from(sorted(MODELS)))
events = st.lists(answers | st.sampled_from(["down", "restart"]), max_size=12)


def live(life: Life, event: frozenset[str] | str) -> None:
    if event == "restart":
        life.restart()
    else:
        life.probe(None if isinstance(event, str) else event)


@given(before=events, outage=st.lists(st.sampled_from(["down", "restart"]), min_size=1, max_size=6))
@settings(max_examples=25, deadline=None)
def test_no_outage_of_server_or_operator_changes_a_byte(
    before: list[frozenset[str] | str], outage: list[str]
) -> None:
    life = born()
    for event in ("down", *before, "down"):
        live(life, event)
    digest, _ = life.shown
    for event in outage:
        live(life, event)
        assert life.shown[0] == digest


@given(before=events, answer=answers)
@settings(max_examples=25, deadline=None)
def test_the_same_answer_again_writes_nothing_restart_or_not(
    before: list[frozenset[str] | str], answer: frozenset[str]
) -> None:
    life = born(remove_after=1)
    for event in (*before, answer, answer, answer):  # an empty one is told at the third
        live(life, event)
    shown = life.shown
    live(life, answer)
    assert life.shown == shown
    life.restart()
    live(life, answer)
    assert life.shown == shown


@given(before=events)
@settings(max_examples=25, deadline=None)
def test_a_server_that_stays_down_is_told_once_and_then_written_no_more(
    before: list[frozenset[str] | str],
) -> None:
    life = born()
    for event in (*before, "down", "down", "down"):
        live(life, event)
    shown = life.shown
    for event in ("down", "restart", "down", "restart", "down"):
        live(life, event)
        assert life.shown == shown


@given(before=events, remove_after=st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_a_published_model_stays_until_its_nth_absence_in_a_row(
    before: list[frozenset[str] | str], remove_after: int
) -> None:
    life = born(remove_after)
    absent: dict[str, int] = {}
    for event in before:
        live(life, event)
        if isinstance(event, str) or not event:
            continue  # an empty answer is no good one
        assert event <= life.published
        absent = {id_: absent.get(id_, 0) + 1 for id_ in absent} | dict.fromkeys(event, 0)
        for id_ in [id_ for id_ in absent if id_ not in life.published]:
            assert absent.pop(id_) >= remove_after


@given(before=events)
@settings(max_examples=25, deadline=None)
def test_the_primary_stays_as_long_as_its_model_is_published(
    before: list[frozenset[str] | str],
) -> None:
    life, primary = born(), ""
    for event in before:
        live(life, event)
        if life.existing is None:
            continue
        now = (life.resource.status.primary_model or "").removeprefix("vllm/")
        if primary in life.published:
            assert now == primary
        primary = now
