"""A new model in the file that an agent reads, with the chart's mountRefresh.enabled."""

import time
from collections.abc import Iterator
from uuid import uuid4

import pytest

from tests.cluster import workloads
from tests.cluster.moments import WITHIN, Moments, moments
from tests.cluster.streams import Stream, spread
from tests.cluster.world import World
from tests.e2e.story import Story

pytestmark = pytest.mark.timeout(600)

NAME, AGENT = "changing", "refreshed"
ROUNDS = 10
SEEN_WITHIN = 3.0  # seconds
REFRESH = "openclaw-vllm.dev/refresh"
REQUESTED = "openclaw-vllm.dev/requested-at"


@pytest.fixture(scope="module")
def changing(refreshing: World, story: Story) -> World:
    """Have a server that is asked every ten minutes, and an agent that mounts its models."""
    with story.step("A server, a VllmProvider that asks every ten minutes, and an agent's pod"):
        refreshing.serve(refreshing.agents, NAME, "--model=org/m0")
        service, rarely = {"name": NAME, "port": "http"}, {"interval": "10m"}
        refreshing.provide(NAME, serviceRef=service, discovery=rarely)
        refreshing.add_agent(AGENT, NAME, **{REFRESH: f"{NAME}-openclaw"})
    return refreshing


@pytest.fixture
def agent(changing: World) -> Iterator[Stream]:
    """Follow what the agent prints when the file has other models."""
    follow = ("logs", "--follow", "-n", changing.agents, AGENT)
    with changing.cluster.stream(*follow) as stream:
        stream.first(lambda line: "org/m0" in line, 0.0, WITHIN)
        yield stream


@pytest.fixture
def recorded_moments(changing: World) -> Iterator[Moments]:
    with moments(changing, NAME) as result:
        yield result


def has(model: str, agent: Stream, since: float) -> float:
    """Return when the agent's file has the model."""
    return agent.first(lambda line: model in line.split(), since, WITHIN).at


def test_the_model_of_a_new_pod_is_in_the_file_within_three_seconds_of_its_readiness(
    changing: World, agent: Stream, recorded_moments: Moments, story: Story
) -> None:
    in_slice, published, mounted = [], [], []
    for number in range(1, ROUNDS + 1):
        model, start = f"org/m{number}", time.monotonic()
        server = workloads.server(NAME, changing.image, f"--model={model}")
        changing.apply(changing.agents, *server)
        arrival = recorded_moments.arrival(model, start)
        in_slice.append(arrival.in_slice - arrival.ready)
        published.append(arrival.published - arrival.ready)
        mounted.append(has(model, agent, start) - arrival.ready)
    story.tell(f"    From a ready pod to its slice:          {spread(in_slice)}")
    story.tell(f"    From a ready pod to the published list: {spread(published)}")
    story.tell(f"    From a ready pod to the agent's file:   {spread(mounted)}")
    assert max(mounted) < SEEN_WITHIN


def test_a_model_that_a_server_loads_is_in_the_file_within_three_seconds_of_a_request(
    changing: World, agent: Stream, story: Story
) -> None:
    taken = []
    for number in range(1, ROUNDS + 1):
        model = f"org/loaded-{number}"
        changing.add_model(changing.agents, NAME, model)
        start = time.monotonic()
        request = (f"vllmprovider/{NAME}", f"{REQUESTED}={uuid4().hex}", "--overwrite")
        changing.cluster.kubectl("annotate", "-n", changing.agents, *request)
        taken.append(has(model, agent, start) - start)
    story.tell(f"    From a request to the agent's file: {spread(taken)}")
    assert max(taken) < SEEN_WITHIN
