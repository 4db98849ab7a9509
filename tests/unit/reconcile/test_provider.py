"""Whole lives of a VllmProvider, by its reconcile: answers, outages, restarts in any order."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests import builders
from tests.fakes.prober import CARDS
from tests.harnesses.provider import ProviderHarness

SPEC: dict[str, Any] = {
    "agents": {"primary": ["b", "*"], "fallbacks": ["*"], "allow": "Discovered"},
    "modelOverrides": [{"match": "c", "contextWindow": 9000}],
}


def born(remove_after: int = 3) -> ProviderHarness:
    spec = builders.wire_spec(**SPEC, discovery={"removeAfter": remove_after})
    return ProviderHarness(builders.resource(spec))


answers = st.frozensets(st.sampled_from(sorted(CARDS)))
troubles = st.sampled_from(["down", "restart", frozenset[str]()])
events = st.lists(answers | st.sampled_from(["down", "restart"]), max_size=12)


async def live(life: ProviderHarness, event: frozenset[str] | str) -> None:
    if event == "restart":
        life.restart()
    else:
        await life.reconcile_with(None if isinstance(event, str) else event)


@given(before=events, outage=st.lists(troubles, min_size=1, max_size=6))
@settings(max_examples=25)
async def test_no_outage_of_server_or_operator_changes_a_byte(
    before: list[frozenset[str] | str], outage: list[frozenset[str] | str]
) -> None:
    """An empty list of a server that had models is one."""
    life = born()
    for event in ("down", *before, frozenset("a"), "down"):
        await live(life, event)
    maps = life.cluster.writes.count("map")
    for event in outage:
        await live(life, event)
        assert life.cluster.writes.count("map") == maps


@given(before=events, answer=answers)
@settings(max_examples=25)
async def test_the_same_answer_again_writes_nothing_restart_or_not(
    before: list[frozenset[str] | str], answer: frozenset[str]
) -> None:
    life = born(remove_after=1)
    for event in (*before, answer, answer, answer):  # an empty one is told at the third
        await live(life, event)
    written = life.written
    await live(life, answer)
    assert life.written == written
    life.restart()
    await live(life, answer)
    assert life.written == written


@given(before=events)
@settings(max_examples=25)
async def test_a_server_that_stays_down_is_reported_once_and_then_written_no_more(
    before: list[frozenset[str] | str],
) -> None:
    life = born()
    for event in (*before, "down", "down", "down"):
        await live(life, event)
    written = life.written
    for event in ("down", "restart", "down", "restart", "down"):
        await live(life, event)
        assert life.written == written


@given(before=events, remove_after=st.integers(1, 4))
@settings(max_examples=25)
async def test_a_published_model_stays_until_its_nth_absence_in_a_row(
    before: list[frozenset[str] | str], remove_after: int
) -> None:
    life = born(remove_after)
    absent: dict[str, int] = {}
    for event in before:
        await live(life, event)
        if isinstance(event, str) or not event:
            continue  # an empty answer is no good one
        assert event <= life.published
        absent = {id_: absent.get(id_, 0) + 1 for id_ in absent} | dict.fromkeys(event, 0)
        for id_ in [id_ for id_ in absent if id_ not in life.published]:
            assert absent.pop(id_) >= remove_after


@given(before=events)
@settings(max_examples=25)
async def test_the_primary_stays_as_long_as_its_model_is_published(
    before: list[frozenset[str] | str],
) -> None:
    life, primary = born(), ""
    for event in before:
        await live(life, event)
        if life.cluster.published is None:
            continue
        now = (life.cluster.resource.status.primary_model or "").removeprefix("vllm/")
        if primary in life.published:
            assert now == primary
        primary = now
