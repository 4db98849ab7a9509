"""A Service whose replicas come and go: asked when one is ready, and left asleep when none is."""

from typing import Any

import pytest

from openclaw_vllm.api.status import ReplicasStatus
from tests import builders
from tests.harnesses.provider import ProviderHarness
from tests.harnesses.replicas import (
    BOTH,
    HANGS,
    LISTED,
    ONE,
    ONLY,
    TWO,
    Pods,
    conditions,
    each,
    scale,
)


def harness(**discovery: Any) -> ProviderHarness:
    url = "http://vllm.models.svc:8000"
    spec = builders.wire_spec(baseUrl=url, discovery=discovery)
    return ProviderHarness(builders.resource(spec))


def restart(it: ProviderHarness, *ready: str) -> None:
    it.restart()
    scale(it, *ready)


def replicas(it: ProviderHarness) -> int | None:
    endpoint = it.cluster.resource.status.endpoint
    return endpoint.replicas.ready if endpoint and endpoint.replicas else None


def test_a_service_that_sleeps_is_not_asked_and_what_is_published_stays() -> None:
    it = harness()
    scale(it, ONE)
    it.probe(LISTED)
    assert (it.server.lists, replicas(it)) == (1, 1)
    scale(it, starting=(ONE,))
    it.probe(LISTED)
    written = it.written
    for _ in range(10):
        it.probe(LISTED)
    restart(it)
    scale(it, starting=(ONE,))
    it.probe(LISTED)
    assert (it.server.lists, it.written) == (1, written)
    assert it.published == LISTED
    assert conditions(it)["ServerReachable"] == "Unknown NoReadyEndpoints"
    assert conditions(it)["Ready"] == "True Succeeded"
    scale(it, TWO)
    it.probe(LISTED)
    assert it.server.lists == 2
    assert conditions(it)["ServerReachable"] == "True Succeeded"


@pytest.mark.parametrize(
    ("rule", "answered", "ready"),
    [
        pytest.param("KeepReady", True, "True Succeeded", id="it answered before"),
        pytest.param("NotReady", True, "False NoReadyEndpoints", id="as the spec says"),
        pytest.param("KeepReady", False, "False NoReadyEndpoints", id="it never answered"),
        pytest.param("NotReady", False, "False NoReadyEndpoints", id="neither"),
    ],
)
def test_ready_while_a_service_sleeps(rule: str, ready: str, *, answered: bool) -> None:
    it = harness(whenScaledToZero=rule)
    if answered:
        scale(it, ONE)
        it.probe(LISTED)
    scale(it)
    it.probe(LISTED)
    assert conditions(it)["Ready"] == ready
    assert it.server.lists == int(answered)


def test_without_slices_a_service_is_probed_as_ever() -> None:
    it = harness()
    it.probe(LISTED)
    assert (it.server.lists, replicas(it)) == (1, None)


def test_what_is_asked_on_changes_is_asked_at_no_resync_and_no_restart() -> None:
    it = harness(mode="OnChange")
    scale(it, ONE)
    it.probe(LISTED)
    written = it.written
    it.probe(LISTED)
    restart(it, ONE)
    it.probe(LISTED)
    assert (it.server.lists, it.written) == (1, written)
    scale(it, ONE, TWO)
    it.probe(LISTED)
    assert it.server.lists == 2


def test_what_is_asked_on_changes_and_slept_over_a_restart_is_asked_when_it_is_awake() -> None:
    it = harness(mode="OnChange")
    scale(it, ONE)
    it.probe(LISTED)
    scale(it)
    it.probe(LISTED)
    restart(it, ONE)
    it.probe(LISTED)
    assert it.server.lists == 2


def test_what_is_asked_on_changes_is_asked_until_its_first_answer() -> None:
    it = harness(mode="OnChange")
    for _ in range(3):
        it.probe(None)
    assert it.server.lists == 3


def test_what_is_asked_on_changes_ends_right_after_a_rollout() -> None:
    """Pods without a readiness probe are ready long before they answer, and the former model goes
    with the third answer without it."""
    it = harness(mode="OnChange")
    scale(it, ONE)
    it.probe(LISTED)
    scale(it, TWO)
    for answer in [None] * 9 + [frozenset("b")] * 20:
        it.probe(answer)
    assert it.published == {"b"}
    lists = it.server.lists
    it.probe(frozenset("b"))
    assert it.server.lists == lists


def partial(it: ProviderHarness) -> dict[str, int | None]:
    models = it.cluster.resource.status.models
    return {model.id: model.replicas for model in models if model.state == "Partial"}


@pytest.mark.parametrize(
    ("publish", "published"),
    [pytest.param("All", ONLY, id="all"), pytest.param("Any", BOTH, id="any")],
)
def test_each_replica_is_asked_at_its_own_address_and_port(
    publish: str, published: frozenset[str]
) -> None:
    it = each(harness(replicas="Each", publish=publish), _1=BOTH, _2=ONLY)
    assert it.published == published
    assert partial(it) == {"b": 1}
    assert it.server.lists == 2
    assert isinstance(it.server, Pods)
    assert it.server.ports == {8000}


def test_a_model_that_a_replica_lacks_goes_at_once_and_a_restart_writes_nothing() -> None:
    it = each(harness(replicas="Each"), _1=BOTH, _2=BOTH)
    assert it.published == BOTH
    assert partial(it) == {}
    each(it, _1=BOTH, _2=ONLY)
    assert it.published == ONLY
    assert partial(it) == {"b": 1}
    written = it.written
    it.restart()
    each(it, _1=BOTH, _2=ONLY)
    assert it.written == written
    each(it, _1=ONLY, _2=ONLY)
    assert it.published == ONLY
    assert partial(it) == {}


def test_replicas_that_do_not_answer_hide_no_other_and_all_of_them_are_an_outage() -> None:
    it = each(harness(replicas="Each"), _1=BOTH, _2=None)
    assert it.published == BOTH
    for _ in range(3):
        each(it, _1=None, _2=None)
    assert conditions(it)["ServerReachable"] == "False ConnectionFailed"
    assert it.published == BOTH


def test_a_replica_that_is_silent_now_and_then_changes_nothing() -> None:
    it = each(harness(replicas="Each"), _1=BOTH, _2=ONLY)
    written = it.written
    for answer in (None, None, ONLY, None, None, ONLY):
        each(it, _1=BOTH, _2=answer)
    assert it.written == written
    assert it.published == ONLY
    assert partial(it) == {"b": 1}
    for _ in range(3):
        each(it, _1=BOTH, _2=None)
    assert it.published == BOTH
    assert partial(it) == {}


def test_a_replica_that_hangs_hides_no_other() -> None:
    it = each(harness(replicas="Each", timeout="2s"), _1=BOTH, _2=HANGS)
    assert it.published == BOTH
    assert conditions(it)["ServerReachable"] == "True Succeeded"


def test_another_replica_does_not_inherit_a_list() -> None:
    it = each(harness(replicas="Each"), _1=BOTH, _2=ONLY)
    each(it, _1=BOTH, _3=None)
    assert it.published == BOTH


def test_replicas_that_all_hang_are_an_outage() -> None:
    it = each(harness(replicas="Each", timeout="100ms"), _1=BOTH)
    for _ in range(3):
        each(it, _1=HANGS)
    assert conditions(it)["ServerReachable"] == "False TimedOut"
    assert it.published == BOTH


def test_events_tell_when_replicas_begin_and_cease_to_differ() -> None:
    it = harness(replicas="Each")
    for lists in (BOTH, ONLY, ONLY, BOTH):
        each(it, _1=BOTH, _2=BOTH, _3=lists)
    assert it.cluster.writes.count("Event") == 2


def test_a_replica_at_an_address_that_is_denied_hides_no_other() -> None:
    it = harness(replicas="Each")
    scale(it, ONE, "169.254.1.1")
    it.probe(LISTED)
    endpoint = it.cluster.resource.status.endpoint
    assert endpoint is not None
    assert endpoint.replicas == ReplicasStatus(ready=2, asked=1, differing=0)
    assert it.server.lists == 1
    assert it.published == LISTED
