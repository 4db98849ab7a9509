"""Models come at once and go late; a request to look now makes the probes countable."""

import json

import pytest

from tests.apiserver.servers import Servers
from tests.apiserver.workspace import Provider, Workspace, soon
from tests.vllm_server import Answer, Model

A, B, C = Model("org/a", 8192), Model("org/b", 8192), Model("org/c", 8192)
RARELY = {"interval": "1h"}


def states(provider: Provider) -> dict[str, str]:
    return {model["id"]: model["state"] for model in provider.status["models"]}


def becomes(provider: Provider, **expected: str) -> None:
    """Wait until the status lists these models, `a="Served"` for org/a; and so do agents."""
    listed = {f"org/{name}": state for name, state in expected.items()}
    soon(lambda: states(provider) == listed, f"{listed}")
    assert provider.models == sorted(listed)


def test_a_new_model_comes_with_the_next_answer(space: Workspace, servers: Servers) -> None:
    server = servers.start(A)
    provider = space.provider(server, discovery=RARELY)
    provider.is_ready()
    server.models = (A, C)
    provider.probe(server)
    becomes(provider, a="Served", c="Served")


@pytest.mark.parametrize("remove_after", [1, 2, 3])
def test_a_model_goes_with_the_last_of_so_many_answers_without_it(
    remove_after: int, space: Workspace, servers: Servers
) -> None:
    server = servers.start(A, B)
    provider = space.provider(server, discovery={**RARELY, "removeAfter": remove_after})
    provider.is_ready()
    server.models = (A,)
    for _ in range(remove_after - 1):
        provider.probe(server)
        becomes(provider, a="Served", b="Missing")
    provider.probe(server)
    becomes(provider, a="Served")


def test_failed_probes_neither_count_nor_reset(space: Workspace, servers: Servers) -> None:
    server = servers.start(A, B)
    provider = space.provider(server, discovery={**RARELY, "removeAfter": 2})
    provider.is_ready()
    server.models = (A,)
    provider.probe(server)
    becomes(provider, a="Served", b="Missing")
    server.fault = Answer(500)
    for _ in range(4):
        provider.probe(server)
    provider.becomes(Ready="False UnexpectedStatus")
    becomes(provider, a="Served", b="Missing")
    server.fault = None
    provider.probe(server)
    becomes(provider, a="Served")


def test_a_model_that_returns_is_served_again_and_counted_again(
    space: Workspace, servers: Servers
) -> None:
    server = servers.start(A, B)
    provider = space.provider(server, discovery={**RARELY, "removeAfter": 2})
    provider.is_ready()
    before = provider.data
    for models, state in (((A,), "Missing"), ((B, A), "Served"), ((A,), "Missing")):
        server.models = models
        provider.probe(server)
        becomes(provider, a="Served", b=state)
    assert provider.data == before


def test_all_models_exchanged_for_others_overlap(space: Workspace, servers: Servers) -> None:
    server = servers.start(A, B)
    provider = space.provider(server, discovery={**RARELY, "removeAfter": 2})
    provider.is_ready()
    server.models = (C,)
    provider.probe(server)
    becomes(provider, a="Missing", b="Missing", c="Served")
    provider.probe(server)
    becomes(provider, c="Served")


def test_the_primary_stays_while_its_model_is_known(space: Workspace, servers: Servers) -> None:
    server = servers.start(B)
    agents = {"primary": ["org/a", "*"], "allow": "Discovered"}
    provider = space.provider(server, discovery={**RARELY, "removeAfter": 2}, agents=agents)
    provider.is_ready()
    server.models = (A,)
    provider.probe(server)
    becomes(provider, a="Served", b="Missing")
    assert provider.status["primaryModel"] == "vllm/org/b"
    provider.probe(server)
    becomes(provider, a="Served")
    defaults = json.loads(provider.data["agents-defaults.json"])
    assert provider.status["primaryModel"] == defaults["model"]["primary"] == "vllm/org/a"
    assert defaults["modelPolicy"] == {"allow": ["vllm/org/a"]}


def test_more_models_than_allowed_are_refused_and_the_list_stays(
    space: Workspace, servers: Servers
) -> None:
    server = servers.start(A, B)
    provider = space.provider(server, discovery={**RARELY, "maxModels": 2})
    provider.is_ready()
    before = provider.config_map()
    server.models = (A, B, C)
    provider.probe(server)
    provider.becomes(ConfigPublished="False TooManyModels", Stalled="True TooManyModels")
    assert provider.config_map() == before
    provider.edit(discovery={"exclude": ["org/a"]})
    provider.is_ready()
    provider.publishes("org/b", "org/c")
