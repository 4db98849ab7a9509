"""Ids with an @: which of them the real client sends to a server as they are.

OpenClaw takes what follows an @ for the name of a key, but for some versions of a model.
"""

import json
from collections.abc import Iterator

import pytest

from openclaw_vllm.core.discovery.ids import Rejection, rejection
from tests import builders
from tests.apiserver.servers import Servers
from tests.conformance.install import Installation
from tests.conformance.openclaw import Agent, inference
from tests.conformance.published import publish
from tests.conformance.recorder import recording
from tests.vllm_server import Model

pytestmark = pytest.mark.timeout(600)

KEPT = (
    "qwen3-8b@q8_0",
    "m@IQ4_XS",
    "m@4bit",
    "m@20260101",
    "m@20260101@q4_K_M",
    "@cf/meta/llama-3.1-8b-instruct",
)
SPLIT = ("m@work", "@cf/meta/m@fp16", "m@q8_0@20260101")
IDS = (*KEPT, *SPLIT)


@pytest.fixture(scope="module")
def sent(
    installation: Installation, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[frozenset[str]]:
    """The ids that a server was asked for, of an agent that was to use each of them once.

    What we would never publish is written into its configuration here.
    """
    agent = Agent(installation, tmp_path_factory.mktemp("agent"))
    with recording(servers, *map(Model, IDS)) as server:
        spec = builders.wire_spec(baseUrl=server.base_url)
        section = publish(spec, [Model("m")]).models_section
        provider = section["providers"]["vllm"]
        provider["models"] = [{**provider["models"][0], "id": id_, "name": id_} for id_ in IDS]
        agent.configure(json.dumps({"models": section}))
        agent.run_all(*(inference(f"vllm/{id_}") for id_ in IDS))
        yield frozenset(request.model for request in server.asked)


@pytest.mark.parametrize("id_", KEPT)
def test_the_client_asks_for_an_id_that_is_published(id_: str, sent: frozenset[str]) -> None:
    assert id_ in sent
    assert rejection(id_) is None


@pytest.mark.parametrize("id_", SPLIT)
def test_the_client_never_asks_for_an_id_that_is_rejected(id_: str, sent: frozenset[str]) -> None:
    assert id_ not in sent
    assert rejection(id_) is Rejection.INVALID_REFERENCE
