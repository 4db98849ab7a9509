"""The life of a llama-server in router mode, which names a context only while a model is loaded."""

import pytest

from openclaw_vllm.core.config.read_back import read_models
from tests.harnesses.captured_server import CapturedServer

UNLOADED, LOADED = "llamacpp-router-b10434", "llamacpp-router-loaded-b10434"
DEFAULT, SERVED = 128_000, 4096
OUTAGE, RESTART = "an outage", "a restart of the operator"


def contexts(server: CapturedServer) -> dict[str, int]:
    published = server.cluster.published
    assert published is not None
    return dict(read_models(published.models_json, "vllm").contexts)


def live(server: CapturedServer, event: str) -> None:
    """Let one thing happen to the server or the operator."""
    if event == RESTART:
        server.restart()
    elif event == OUTAGE:
        server.probe(None)
    else:
        server.answer(event)


@pytest.mark.parametrize(
    "events",
    [
        pytest.param([UNLOADED, LOADED, UNLOADED], id="unloads"),
        pytest.param([RESTART, UNLOADED, RESTART, LOADED, RESTART, UNLOADED], id="restarts"),
        pytest.param([OUTAGE, UNLOADED, OUTAGE, OUTAGE, LOADED, OUTAGE, UNLOADED], id="outages"),
        pytest.param([OUTAGE, RESTART, OUTAGE, UNLOADED, OUTAGE, LOADED, RESTART], id="all of it"),
        pytest.param([UNLOADED, RESTART, OUTAGE, RESTART, UNLOADED, UNLOADED], id="never again"),
    ],
)
def test_a_context_that_was_named_once_is_written_once_over(events: list[str]) -> None:
    server = CapturedServer(removeAfter=3)
    server.answer(UNLOADED)
    assert contexts(server) == {"chat-a": DEFAULT, "chat-b": DEFAULT}
    server.answer(LOADED)
    assert contexts(server) == {"chat-a": SERVED, "chat-b": DEFAULT}
    written = server.cluster.writes.count("map")
    for event in events:
        live(server, event)
        assert contexts(server) == {"chat-a": SERVED, "chat-b": DEFAULT}, event
    assert server.cluster.writes.count("map") == written == 2


def test_a_model_that_is_not_loaded_is_not_asked_what_it_can_do() -> None:
    server = CapturedServer(capabilities="Probe")
    server.answer(UNLOADED)
    assert server.prober.chats == []
