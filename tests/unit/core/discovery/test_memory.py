"""What is remembered between two reconciles, and when the server is asked next."""

from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import Task
from openclaw_vllm.core.config.entry import Connection
from openclaw_vllm.core.discovery.capabilities import Capabilities
from openclaw_vllm.core.discovery.memory import Memory, next_probe_delay
from openclaw_vllm.core.discovery.models import Rejection, validate_ids
from tests import builders
from tests.builders import CONNECTION, WALL, served, spec_of

DOWN = Problem(Reason.CONNECTION_FAILED, "down")
NO_SECRET = Problem(Reason.SECRET_NOT_FOUND, "missing")
ELSEWHERE = Connection("http://other.models.svc.cluster.local:8000/v1")
RESOURCE = builders.resource(builders.wire_spec(discovery={"interval": "60s"}))
NOW = 1000.0


def fresh(resource: VllmProvider = RESOURCE) -> Memory:
    return Memory(resource.uid, resource.generation, resource.requested_at).resolve(CONNECTION)


def known(*ids: str) -> Memory:
    return builders.memory(RESOURCE, *served(*(ids or ("a",))))


def delay(memory: Memory, *, interval: str = "60s") -> float:
    spec = builders.spec(discovery={"interval": interval})
    return memory.schedule(spec, NOW, WALL).due - NOW


def retried(memory: Memory, times: int) -> Memory:
    spec = builders.spec(discovery={"interval": "60s"})
    return reduce(lambda before, _: before.schedule(spec, NOW, WALL), range(times), memory)


@pytest.mark.parametrize(
    ("memory", "waits"),
    [
        pytest.param(fresh().fail(DOWN), True, id="without a good answer so far"),
        pytest.param(fresh().with_endpoint_problem(NO_SECRET), True, id="without its Secret"),
        pytest.param(known().with_endpoint_problem(NO_SECRET), True, id="that lost its Secret"),
        pytest.param(builders.memory(RESOURCE), True, id="that lists nothing yet"),
        pytest.param(known().resolve(ELSEWHERE).fail(DOWN), True, id="at a new place"),
        pytest.param(known(), False, id="that answers"),
        pytest.param(known().fail(DOWN), False, id="that answered and is down"),
        pytest.param(
            builders.memory(RESOURCE).with_server_info("", "Embed", NOW),
            False,
            id="that only embeds",
        ),
    ],
)
def test_early_retries_are_for_a_server(memory: Memory, *, waits: bool) -> None:
    first = delay(memory)
    assert (first == 1.0) if waits else (30.0 <= first < 90.0)


def test_early_retries_double_up_to_the_interval() -> None:
    memory = fresh().fail(DOWN)
    delays = [delay(retried(memory, times)) for times in range(9)]
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_early_retries_go_on_for_weeks() -> None:
    assert delay(retried(fresh().fail(DOWN), 5000)) == 60


@pytest.mark.parametrize("interval", ["5s", "60s", "24h"])
def test_the_first_retry_is_after_a_second_whatever_the_interval(interval: str) -> None:
    assert delay(fresh().fail(DOWN), interval=interval) == 1.0


def test_an_edit_or_a_request_starts_early_retries_anew_and_asks_at_once() -> None:
    tired = retried(fresh().fail(DOWN), 5)
    for changes in ({"generation": 2}, {"requested_at": "now"}):
        asked = tired.observe_request(replace(RESOURCE, **changes))
        assert asked.due <= NOW
        assert delay(asked) == 1.0
    assert tired.observe_request(RESOURCE) is tired


def test_a_good_answer_ends_early_retries() -> None:
    memory = builders.learned(retried(fresh().fail(DOWN), 5), RESOURCE, *served("a"))
    again = retried(memory, 1).with_endpoint_problem(NO_SECRET)
    assert delay(again) == 1.0


@given(uid=st.uuids().map(str), interval=st.floats(5, 86_400), wall=st.floats(1e9, 2e9))
@settings(max_examples=50, deadline=None)
def test_probes_keep_to_one_phase_of_the_interval(uid: str, interval: float, wall: float) -> None:
    first = next_probe_delay(uid, interval, wall)
    assert interval / 2 <= first <= interval * 3 / 2
    late = next_probe_delay(uid, interval, wall + first + interval * 0.1)
    assert late == pytest.approx(interval * 0.9, rel=1e-3)


def test_many_objects_are_spread_over_the_interval() -> None:
    phases = [next_probe_delay(f"uid-{number}", 60.0, WALL) % 60 for number in range(600)]
    per_quarter = [sum(1 for p in phases if 15 * q <= p < 15 * (q + 1)) for q in range(4)]
    assert min(per_quarter) > 100


def test_another_place_is_asked_at_once_and_the_same_one_in_its_time() -> None:
    memory = retried(known(), 1)
    assert memory.resolve(CONNECTION).due == memory.due > NOW
    assert memory.resolve(ELSEWHERE).due <= NOW
    assert memory.with_endpoint_problem(NO_SECRET).resolve(CONNECTION).due <= NOW


def test_a_failed_probe_changes_nothing_but_what_is_said_of_the_server() -> None:
    memory = known("a", "b")
    failed = memory.fail(DOWN)
    assert failed == replace(memory, server=DOWN, failures=1)


@pytest.mark.parametrize(
    ("memory", "tolerated"),
    [
        pytest.param(known(), False, id="no failure needs none"),
        pytest.param(known().fail(DOWN), True, id="the first failure"),
        pytest.param(known().fail(DOWN).fail(DOWN), True, id="the second failure"),
        pytest.param(known().fail(DOWN).fail(DOWN).fail(DOWN), False, id="not the third"),
        pytest.param(fresh().fail(DOWN), False, id="not the first without a good answer"),
        pytest.param(known().resolve(ELSEWHERE).fail(DOWN), False, id="not at a new place"),
    ],
)
def test_failures_in_a_row_are_tolerated(memory: Memory, *, tolerated: bool) -> None:
    assert memory.is_tolerated == tolerated


def test_a_good_answer_between_failures_starts_the_count_anew() -> None:
    memory = builders.learned(known().fail(DOWN).fail(DOWN), RESOURCE, *served("a"))
    assert memory.server is None
    assert memory.fail(DOWN).fail(DOWN).is_tolerated


@pytest.mark.parametrize(
    ("connection", "what"), [(CONNECTION, "the same place"), (ELSEWHERE, "a new place")]
)
@pytest.mark.parametrize("ids", [(), ("only@bad",)], ids=["empty", "all rejected"])
def test_an_empty_answer_is_a_bad_one_once_models_are_known(
    connection: Connection, what: str, ids: tuple[str, ...]
) -> None:
    memory = known("a").resolve(connection)
    after = memory.with_models(connection, validate_ids(served(*ids)), 1, WALL)
    assert after.server is not None, what
    assert after.server.reason == Reason.INVALID_ANSWER
    assert (after.retained, after.failures) == (memory.retained, 1)


@pytest.mark.parametrize(
    ("ids", "shown"),
    [
        pytest.param(("x@y",), {"x@y": Rejection.INVALID_REFERENCE}, id="are told if all are"),
        pytest.param((), {"old@id": Rejection.INVALID_REFERENCE}, id="stay at an empty list"),
    ],
)
def test_rejected_ids_of_a_list_without_a_usable_one(
    ids: tuple[str, ...], shown: dict[str, Rejection]
) -> None:
    memory = known("a", "old@id")
    after = memory.with_models(CONNECTION, validate_ids(served(*ids)), 1, WALL)
    assert (after.rejected, after.retained) == (shown, memory.retained)


def test_what_a_server_said_of_itself_goes_with_the_good_answer_of_another() -> None:
    memory = known("a").with_server_info("0.32.0", "Embed", NOW).resolve(ELSEWHERE)
    memory = replace(memory, examined_models=frozenset({"a", "version 0.32.0"}))
    assert (memory.has_moved, memory.version, memory.task) == (True, "0.32.0", "Embed")
    after = builders.learned(memory, RESOURCE, *served("a"), connection=ELSEWHERE)
    assert (after.has_moved, after.version, after.task) == (False, "", None)
    assert after.examined_models == frozenset()


def test_what_models_can_do_is_remembered_as_long_as_they_are_served() -> None:
    resource = builders.resource(builders.wire_spec(discovery={"removeAfter": 1}))
    memory = builders.memory(resource, *served("stays"))
    for number in range(50):
        now = served("stays", f"only-{number}")
        memory = builders.learned(memory, resource, *now)
        found = {model.id: Capabilities(tools=True) for model in now}
        memory = memory.with_capabilities(frozenset(found), found, complete=True)
    assert set(memory.capabilities) == {"stays", "only-49"}


def test_an_empty_answer_is_a_good_one_while_no_model_is_known() -> None:
    memory = fresh().with_models(CONNECTION, validate_ids(served("x@y")), 3, WALL)
    assert (memory.server, memory.has_good_answer, memory.answered_at) == (None, True, WALL)
    assert memory.rejected == {"x@y": Rejection.INVALID_REFERENCE}


@pytest.mark.parametrize(
    ("task", "kept"),
    [pytest.param(None, "Embed", id="unsaid it stays"), ("Generate", "Generate")],
)
def test_what_the_server_does_not_say_of_itself_stays(task: Task | None, kept: Task) -> None:
    memory = known().with_server_info("0.32.0", "Embed", NOW).with_server_info("", task, NOW + 1)
    assert (memory.version, memory.task) == ("0.32.0", kept)


DETAILED = known("a", "b").with_server_info("0.32.0", "Generate", NOW)


@pytest.mark.parametrize(
    ("memory", "ids", "now", "wanted"),
    [
        pytest.param(fresh(), ("a",), NOW, True, id="with the first good answer"),
        pytest.param(DETAILED, ("b", "a"), NOW + 599, False, id="not at steady state"),
        pytest.param(DETAILED, ("a", "b"), NOW + 600, True, id="every ten minutes"),
        pytest.param(DETAILED, ("a",), NOW, True, id="when a model goes"),
        pytest.param(DETAILED, ("a", "b", "c"), NOW, True, id="when a model comes"),
        pytest.param(DETAILED.fail(DOWN), ("a", "b"), NOW, True, id="after a failure"),
        pytest.param(known("a", "b"), ("a", "b"), NOW, True, id="after a start"),
        pytest.param(
            builders.learned(DETAILED, RESOURCE, *served("a")),
            ("a",),
            NOW,
            False,
            id="not again while a model stays missing",
        ),
    ],
)
def test_version_and_task_are_read(
    memory: Memory, ids: tuple[str, ...], now: float, *, wanted: bool
) -> None:
    assert memory.needs_server_info(served(*ids), CONNECTION.base_url, now) == wanted


def test_only_what_was_written_is_settled() -> None:
    """A write that failed leaves the next run something to do, though nothing new is learnt."""
    resource = builders.resource()
    written = builders.memory(resource, *served("a")).mark_synced(("1", "2"))
    asked_again = builders.learned(written, resource, *served("a")).resync_unless_same_as(written)
    assert asked_again.is_synced_at(("1", "2"))
    assert not asked_again.is_synced_at(("1", "3"))
    wiser = builders.learned(written, resource, *served("a", "b")).resync_unless_same_as(written)
    assert not wiser.is_synced_at(("1", "2"))
    assert not wiser.resync_unless_same_as(wiser).is_synced_at(("1", "2"))
    assert wiser.mark_synced(("1", "3")).is_synced_at(("1", "3"))


def test_only_an_answer_makes_wiser_than_another_operator() -> None:
    resource = builders.resource()
    settled = builders.memory(resource, *served("a")).mark_synced(("1", "2"))
    assert settled.resync_unless_same_as(settled).is_no_wiser_than(settled)
    asked = settled.schedule(spec_of(resource), 100.0, 100.0).resync_unless_same_as(settled)
    assert not asked.is_no_wiser_than(settled)
    learnt = builders.learned(settled, resource, *served("b")).resync_unless_same_as(settled)
    assert not learnt.is_no_wiser_than(settled)
