"""A Deployment that is scaled from nothing and back to nothing, behind a real Service.

Its EndpointSlices are those of their controller, and kube-proxy routes to its pods.
"""

import time
from statistics import median

import pytest

from tests.cluster import workloads
from tests.cluster.moments import moments
from tests.cluster.streams import spread
from tests.cluster.world import World, soon
from tests.e2e.story import Story

pytestmark = pytest.mark.timeout(600)

NAME = "sleeper"
MODELS = tuple(f"org/m{number}" for number in range(10))
TEN_INTERVALS = 50.0  # seconds
# seconds from the first ready replica to the published list: kube-proxy may take the first of them
USUALLY, AT_MOST = 1.0, 2.0
ASLEEP = {"ServerReachable": "Unknown NoReadyEndpoints", "Ready": "True Succeeded"}


def conditions(here: World) -> dict[str, str]:
    status = here.cluster.get(here.agents, "vllmprovider", NAME).get("status", {})
    return {c["type"]: f"{c['status']} {c['reason']}" for c in status.get("conditions", [])}


def is_asleep(here: World) -> bool:
    return ASLEEP.items() <= conditions(here).items()


def ready_replicas(here: World) -> int:
    endpoint = here.cluster.get(here.agents, "vllmprovider", NAME)["status"]["endpoint"]
    return int(endpoint.get("replicas", {}).get("ready", 0))


def scale(here: World, replicas: int, model: str) -> None:
    server = workloads.server(NAME, here.image, f"--model={model}", replicas=replicas)
    here.apply(here.agents, *server)


def questions(here: World) -> float:
    return here.metric("vllmprovider_probe_total", name=NAME)


def test_a_deployment_without_replicas_is_not_asked(refreshing: World, story: Story) -> None:
    with story.step("A Deployment without replicas, its Service, and a VllmProvider"):
        refreshing.serve(refreshing.agents, NAME, f"--model={MODELS[0]}", replicas=0)
        provider = workloads.provider(NAME, serviceRef={"name": NAME, "port": "http"})
        refreshing.apply(refreshing.agents, provider)
        reason = "False NoReadyEndpoints"
        soon(lambda: conditions(refreshing).get("Ready") == reason, "it sleeps")
    assert questions(refreshing) == 0


def test_its_first_ready_replica_is_published_within_a_second(
    refreshing: World, story: Story
) -> None:
    in_slice, published = [], []
    with moments(refreshing, NAME) as recorded_moments:
        for model in MODELS:
            start = time.monotonic()
            scale(refreshing, 1, model)
            arrival = recorded_moments.arrival(model, start)
            in_slice.append(arrival.in_slice - arrival.ready)
            published.append(arrival.published - arrival.ready)
            refreshing.wait_until_ready(NAME)
            scale(refreshing, 0, model)
            soon(lambda: is_asleep(refreshing), "it sleeps")
    story.tell(f"    From the first ready replica to its slice:          {spread(in_slice)}")
    story.tell(f"    From the first ready replica to the published list: {spread(published)}")
    assert median(published) < USUALLY
    assert max(published) < AT_MOST


def test_more_replicas_are_counted_and_none_is_asked_when_they_are_gone(
    refreshing: World, story: Story
) -> None:
    with story.step("It is scaled to 3"):
        scale(refreshing, 3, MODELS[-1])
        soon(lambda: ready_replicas(refreshing) == 3, "they are counted")
        soon(lambda: not is_asleep(refreshing), "one has answered, which kube-proxy delays")
    with story.step("It is scaled to 0"):
        scale(refreshing, 0, MODELS[-1])
        soon(lambda: is_asleep(refreshing), "it sleeps")
    asked, before = questions(refreshing), refreshing.versions()
    time.sleep(TEN_INTERVALS)
    assert questions(refreshing) == asked
    assert refreshing.versions() == before
