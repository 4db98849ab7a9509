"""A prober whose answers are those of one vLLM, without a network."""

from dataclasses import dataclass

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse
from tests import builders

DOWN = Problem(Reason.CONNECTION_FAILED, "down")
CARDS: dict[str, dict[str, object]] = {
    **{id_: {"id": id_, "max_model_len": 32768} for id_ in "abc"},
    "lora": {"id": "lora", "parent": "c"},
}


@dataclass
class FakeProber:
    """The server lists these models; None: it is down. `lists` counts how often it was asked."""

    listed: frozenset[str] | None = None
    lists: int = 0

    async def lookup(self, host: str, port: int) -> tuple[str, ...]:
        return ("10.0.0.9",)

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        self.lists += question.url.endswith("/models")
        if self.listed is None:
            return DOWN
        if question.url.endswith("/models"):
            return ProbeResponse(200, builders.answer(*(CARDS[id_] for id_ in sorted(self.listed))))
        return (
            ProbeResponse(405, allow="POST") if question.method == "OPTIONS" else ProbeResponse(404)
        )
