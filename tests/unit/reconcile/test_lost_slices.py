"""A Service whose EndpointSlices go or cannot be watched, and one that the spec leaves."""

from dataclasses import replace
from math import isinf
from typing import Any

import pytest

from openclaw_vllm.api.status import ReplicasStatus
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.reconcile.provider import reconcile
from tests import builders
from tests.harnesses.provider import ProviderHarness
from tests.harnesses.replicas import BOTH, LISTED, ONE, ONLY, conditions, each, scale

URL = "http://vllm.models.svc:8000"
OTHER_URL = "http://other.models.svc:8000"
OUTSIDE = "https://metered.example.com/v1"


def harness(url: str = URL, **discovery: Any) -> ProviderHarness:
    return ProviderHarness(builders.resource(builders.wire_spec(baseUrl=url, discovery=discovery)))


def edit(it: ProviderHarness, url: str = URL, **discovery: Any) -> None:
    """Have a user edit the spec."""
    before, spec = it.cluster.resource, builders.spec(baseUrl=url, discovery=discovery)
    edited = replace(before, spec=spec, generation=before.generation + 1)
    it.cluster.put(edited)
    it.context.cache.put_provider(edited, ())


def lose_slices(it: ProviderHarness) -> None:
    for key, one in tuple(it.context.cache.slices.items()):
        it.context.cache.slices.delete(key, one.uid)


def state(it: ProviderHarness) -> ServerState:
    return it.context.states.providers[it.cluster.resource.key].server


def counts(it: ProviderHarness) -> ReplicasStatus | None:
    endpoint = it.cluster.resource.status.endpoint
    return endpoint.replicas if endpoint else None


@pytest.mark.parametrize("mode", ["OnChange", "Periodic"])
@pytest.mark.parametrize("restarted", [False, True])
async def test_a_server_that_sleeps_is_asked_at_once_when_its_slices_go(
    mode: str, *, restarted: bool
) -> None:
    it = harness(mode=mode)
    scale(it, ONE)
    await it.reconcile_with(LISTED)
    scale(it)
    await it.reconcile_with(LISTED)
    assert conditions(it)["ServerReachable"] == "Unknown NoReadyEndpoints"
    if restarted:
        it.restart()
    lose_slices(it)
    await reconcile(it.cluster.resource.key, it.context)
    assert it.server.lists == 2
    assert conditions(it)["ServerReachable"] == "True Succeeded"


def test_a_server_in_vain_asked_after_its_slices_went_is_asked_again_at_the_interval() -> None:
    it = harness(mode="OnChange")
    scale(it, ONE)
    it.probe(LISTED)
    scale(it)
    it.probe(LISTED)
    lose_slices(it)
    for answer in (None, None, LISTED):
        it.probe(answer)
    assert it.server.lists == 4
    assert conditions(it)["ServerReachable"] == "True Succeeded"


@pytest.mark.parametrize(
    ("url", "lists"),
    [
        pytest.param(URL, 4, id="a Service, of which no slice tells"),
        pytest.param(OUTSIDE, 1, id="no Service, of which nothing tells"),
    ],
)
def test_without_slices_a_service_is_asked_at_the_interval_whatever_the_mode(
    url: str, lists: int
) -> None:
    it = harness(url, mode="OnChange")
    it.probe(LISTED)
    it.probe(LISTED)
    it.restart()
    it.probe(LISTED)  # a restart is no reason to ask: the interval begins
    for _ in range(2):
        it.probe(LISTED)
    assert it.server.lists == lists
    shown = next(iter(it.context.provider_samples())).interval
    assert (shown is None) is (lists == 1)


def test_a_service_whose_slices_have_come_is_asked_on_changes_again() -> None:
    it = harness(mode="OnChange")
    it.probe(LISTED)
    scale(it, ONE)
    it.probe(LISTED)
    lists = it.server.lists
    for _ in range(3):
        it.probe(LISTED)
    assert it.server.lists == lists
    assert isinf(state(it).schedule.next_probe_at)


@pytest.mark.parametrize(
    ("edited", "shown"),
    [
        pytest.param(
            {"replicas": "Each"},
            ReplicasStatus(ready=0, asked=2, differing=1),
            id="nothing: the last answers count",
        ),
        pytest.param({"replicas": "Service"}, ReplicasStatus(ready=0), id="to ask the Service"),
        pytest.param(
            {"replicas": "Each", "url": OTHER_URL},
            ReplicasStatus(ready=0),
            id="to name another Service",
        ),
    ],
)
@pytest.mark.parametrize("restarted", [False, True])
def test_while_it_sleeps_the_status_shows_the_replicas_that_the_spec_has_asked(
    edited: dict[str, str], shown: ReplicasStatus, *, restarted: bool
) -> None:
    it = each(harness(replicas="Each"), _1=BOTH, _2=ONLY)
    assert counts(it) == ReplicasStatus(ready=2, asked=2, differing=1)
    if restarted:
        it.restart()
    edit(it, **edited)
    for name in ("vllm", "other"):
        scale(it, service=name)
    it.probe(LISTED)
    assert conditions(it)["ServerReachable"] == "Unknown NoReadyEndpoints"
    assert counts(it) == shown
