"""What a server is asked to learn its task: as few routes as tell, and never more than eight."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import Task
from openclaw_vllm.core.discovery.endpoint import Endpoint
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse
from openclaw_vllm.edges.vllm.trust import Trust
from openclaw_vllm.reconcile.details import read_details
from openclaw_vllm.reconcile.locating import Upstream
from tests.fakes.context import fake_context
from tests.fakes.prober import FakeProber

ROOT = "http://vllm.example.test:8000"
ENDPOINT = Endpoint(f"{ROOT}/v1", "http", "vllm.example.test", 8000, None)
UPSTREAM = Upstream(ENDPOINT, Trust(), timeout=5)
EXISTS, ABSENT = ProbeResponse(405, allow="POST"), ProbeResponse(404)
SILENT = Problem(Reason.TIMED_OUT, "")
CHAT, EMBEDDINGS, RERANK = "/v1/chat/completions", "/v1/embeddings", "/v1/rerank"
TRANSCRIPTIONS, SPEECH = "/v1/audio/transcriptions", "/v1/audio/speech"
IMAGES, POOLING, CLASSIFY = "/v1/images/generations", "/pooling", "/classify"
ALL = [CHAT, EMBEDDINGS, RERANK, TRANSCRIPTIONS, SPEECH, IMAGES, POOLING, CLASSIFY]


@dataclass
class RoutesProber(FakeProber):
    """A server with these routes and no others; it records which were asked for."""

    routes: Mapping[str, ProbeResponse | Problem] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        if question.method != "OPTIONS":
            return ABSENT
        path = question.url.removeprefix(ROOT)
        self.asked.append(path)
        return self.routes.get(path, ABSENT)


async def task_by(prober: RoutesProber) -> Task | None:
    async with fake_context() as here:
        _, task = await read_details(UPSTREAM, replace(here.context, prober=prober))
    return task


@pytest.mark.parametrize(
    ("routes", "task", "asked"),
    [
        pytest.param([CHAT, EMBEDDINGS, RERANK], "Generate", 1, id="SGLang 0.5, which has all"),
        pytest.param([EMBEDDINGS, RERANK, CLASSIFY], "Embed", 2, id="infinity-emb 0.0.78"),
        pytest.param([RERANK, "/score", POOLING], "Other", 3, id="vLLM 0.32, cross-encoder"),
        pytest.param([TRANSCRIPTIONS], "Other", 4, id="vLLM 0.32, Whisper"),
        pytest.param([SPEECH], "Other", 5, id="Kokoro-FastAPI"),
        pytest.param([IMAGES, "/v1/videos"], "Other", 6, id="SGLang 0.5, diffusion"),
        pytest.param([POOLING], "Other", 7, id="vLLM 0.32, reward model"),
        pytest.param([CLASSIFY], "Other", 8, id="a classifier alone"),
        pytest.param([], "Unknown", 8, id="Portkey 1.15.2, 404 to all"),
        pytest.param(["/v1/moderations"], "Unknown", 8, id="something that is not asked for"),
    ],
)
async def test_a_server_with_these_routes_is_asked_for(
    routes: list[str], task: Task, asked: int
) -> None:
    prober = RoutesProber(routes=dict.fromkeys(routes, EXISTS))
    assert await task_by(prober) == task
    assert prober.asked == ALL[:asked]


@pytest.mark.parametrize(
    ("path", "answer", "task", "asked"),
    [
        pytest.param(CHAT, ProbeResponse(200), "Unknown", 2, id="chat unclear: nothing more"),
        pytest.param(EMBEDDINGS, ProbeResponse(405), "Unknown", 2, id="embeddings unclear"),
        pytest.param(RERANK, ProbeResponse(405), "Other", 4, id="one unclear, the next exists"),
        pytest.param(CHAT, SILENT, None, 2, id="no answer about chat"),
        pytest.param(EMBEDDINGS, SILENT, None, 2, id="no answer about embeddings"),
        pytest.param(RERANK, SILENT, None, 3, id="no answer about another: nothing more"),
    ],
)
async def test_where_a_route_is_not_clear_the_task_is(
    path: str, answer: ProbeResponse | Problem, task: Task | None, asked: int
) -> None:
    prober = RoutesProber(routes={TRANSCRIPTIONS: EXISTS, path: answer})
    assert await task_by(prober) == task
    assert prober.asked == ALL[:asked]
