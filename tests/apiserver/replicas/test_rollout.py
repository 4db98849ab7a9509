"""A rolling update from one model to another, three replicas, one at a time."""

import json
from collections.abc import Iterator
from hashlib import sha256
from itertools import groupby

import pytest

from tests.apiserver.servers import Servers
from tests.apiserver.slices import Slices, behind_service
from tests.apiserver.workspace import Provider, Workspace, soon
from tests.vllm_server import Model, VllmServer

pytestmark = pytest.mark.timeout(300)

REPLICAS, REMOVE_AFTER = 3, 3
OLD, NEW = (tuple(f"10.0.0.{first + n}" for n in range(REPLICAS)) for first in (1, 11))
BEFORE, AFTER, SHARED = Model("before", 32768), Model("after", 32768), Model("shared", 32768)


def states() -> Iterator[tuple[str, ...]]:
    """Yield the ready replicas: a new one takes the place of an old one that has ended."""
    for count in range(REPLICAS):
        yield NEW[:count] + OLD[count + 1 :]
        yield NEW[: count + 1] + OLD[count + 1 :]


def published_since(provider: Provider, version: str) -> list[list[str]]:
    """Return the models of each version of the ConfigMap, equal ones in a row once."""
    path = f"/api/v1/namespaces/{provider.space.namespace}/configmaps"
    query = f"watch=true&resourceVersion={version}&timeoutSeconds=1"
    text = provider.space.plane.admin.raw("GET", f"{path}?{query}", None)
    objects = [json.loads(line)["object"] for line in text.splitlines()]
    documents = [
        json.loads(one["data"]["models.json"])
        for one in objects
        if one["metadata"]["name"] == provider.config_map_name
    ]
    lists = ([m["id"] for m in document["providers"]["vllm"]["models"]] for document in documents)
    return [ids for ids, _ in groupby(lists)]


@pytest.mark.parametrize(
    ("shared", "steps", "history"),
    [
        pytest.param(
            (SHARED,),
            [["before", "shared"], *[["shared"]] * 3, *[["after", "shared"]] * 2],
            [["before", "shared"], ["shared"], ["after", "shared"]],
            id="all of it is served by every replica",
        ),
        pytest.param(
            (),
            [["before"], ["before"], ["after", "before"], ["after"], ["after"], ["after"]],
            [["before"], ["after", "before"], ["after"]],
            id="none is, so it is what most serve",
        ),
    ],
)
def test_each_replica_asked_the_list_is_at_every_moment_that_of_those_asked(
    shared: tuple[Model, ...],
    steps: list[list[str]],
    history: list[list[str]],
    space: Workspace,
    servers: Servers,
    slices: Slices,
) -> None:
    first = servers.start(BEFORE, *shared)
    port = first.port
    for addresses, model in ((OLD[1:], BEFORE), (NEW, AFTER)):
        for address in addresses:
            host = address.replace("10.", "127.", 1)
            servers.take(VllmServer(models=(model, *shared), host=host, port=port))
    slices.apply(*OLD, ports=[("http", port)])
    provider = behind_service(space, first, replicas="Each")
    provider.is_ready()
    version = provider.config_map()["metadata"]["resourceVersion"]
    for ready, ids in zip(states(), steps, strict=True):
        slices.apply(*ready, ports=[("http", port)])
        counts(provider, ready=len(ready), asked=len(ready))
        provider.publishes(*ids)
    assert [steps[0], *published_since(provider, version)] == history
    assert {model["state"] for model in provider.status["models"]} == {"Served"}


def test_the_service_asked_the_list_ends_without_the_model_that_is_gone(
    space: Workspace, servers: Servers, slices: Slices
) -> None:
    """Each answer is that of any ready replica; four times `removeAfter` answers after the last
    one that listed it, the old model is gone, however the answers alternated before. Those soon
    after a change of the replicas, which may be a former one's, do not count."""
    server = servers.start(BEFORE)
    slices.apply(*OLD)
    provider = behind_service(space, server, removeAfter=REMOVE_AFTER)
    provider.is_ready()
    version = provider.config_map()["metadata"]["resourceVersion"]
    for number, ready in enumerate(states()):
        answer_as_any(server, ready, number)
        slices.apply(*ready)
        counts(provider, ready=len(ready))
        for again in range(10 if set(ready) & set(OLD) else 0):
            answer_as_any(server, ready, 100 * number + again)
            provider.probe(server)
    answers = 0
    while "before" in provider.models:
        provider.probe(server)
        answers += 1
        assert answers <= 2 * 4 * REMOVE_AFTER  # a request may interrupt the one before
    assert published_since(provider, version) == [["after", "before"], ["after"]]


def counts(provider: Provider, **replicas: int) -> None:
    """Wait until the status has these counts."""
    soon(
        lambda: replicas.items() <= provider.status["endpoint"]["replicas"].items(),
        f"{replicas} in the status",
    )


def answer_as_any(server: VllmServer, ready: tuple[str, ...], number: int) -> None:
    """Have the Service answer as one of its replicas, in an order without a pattern."""
    replica = ready[sha256(str(number).encode()).digest()[0] % len(ready)]
    server.models = (AFTER if replica in NEW else BEFORE,)
