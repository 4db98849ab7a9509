"""What models can do is asked once per change, because every question may cost a token."""

from tests.apiserver.servers import Servers
from tests.apiserver.workspace import Provider, Workspace, soon
from tests.operator_process import OperatorProcess
from tests.vllm_server import Model, VllmServer

A, B, C = Model("org/a", 32768), Model("org/b", 32768), Model("org/c", 32768)
LORA = Model("org/lora", None, "org/a")
PROBE = {"interval": "5s", "capabilities": "Probe"}
PER_MODEL = 3  # about a tool, about a text, and about the text with a picture


def asked(server: VllmServer) -> int:
    """Count the chat requests, each of which a model may have to answer."""
    return server.count("/v1/chat/completions", "POST")


def listed_again(server: VllmServer, times: int = 1) -> None:
    """Wait until so many probes by the interval are over; the one after them has begun."""
    before = server.count("/v1/models")
    soon(lambda: server.count("/v1/models") > before + times, f"{times} probes are over")


def tools(provider: Provider) -> dict[str, str]:
    return {model["id"]: model.get("tools", "Unknown") for model in provider.status["models"]}


def test_no_model_is_examined_unless_the_spec_asks_for_it(
    space: Workspace, servers: Servers
) -> None:
    server = servers.start(A, B)
    provider = space.provider(server)
    provider.is_ready()
    for models in ((A, B, C), (A,), (A, B)):
        server.models = models
        provider.probe(server)
    listed_again(server)
    assert asked(server) == 0
    assert set(tools(provider).values()) == {"Unknown"}


def test_each_base_model_is_asked_three_times_per_change_and_never_per_interval(
    space: Workspace, servers: Servers, operator: OperatorProcess
) -> None:
    server = servers.start(A, LORA, B)
    provider = space.provider(server, discovery=PROBE)
    provider.is_ready()
    assert asked(server) == 2 * PER_MODEL
    assert tools(provider) == dict.fromkeys(("org/a", "org/b", "org/lora"), "Unsupported")

    listed_again(server, times=2)
    provider.edit(agents={"primary": ["*"]})
    provider.is_ready()
    operator.kill()
    operator.start()
    listed_again(server)
    assert asked(server) == 2 * PER_MODEL

    server.tools, server.models = True, (A, LORA, B, C)
    able = dict.fromkeys(("org/a", "org/b", "org/c", "org/lora"), "Supported")
    soon(lambda: tools(provider) == able, "every model takes tools")
    assert asked(server) == (2 + 3) * PER_MODEL


def test_a_request_to_look_now_probes_again(space: Workspace, servers: Servers) -> None:
    server = servers.start(A)
    provider = space.provider(server, discovery={**PROBE, "interval": "1h"})
    provider.is_ready()
    server.vision = True
    provider.probe(server)
    soon(lambda: provider.document["models"][0]["input"] == ["text", "image"], "images are taken")
    assert asked(server) == 2 * PER_MODEL
