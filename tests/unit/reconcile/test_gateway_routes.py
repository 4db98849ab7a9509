"""Lives of gateways whose routes and lists come and go with the models behind them."""

from dataclasses import dataclass

import pytest

from openclaw_vllm.api.conditions import ConditionType
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse
from tests import builders, captures
from tests.fakes.prober import FakeProber
from tests.harnesses.provider import ProviderHarness

CHAT, EMBEDDER = "Qwen/Qwen3-8B", "BAAI/bge-m3"
PATHS = {"/models": "models-no-key", "/chat/completions": "options-chat"}
PATHS |= {"/embeddings": "options-embeddings", "/version": "version"}
RESTART = "restart"  # of the operator, before the next answer


class CapturedProber(FakeProber):
    """A server that answers as another one, named with its version, did when it was captured."""

    server = ""

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        self.lists += question.url.endswith("/models")
        name = next(name for path, name in PATHS.items() if question.url.endswith(path))
        if not captures.exists(self.server, name):
            return ProbeResponse(404)
        answer = captures.read_server(self.server, name)
        return ProbeResponse(answer.status, answer.body, answer.headers.get("allow", ""))


class Gateway(ProviderHarness):
    """A VllmProvider of a server that answers as captured."""

    def __init__(self, remove_after: int) -> None:
        spec = builders.wire_spec(discovery={"removeAfter": remove_after})
        super().__init__(builders.resource(spec))
        self.server = self.gateway = CapturedProber()
        self.restart()

    def answer(self, server: str) -> set[str]:
        """Probe it once as this server, and return what is published then."""
        self.gateway.server = server
        self.probe(frozenset())
        return self.published

    def message(self, type_: ConditionType) -> str:
        conditions = self.cluster.resource.status.conditions
        return next(condition.message for condition in conditions if condition.type == type_)


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
    gateway = Gateway(remove_after=3)
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
    gateway = Gateway(remove_after)
    gateway.answer(BOTH.server)
    assert [gateway.answer(CHAT_RESTARTS) for _ in after_each] == after_each


def test_a_dynamo_without_workers_is_asked_again_soon_and_called_no_embedder() -> None:
    gateway = Gateway(remove_after=3)
    gateway.answer(NO_WORKER.server)
    assert gateway.message(ConditionType.CONFIG_PUBLISHED) == "the server lists no models yet"
    state = gateway.world.states.providers[gateway.cluster.resource.key]
    assert state.server.schedule.next_probe_at == gateway.now + 1.0
    assert state.server.discovery.info.task is None
