"""What the replicas of a Service serve together, and how they differ."""

import pytest

from openclaw_vllm.api.discovery import PublishRule
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.replicas import Replica
from openclaw_vllm.core.discovery.survey import (
    MAX_ASKED,
    ReplicaList,
    Survey,
    collect,
    combine,
    sample,
)

LARGE, SMALL, UNSIZED = ServedModel("m", "", 8192), ServedModel("m", "", 4096), ServedModel("m")
LORA, OTHER = ServedModel("lora", "m"), ServedModel("other")


@pytest.mark.parametrize(
    ("lists", "publish", "models", "survey"),
    [
        pytest.param([(LARGE,)], "All", {LARGE}, Survey(1), id="one replica"),
        pytest.param([(LARGE,), (LARGE,)], "All", {LARGE}, Survey(2), id="two alike"),
        pytest.param(
            [(LARGE, LORA), (LORA, LARGE)], "All", {LARGE, LORA}, Survey(2), id="in another order"
        ),
        pytest.param(
            [(LARGE,), (SMALL,), (LARGE,)], "All", {SMALL}, Survey(3, 1), id="the smallest number"
        ),
        pytest.param([(UNSIZED,), (LARGE,)], "All", {LARGE}, Survey(2, 1), id="the only number"),
        pytest.param(
            [(LARGE,), (SMALL, LORA)],
            "All",
            {SMALL},
            Survey(2, 1, {"lora": 1}),
            id="what both serve",
        ),
        pytest.param(
            [(LARGE,), (SMALL, LORA)],
            "Any",
            {SMALL, LORA},
            Survey(2, 1, {"lora": 1}),
            id="what any serves",
        ),
        pytest.param(
            [(LARGE,), (LARGE,), (OTHER,)],
            "All",
            {LARGE},
            Survey(3, 1, {"m": 2, "other": 1}),
            id="the midst of a rollout: what most serve",
        ),
        pytest.param([(), ()], "All", set(), Survey(2), id="nothing"),
        pytest.param([(), (LARGE,)], "Any", {LARGE}, Survey(2, 1, {"m": 1}), id="one is empty"),
    ],
)
def test_the_lists_of_replicas_together(
    lists: list[tuple[ServedModel, ...]],
    publish: PublishRule,
    models: set[ServedModel],
    survey: Survey,
) -> None:
    combined, differences = combine(lists, publish)
    assert (set(combined), differences) == (models, survey)
    assert len(combined) == len(models)


ONE, TWO = Replica("10.0.0.1"), Replica("10.0.0.2")


def test_a_silent_replica_counts_with_its_last_list_for_a_while() -> None:
    before = Survey(lists=collect(None, {ONE: (LARGE,), TWO: (SMALL,)}, 3))
    for silent in (1, 2):
        lists = collect(before, {ONE: (LARGE, LORA), TWO: None}, 3)
        assert lists == {ONE: ReplicaList((LARGE, LORA)), TWO: ReplicaList((SMALL,), silent)}
        before = Survey(lists=lists)
    assert collect(before, {ONE: (LARGE,), TWO: None}, 3) == {ONE: ReplicaList((LARGE,))}
    assert collect(before, {TWO: (LARGE,)}, 3) == {TWO: ReplicaList((LARGE,))}
    assert collect(before, {ONE: (LARGE,), Replica(TWO.address, pod="next"): None}, 3) == {
        ONE: ReplicaList((LARGE,))
    }


def test_few_replicas_are_all_asked_and_of_many_always_the_same() -> None:
    few = [Replica(f"10.0.0.{number}") for number in range(MAX_ASKED)]
    assert sample(reversed(few)) == tuple(sorted(few))
    many = [Replica(f"10.0.{number // 250}.{number % 250}") for number in range(1000)]
    chosen = sample(many)
    assert len(chosen) == MAX_ASKED
    assert sample(reversed(many)) == chosen
    assert len({*sample(many[1:])} - {*chosen}) <= 1
