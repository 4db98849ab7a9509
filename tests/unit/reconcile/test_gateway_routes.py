"""Lives of gateways whose routes and lists come and go with the models behind them."""

from dataclasses import dataclass

import pytest

from openclaw_vllm.api.conditions import ConditionType
from tests.harnesses.captured_server import CapturedServer

CHAT, EMBEDDER = "Qwen/Qwen3-8B", "BAAI/bge-m3"


@dataclass(frozen=True)
class Step:
    """What the gateway is, and what is published after an answer of it."""

    server: str
    published: set[str]


NO_WORKER = Step("dynamo-1.6.1-no-worker", set())
CHAT_WORKER = Step("dynamo-1.6.1-one", {CHAT})
BOTH = Step("dynamo-1.6.1-two-kinds", {CHAT, EMBEDDER})
CHAT_RESTARTS = "dynamo-1.6.1-embed-only"
BOTH_GONE = "dynamo-1.6.1-no-worker"


@pytest.mark.parametrize("place", [None, 1, 2, 3, 4, 5, 6])
def test_a_restart_of_dynamos_chat_worker_removes_no_model(place: int | None) -> None:
    """The operator is restarted before the step at this place, too."""
    both = BOTH.published
    steps = [NO_WORKER, CHAT_WORKER, BOTH, Step(CHAT_RESTARTS, both), Step(CHAT_RESTARTS, both)]
    steps += [BOTH, Step(BOTH_GONE, both)]
    gateway = CapturedServer(removeAfter=3)
    for number, step in enumerate(steps):
        if number == place:
            gateway.restart()
        assert gateway.answer(step.server) == step.published, step


@pytest.mark.parametrize(
    ("remove_after", "after_each"),
    [
        pytest.param(1, [{EMBEDDER}], id="1"),
        pytest.param(3, [{CHAT, EMBEDDER}, {CHAT, EMBEDDER}, {EMBEDDER}], id="3"),
    ],
)
def test_a_chat_model_of_dynamo_that_stays_away_goes_as_any_model_after(
    remove_after: int, after_each: list[set[str]]
) -> None:
    gateway = CapturedServer(removeAfter=remove_after)
    gateway.answer(BOTH.server)
    assert [gateway.answer(CHAT_RESTARTS) for _ in after_each] == after_each


def test_a_dynamo_without_workers_is_asked_again_soon_and_called_no_embedder() -> None:
    gateway = CapturedServer(removeAfter=3)
    gateway.answer(NO_WORKER.server)
    message = gateway.message(ConditionType.CONFIG_PUBLISHED)
    assert message.startswith("the server lists no models yet; ")
    assert "spec.models" in message
    state = gateway.context.states.providers[gateway.cluster.resource.key]
    assert state.server.schedule.next_probe_at == gateway.now + 1.0
    assert state.server.discovery.info.task is None
