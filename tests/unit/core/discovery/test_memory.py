"""What is remembered between two reconciles, and when the server is asked next."""

from dataclasses import replace
from functools import reduce
from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.discovery import DiscoverySpec
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import Task
from openclaw_vllm.core.discovery.capabilities import Capabilities, Examination
from openclaw_vllm.core.discovery.connection import Connection
from openclaw_vllm.core.discovery.ids import Rejection, validate_ids
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.next_probe import schedule_next_probe
from openclaw_vllm.core.discovery.replicas import Replica, Replicas
from openclaw_vllm.core.discovery.schedule import CONFIRMATION_DELAYS, next_probe_delay
from openclaw_vllm.core.discovery.server import ServerState
from tests import builders
from tests.builders import CONNECTION, WALL, served

DOWN = Problem(Reason.CONNECTION_FAILED, "down")
NO_SECRET = Problem(Reason.SECRET_NOT_FOUND, "missing")
ELSEWHERE = Connection("http://other.models.svc.cluster.local:8000/v1")
RESOURCE = builders.resource(builders.wire_spec(discovery={"interval": "60s"}))
NOW = 1000.0


def fresh(resource: VllmProvider = RESOURCE) -> ServerState:
    return ServerState(resource.request).with_endpoint(CONNECTION)


def after_list(*ids: str) -> ServerState:
    return builders.server_state(RESOURCE, *served(*(ids or ("a",))))


def delay(memory: ServerState, *, interval: str = "60s") -> float:
    spec = builders.spec(discovery={"interval": interval})
    return schedule_next_probe(memory, spec.discovery, NOW, WALL).schedule.next_probe_at - NOW


def due(memory: ServerState) -> float:
    return memory.schedule.next_probe_at


def retried(memory: ServerState, times: int) -> ServerState:
    spec = builders.spec(discovery={"interval": "60s"})
    return reduce(
        lambda before, _: schedule_next_probe(before, spec.discovery, NOW, WALL),
        range(times),
        memory,
    )


@pytest.mark.parametrize(
    ("memory", "waits"),
    [
        pytest.param(fresh().with_probe_failure(DOWN), True, id="without a good answer so far"),
        pytest.param(fresh().with_endpoint_problem(NO_SECRET), True, id="without its Secret"),
        pytest.param(
            after_list().with_endpoint_problem(NO_SECRET), True, id="that lost its Secret"
        ),
        pytest.param(builders.server_state(RESOURCE), True, id="that lists nothing yet"),
        pytest.param(
            builders.server_state(RESOURCE).with_server_info("", "Embed", NOW),
            True,
            id="that lists nothing, whatever its routes said before",
        ),
        pytest.param(
            after_list().with_endpoint(ELSEWHERE).with_probe_failure(DOWN),
            True,
            id="at a new place",
        ),
        pytest.param(after_list(), False, id="that answers"),
        pytest.param(after_list().with_probe_failure(DOWN), False, id="that answered and is down"),
        pytest.param(
            after_list().with_server_info("", "Embed", NOW),
            False,
            id="that only embeds",
        ),
        pytest.param(
            after_list().with_server_info("", "Other", NOW),
            False,
            id="that only reranks",
        ),
    ],
)
def test_early_retries_are_for_a_server(memory: ServerState, *, waits: bool) -> None:
    first = delay(memory)
    assert (first == 1.0) if waits else (30.0 <= first < 90.0)


def test_early_retries_double_up_to_the_interval() -> None:
    memory = fresh().with_probe_failure(DOWN)
    delays = [delay(retried(memory, times)) for times in range(9)]
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60, 60]


def test_early_retries_go_on_for_weeks() -> None:
    assert delay(retried(fresh().with_probe_failure(DOWN), 5000)) == 60


@pytest.mark.parametrize("interval", ["5s", "60s", "24h"])
def test_the_first_retry_is_after_a_second_whatever_the_interval(interval: str) -> None:
    assert delay(fresh().with_probe_failure(DOWN), interval=interval) == 1.0


def test_an_edit_or_a_request_starts_early_retries_again_and_asks_at_once() -> None:
    tired = retried(fresh().with_probe_failure(DOWN), 5)
    for changes in ({"generation": 2}, {"requested_at": "now"}):
        requested = tired.observe_request(replace(RESOURCE, **changes).request)
        assert requested.schedule.next_probe_at <= NOW
        assert delay(requested) == 1.0
    assert tired.observe_request(RESOURCE.request) is tired


def test_a_good_answer_ends_early_retries() -> None:
    memory = builders.after_answer(
        retried(fresh().with_probe_failure(DOWN), 5), RESOURCE, *served("a")
    )
    again = retried(memory, 1).with_endpoint_problem(NO_SECRET)
    assert delay(again) == 1.0


@given(uid=st.uuids().map(str), interval=st.floats(5, 86_400), wall=st.floats(1e9, 2e9))
@settings(max_examples=50)
def test_probes_keep_to_one_phase_of_the_interval(uid: str, interval: float, wall: float) -> None:
    first = next_probe_delay(uid, interval, wall)
    assert interval / 2 <= first <= interval * 3 / 2
    late = next_probe_delay(uid, interval, wall + first + interval * 0.1)
    assert late == pytest.approx(interval * 0.9, rel=1e-3)


def test_many_objects_are_spread_over_the_interval() -> None:
    phases = [next_probe_delay(f"uid-{number}", 60.0, WALL) % 60 for number in range(600)]
    per_quarter = [sum(1 for p in phases if 15 * q <= p < 15 * (q + 1)) for q in range(4)]
    assert min(per_quarter) > 100


def test_another_endpoint_is_probed_at_once_and_the_same_one_in_its_time() -> None:
    memory = retried(after_list(), 1)
    assert due(memory.with_endpoint(CONNECTION)) == due(memory) > NOW
    assert due(memory.with_endpoint(ELSEWHERE)) <= NOW
    assert due(memory.with_endpoint_problem(NO_SECRET).with_endpoint(CONNECTION)) <= NOW


def test_a_failed_probe_changes_nothing_but_what_is_reported_of_the_server() -> None:
    memory = after_list("a", "b")
    failed = memory.with_probe_failure(DOWN)
    schedule = replace(memory.schedule, failures=1)
    assert failed == replace(builders.with_discovery(memory, problem=DOWN), schedule=schedule)


@pytest.mark.parametrize(
    ("memory", "tolerated"),
    [
        pytest.param(after_list(), False, id="no failure needs none"),
        pytest.param(after_list().with_probe_failure(DOWN), True, id="the first failure"),
        pytest.param(
            after_list().with_probe_failure(DOWN).with_probe_failure(DOWN),
            True,
            id="the second failure",
        ),
        pytest.param(
            after_list().with_probe_failure(DOWN).with_probe_failure(DOWN).with_probe_failure(DOWN),
            False,
            id="not the third",
        ),
        pytest.param(
            fresh().with_probe_failure(DOWN), False, id="not the first without a good answer"
        ),
        pytest.param(
            after_list().with_endpoint(ELSEWHERE).with_probe_failure(DOWN),
            False,
            id="not at a new place",
        ),
    ],
)
def test_failures_in_a_row_are_tolerated(memory: ServerState, *, tolerated: bool) -> None:
    assert memory.is_within_threshold == tolerated


def test_a_good_answer_between_failures_starts_the_count_again() -> None:
    memory = builders.after_answer(
        after_list().with_probe_failure(DOWN).with_probe_failure(DOWN), RESOURCE, *served("a")
    )
    assert memory.discovery.problem is None
    assert memory.with_probe_failure(DOWN).with_probe_failure(DOWN).is_within_threshold


@pytest.mark.parametrize(
    ("connection", "what"), [(CONNECTION, "the same place"), (ELSEWHERE, "a new place")]
)
@pytest.mark.parametrize("ids", [(), ("only@bad",)], ids=["empty", "all rejected"])
def test_an_empty_answer_is_a_bad_one_once_models_are_known(
    connection: Connection, what: str, ids: tuple[str, ...]
) -> None:
    memory = after_list("a").with_endpoint(connection)
    after = memory.with_models(connection, validate_ids(served(*ids)), 1, WALL)
    assert after.discovery.problem is not None, what
    assert after.discovery.problem.reason == Reason.INVALID_ANSWER
    assert (after.discovery.retained, after.schedule.failures) == (memory.discovery.retained, 1)


@pytest.mark.parametrize(
    ("ids", "rejected"),
    [
        pytest.param(("x@y",), {"x@y": Rejection.INVALID_REFERENCE}, id="are told if all are"),
        pytest.param((), {"old@id": Rejection.INVALID_REFERENCE}, id="stay at an empty list"),
    ],
)
def test_rejected_ids_of_a_list_without_a_usable_one(
    ids: tuple[str, ...], rejected: dict[str, Rejection]
) -> None:
    memory = after_list("a", "old@id")
    after = memory.with_models(CONNECTION, validate_ids(served(*ids)), 1, WALL)
    assert (after.discovery.rejected, after.discovery.retained) == (
        rejected,
        memory.discovery.retained,
    )


def test_a_list_of_other_kinds_alone_is_a_good_answer() -> None:
    """What it does not list is missing, and goes as any model does."""
    embedder = validate_ids([ServedModel("bge-m3", kind="Embedding")])
    url = CONNECTION.base_url
    first = after_list("a").with_models(CONNECTION, embedder, 2, WALL).discovery
    assert first.problem is None
    assert first.served_ids_at(url) == {"a"}
    second = after_list("a").with_models(CONNECTION, embedder, 1, WALL).discovery
    assert second.problem is None
    assert not second.served_ids_at(url)
    assert second.rejected == {"bge-m3": Rejection.NOT_CHAT}


def test_version_and_task_of_a_server_go_with_the_good_answer_of_another() -> None:
    memory = after_list("a").with_server_info("0.32.0", "Embed", NOW).with_endpoint(ELSEWHERE)
    examined = frozenset({"a", "version 0.32.0"})
    memory = memory.with_examination(examined, Examination({}))
    assert (
        memory.discovery.has_moved,
        memory.discovery.info.version,
        memory.discovery.info.task,
    ) == (True, "0.32.0", "Embed")
    after = builders.after_answer(memory, RESOURCE, *served("a"), connection=ELSEWHERE)
    assert (after.discovery.has_moved, after.discovery.info.version, after.discovery.info.task) == (
        False,
        "",
        None,
    )
    assert after.discovery.capabilities.examined == frozenset()


def test_what_models_can_do_is_remembered_as_long_as_they_are_served() -> None:
    resource = builders.resource(builders.wire_spec(discovery={"removeAfter": 1}))
    memory = builders.server_state(resource, *served("stays"))
    for number in range(50):
        now = served("stays", f"only-{number}")
        memory = builders.after_answer(memory, resource, *now)
        result = {model.id: Capabilities(tools=True) for model in now}
        memory = memory.with_examination(frozenset(result), Examination(result))
    assert set(memory.discovery.capabilities.by_model) == {"stays", "only-49"}


def test_an_empty_answer_is_a_good_one_while_no_model_is_known() -> None:
    memory = fresh().with_models(CONNECTION, validate_ids(served("x@y")), 3, WALL)
    assert (
        memory.discovery.problem,
        memory.discovery.has_good_answer,
        memory.discovery.answered_at,
    ) == (None, True, WALL)
    assert memory.discovery.rejected == {"x@y": Rejection.INVALID_REFERENCE}


@pytest.mark.parametrize(
    ("task", "kept"),
    [pytest.param(None, "Embed", id="unsaid it stays"), ("Generate", "Generate")],
)
def test_what_the_server_does_not_answer_stays(task: Task | None, kept: Task) -> None:
    memory = (
        after_list().with_server_info("0.32.0", "Embed", NOW).with_server_info("", task, NOW + 1)
    )
    assert (memory.discovery.info.version, memory.discovery.info.task) == ("0.32.0", kept)


DETAILED = after_list("a", "b").with_server_info("0.32.0", "Generate", NOW)


@pytest.mark.parametrize(
    ("memory", "ids", "now", "wanted"),
    [
        pytest.param(fresh(), ("a",), NOW, True, id="with the first good answer"),
        pytest.param(DETAILED, ("b", "a"), NOW + 599, False, id="not at steady state"),
        pytest.param(DETAILED, ("a", "b"), NOW + 600, True, id="every ten minutes"),
        pytest.param(DETAILED, ("a",), NOW, True, id="when a model goes"),
        pytest.param(DETAILED, ("a", "b", "c"), NOW, True, id="when a model comes"),
        pytest.param(
            DETAILED.with_probe_failure(DOWN), ("a", "b"), NOW, True, id="after a failure"
        ),
        pytest.param(after_list("a", "b"), ("a", "b"), NOW, True, id="after a start"),
        pytest.param(
            builders.after_answer(DETAILED, RESOURCE, *served("a")),
            ("a",),
            NOW,
            False,
            id="not again while a model stays missing",
        ),
    ],
)
def test_version_and_task_are_read(
    memory: ServerState, ids: tuple[str, ...], now: float, *, wanted: bool
) -> None:
    assert memory.needs_server_info(served(*ids), CONNECTION.base_url, now) == wanted


def ready(*addresses: str) -> Replicas:
    return Replicas(frozenset(Replica(address) for address in addresses))


@pytest.mark.parametrize(
    ("before", "after", "probed"),
    [
        pytest.param(ready("10.0.0.1"), ready("10.0.0.1"), False, id="the same"),
        pytest.param(ready("10.0.0.1"), ready("10.0.0.2"), True, id="another one"),
        pytest.param(ready("10.0.0.1"), ready("10.0.0.1", "10.0.0.2"), True, id="one more"),
        pytest.param(ready(), ready("10.0.0.1"), True, id="the first"),
        pytest.param(ready("10.0.0.1"), ready(), True, id="none left"),
        pytest.param(None, None, False, id="nothing known, as without slices"),
        pytest.param(ready("10.0.0.1"), None, False, id="nothing known any more"),
        pytest.param(None, ready("10.0.0.1"), False, id="slices that come later"),
    ],
)
def test_replicas_that_change_are_probed_at_once(
    before: Replicas | None, after: Replicas | None, *, probed: bool
) -> None:
    waits = schedule_next_probe(after_list().with_replicas(before), DiscoverySpec(), NOW, WALL)
    assert waits.with_replicas(after).schedule.is_due(NOW) is probed


def test_after_replicas_changed_a_few_probes_follow_soon_whatever_they_say() -> None:
    """A node's routes follow the slices late."""
    memory = after_list().with_replicas(ready()).with_replicas(ready("10.0.0.1"))
    delays = []
    for _ in range(len(CONFIRMATION_DELAYS) + 2):
        delays.append(delay(memory))
        memory = schedule_next_probe(memory, DiscoverySpec(), NOW, WALL)
    assert delays[:-2] == pytest.approx(CONFIRMATION_DELAYS)
    assert all(wait >= 30 for wait in delays[-2:])
    memory = memory.with_replicas(ready("10.0.0.2"))
    assert delay(memory) == pytest.approx(CONFIRMATION_DELAYS[0])
    asleep = memory.with_replicas(ready()).without_probe(ASLEEP)
    assert delay(asleep) >= 30


ASLEEP = Problem(Reason.NO_READY_ENDPOINTS, "it is scaled to zero")


@pytest.mark.parametrize(
    ("memory", "probed"),
    [
        pytest.param(fresh(), True, id="that never answered"),
        pytest.param(after_list(), False, id="that answered"),
        pytest.param(after_list().without_probe(ASLEEP), True, id="that sleeps"),
    ],
)
def test_replicas_at_first_sight_as_after_a_restart_are_probed_at_once(
    memory: ServerState, *, probed: bool
) -> None:
    waits = schedule_next_probe(memory, DiscoverySpec(mode="OnChange"), NOW, WALL)
    waits = replace(waits, schedule=waits.schedule.until_change())
    assert waits.with_replicas(ready("10.0.0.1")).schedule.is_due(NOW) is probed


def test_a_server_that_is_asked_on_changes_is_retried_until_its_first_answer() -> None:
    on_change, first = DiscoverySpec(mode="OnChange"), fresh().with_probe_failure(DOWN)
    assert schedule_next_probe(first, on_change, NOW, WALL).schedule.next_probe_at == NOW + 1
    answered = schedule_next_probe(after_list(), on_change, NOW, WALL)
    assert not answered.schedule.is_due(NOW + 1e9)
    failed = schedule_next_probe(after_list().with_probe_failure(DOWN), on_change, NOW, WALL)
    assert not failed.schedule.is_due(NOW + 1e9)


def test_where_replicas_changed_a_question_in_vain_is_repeated_ten_times() -> None:
    """Pods may be ready, having no readiness probe, minutes before they answer."""
    memory, delays, now = after_list(), [], NOW
    schedule = memory.schedule.after_change().without_confirmations()
    memory = replace(memory, schedule=schedule)
    for _ in range(11):
        memory = memory.with_probe_failure(DOWN)
        memory = schedule_next_probe(memory, DiscoverySpec(mode="OnChange"), now, WALL)
        delays.append(memory.schedule.next_probe_at - now)
        now = memory.schedule.next_probe_at
    assert delays == [1, 2, 4, 8, 16, 32, 60, 60, 60, 60, inf]


def test_no_probe_is_no_failure() -> None:
    memory = after_list().with_probe_failure(DOWN).without_probe(ASLEEP)
    assert (memory.schedule.failures, memory.discovery.problem) == (0, ASLEEP)
    assert memory.is_asleep
    assert not memory.is_within_threshold
