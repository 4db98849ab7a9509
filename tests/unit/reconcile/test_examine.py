"""The conduct of the capability probe: one question at a time, and none to a server that it may
have ended."""

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from openclaw_vllm.api.conditions import ConditionType, Reason
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse
from openclaw_vllm.reconcile.provider import reconcile
from tests import builders
from tests.builders import Wire
from tests.fakes.prober import DOWN, FakeProber
from tests.harnesses.provider import ProviderHarness

SILENT = Problem(Reason.TIMED_OUT, "silent")
LISTED, ALL = frozenset("a"), frozenset("abc")
Answer = ProbeResponse | Problem
Answers = Callable[[Mapping[str, Any]], Answer]


def kind_of(request: Mapping[str, Any]) -> str:
    content = request["messages"][0]["content"]
    return "picture" if isinstance(content, list) else "tools" if "tools" in request else "text"


def answer_well(request: Mapping[str, Any]) -> Answer:
    """Answer as a model that calls tools and takes no images."""
    call = {"choices": [{"message": {"tool_calls": [{}]}}], "usage": {"prompt_tokens": 5}}
    return ProbeResponse(200, json.dumps(call).encode())


def answer_except(kind: str, answer: Answer) -> Answers:
    return lambda request: answer if kind_of(request) == kind else answer_well(request)


@dataclass
class ChattingProber(FakeProber):
    """A server that answers chat requests by `answer`, after it has waited."""

    answer: Answers = answer_well
    questions: list[tuple[str, str]] = field(default_factory=list)
    at_once: int = 0
    most_at_once: int = 0
    wait: Callable[[], None] = lambda: None

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        if question.method != "POST":
            return await super().ask(question)
        assert isinstance(question.json, dict)
        self.questions.append((question.json["model"], kind_of(question.json)))
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0)
        self.wait()
        self.at_once -= 1
        return self.answer(question.json)


class Examined(ProviderHarness):
    """A VllmProvider that wants to know what its models can do."""

    def __init__(self, answer: Answers = answer_well) -> None:
        discovery = {"capabilities": "Probe", "removeAfter": 1}
        super().__init__(builders.resource(builders.wire_spec(discovery=discovery)))
        self.server = self.prober = ChattingProber(answer=answer)
        self.restart()

    def ask_now(self) -> None:
        """Set the annotation, as a person does, and let the server be asked."""
        asking = replace(self.cluster.resource, requested_at=f"at {self.now}")
        self.cluster.objects[VllmProvider.KIND, asking.key] = asking
        self.context.cache.put_provider(asking, ())
        self.probe(LISTED)

    @property
    def status(self) -> Wire:
        return self.cluster.resource.status.model_dump(exclude_none=True)

    @property
    def message(self) -> str:
        conditions = self.cluster.resource.status.conditions
        return next(c.message for c in conditions if c.type == ConditionType.CONFIG_PUBLISHED)


def test_a_model_is_asked_about_a_tool_a_text_and_a_picture() -> None:
    server = Examined()
    server.probe(LISTED)
    assert server.prober.questions == [("a", "tools"), ("a", "text"), ("a", "picture")]
    (model,) = server.status["models"]
    assert (model["tools"], model["images"]) == ("Supported", "Unsupported")


ENDINGS: dict[str, tuple[Answer, bool]] = {  # and whether the next probe fails
    "its connection ends": (DOWN, False),
    "a gateway has lost it": (ProbeResponse(502), False),
    "it is silent, and down after that": (SILENT, True),
    "its engine fails, and it is down after that": (ProbeResponse(500, b"dead"), True),
}


@pytest.mark.parametrize("kind", ["tools", "text", "picture"])
@pytest.mark.parametrize("how", ENDINGS)
def test_a_server_that_goes_away_during_a_question_is_not_asked_again(kind: str, how: str) -> None:
    answer, is_down = ENDINGS[how]
    server = Examined(answer_except(kind, answer))
    server.probe(LISTED)
    if is_down:
        server.probe(None)
    before = list(server.prober.questions)
    server.probe(LISTED)
    assert server.status["endpoint"]["notes"] == ("ProbeStopped",)
    assert "openclaw-vllm.dev/requested-at" in server.message
    for answer_of_list in (LISTED, ALL, None, LISTED):
        server.probe(answer_of_list)
    server.restart()
    for answer_of_list in (LISTED, ALL, None, LISTED):
        server.probe(answer_of_list)
    assert server.prober.questions == before
    assert server.status["endpoint"]["notes"] == ("ProbeStopped",)


def test_a_person_who_asks_for_it_has_it_asked_again() -> None:
    server = Examined(answer_except("picture", DOWN))
    server.probe(LISTED)
    server.prober.answer = answer_well
    server.ask_now()
    assert len(server.prober.questions) == 6
    assert "notes" not in server.status["endpoint"]
    assert "requested-at" not in server.message


def test_after_silence_nothing_more_is_asked_in_that_probe_and_all_again_later() -> None:
    server = Examined(answer_except("tools", SILENT))
    server.probe(ALL)
    assert server.prober.questions == [("a", "tools")]
    server.prober.answer = answer_well
    server.probe(ALL)
    assert len(server.prober.questions) == 1 + 3 * 3
    assert "notes" not in server.status["endpoint"]


@pytest.mark.parametrize("status", [401, 403])
def test_a_key_that_is_refused_for_chat_is_reported_after_one_question(status: int) -> None:
    server = Examined(lambda _: ProbeResponse(status))
    server.probe(ALL)
    assert server.prober.questions == [("a", "tools")]
    assert server.status["endpoint"]["notes"] == ("ChatUnauthorized",)
    assert "Unauthorized" in server.message


def test_what_cannot_be_settled_is_unknown_in_the_status() -> None:
    server = Examined(lambda _: ProbeResponse(200, b"{}"))
    server.probe(LISTED)
    (model,) = server.status["models"]
    assert (model["tools"], model["images"]) == ("Unknown", "Unknown")
    assert (model["toolsSource"], model["imagesSource"]) == ("Probe", "Probe")


def test_one_question_at_a_time_is_asked_of_a_server_by_all_its_providers() -> None:
    server = Examined()
    first = server.cluster.resource
    second = replace(first, key=first.key._replace(name="second"), uid="uid-2")
    server.cluster.objects[VllmProvider.KIND, second.key] = second
    server.context.cache.put_provider(second, ())
    server.prober.listed = ALL

    async def both() -> None:
        await asyncio.gather(
            reconcile(first.key, server.context), reconcile(second.key, server.context)
        )

    asyncio.run(both())
    assert (len(server.prober.questions), server.prober.most_at_once) == (2 * 3 * 3, 1)


def test_questions_end_after_a_minute_and_the_rest_is_asked_first_the_next_time() -> None:
    server = Examined()

    def take_long() -> None:
        server.now += 25.0

    server.prober.wait = take_long
    server.probe(ALL)
    assert [model for model, _ in server.prober.questions] == ["a", "a", "a"]
    server.probe(ALL)
    assert [model for model, _ in server.prober.questions[3:]] == ["b", "b", "b"]
