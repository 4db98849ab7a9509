"""Reading a list of models, page by page, and what each other answer means."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.endpoint import Endpoint
from openclaw_vllm.core.discovery.models_response import CUT_LIST, ServedModel
from openclaw_vllm.core.discovery.references import SentCredentials
from openclaw_vllm.core.discovery.refusals import kserve_refusal
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse
from openclaw_vllm.edges.vllm.trust import Trust
from openclaw_vllm.reconcile.locating import Upstream
from openclaw_vllm.reconcile.model_list import MAX_PAGES, read_list
from tests.fakes.context import fake_context
from tests.fakes.prober import FakeProber

URL = "http://vllm.example.test:8000/v1"
UPSTREAM = Upstream(Endpoint(URL, "http", "vllm.example.test", 8000, None), Trust(), timeout=5)
DEAD = Problem(Reason.CONNECTION_FAILED, "down")


@dataclass
class PathProber(FakeProber):
    """Answers by the end of the URL, 404 where nothing is said; it records what was asked."""

    answers: Mapping[str, ProbeResponse | Problem] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        path = question.url.removeprefix(URL)
        self.asked.append(path)
        return self.answers.get(path, ProbeResponse(404))


async def read(prober: FakeProber) -> tuple[ServedModel, ...] | Problem:
    async with fake_context() as here:
        return await read_list(UPSTREAM, replace(here.context, prober=prober))


def page(*ids: str, **fields: Any) -> ProbeResponse:
    return ProbeResponse(200, json.dumps({"data": [{"id": id_} for id_ in ids], **fields}).encode())


PAGES = {
    "/models": page("a", "b", has_more=True, last_id="b"),
    "/models?after=b": page("c/1", has_more=True),
    "/models?after=c%2F1": page("d", has_more=False),
}


async def test_a_list_in_pages_is_read_to_its_end() -> None:
    prober = PathProber(answers=PAGES)
    assert await read(prober) == tuple(map(ServedModel, ("a", "b", "c/1", "d")))
    assert prober.asked == list(PAGES)


async def test_a_server_that_knows_no_after_is_asked_by_after_id_as_anthropic_s_wants_it() -> None:
    pages = {
        "/models": page("a", "b", has_more=True, last_id="b"),
        "/models?after=b": page("a", "b", has_more=True, last_id="b"),
        "/models?after_id=b": page("c", has_more=False, last_id="c"),
    }
    prober = PathProber(answers=pages)
    assert await read(prober) == tuple(map(ServedModel, ("a", "b", "c")))
    assert prober.asked == list(pages)


async def test_pages_that_give_their_total_are_read_to_their_end() -> None:
    pages = {
        "/models": page("a", "b", has_more=True, total=3),
        "/models?after=b": page("c", has_more=False, total=3),
    }
    assert await read(PathProber(answers=pages)) == tuple(map(ServedModel, ("a", "b", "c")))


@pytest.mark.parametrize(
    ("answers", "problem"),
    [
        pytest.param(
            {path: PAGES["/models"] for path in (*PAGES, "/models?after_id=b")},
            CUT_LIST,
            id="the same page again",
        ),
        pytest.param(
            {**PAGES, "/models?after=b": PAGES["/models"], "/models?after_id=b": DEAD},
            DEAD,
            id="the same page again, and no answer to the other parameter",
        ),
        pytest.param(
            {**PAGES, "/models?after=b": PAGES["/models"]},
            CUT_LIST,
            id="the same page again, and the other parameter is refused",
        ),
        pytest.param({**PAGES, "/models?after=b": DEAD}, DEAD, id="a page that does not come"),
        pytest.param(
            {"/models": page("a", has_more=True), "/models?after=a": page(has_more=True)},
            CUT_LIST,
            id="an empty page before the last",
        ),
        pytest.param(
            {"/models": page("a", has_more=True), "/models?after=a": page("b", total=3)},
            CUT_LIST,
            id="fewer pages than the total",
        ),
        pytest.param(
            {"/models": page("a", nextLink="x")}, CUT_LIST, id="a link that is not followed"
        ),
    ],
)
async def test_a_part_of_a_list_is_never_the_list(
    answers: Mapping[str, ProbeResponse | Problem], problem: Problem
) -> None:
    assert await read(PathProber(answers=answers)) == problem


async def test_a_list_without_an_end_is_given_up() -> None:
    class Endless(PathProber):
        async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
            self.asked.append(question.url)
            return page(f"m{len(self.asked)}", has_more=True)

    prober = Endless()
    assert await read(prober) == CUT_LIST
    assert len(prober.asked) <= MAX_PAGES + 1


async def test_an_error_with_status_200_names_the_host_and_doubts_the_key() -> None:
    keyed = replace(UPSTREAM, credentials=SentCredentials("key k of Secret s"))
    answer = ProbeResponse(200, b'{"error": {"code": "invalid_api_key"}, "data": []}')
    async with fake_context() as here:
        prober = PathProber(answers={"/models": answer})
        result = await read_list(keyed, replace(here.context, prober=prober))
    assert isinstance(result, Problem)
    assert (result.reason, result.doubts_credentials) == (Reason.UNAUTHORIZED, True)
    assert "vllm.example.test refuses key k of Secret s" in result.message


BOTH = (ServedModel("a"), ServedModel("b"))
NAMES = ProbeResponse(200, b'{"models": ["a", "b"]}')


@pytest.mark.parametrize(
    ("chat", "result"),
    [
        pytest.param(
            ProbeResponse(404),
            kserve_refusal("/v1/models"),
            id="KServe 0.21.0, whose chat is under /openai",
        ),
        pytest.param(ProbeResponse(405, allow="POST"), BOTH, id="vLLM's router"),
        pytest.param(ProbeResponse(405), BOTH, id="a route in doubt"),
        pytest.param(DEAD, BOTH, id="silence"),
    ],
)
async def test_names_alone_are_a_list_unless_chat_is_absent(
    chat: ProbeResponse | Problem, result: tuple[ServedModel, ...] | Problem
) -> None:
    assert await read(PathProber(answers={"/models": NAMES, "/chat/completions": chat})) == result
