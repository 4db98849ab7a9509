"""Models that a list names and that refuse to chat: left out with `capabilities: Probe`."""

from dataclasses import replace

import pytest

from openclaw_vllm.api.conditions import ConditionType
from openclaw_vllm.api.observed import VllmProvider
from tests import builders
from tests.harnesses.captured_server import CapturedServer

CHAT, EMBEDDER = "Qwen/Qwen3-8B", "BAAI/bge-m3"
BOTH_PUBLISHED = {CHAT, EMBEDDER}
NOT_CHAT = ({"id": EMBEDDER, "reason": "NotChat"},)
DYNAMO, NO_CHAT, NO_WORKER = (
    "dynamo-1.6.1-two-kinds",
    "dynamo-1.6.1-embed-only",
    "dynamo-1.6.1-no-worker",
)
CHATTING = {CHAT: "dynamo-1.6.1-one"}  # what a chat worker answers; an embedding worker says 404


def gateway(**discovery: object) -> CapturedServer:
    return CapturedServer(CHATTING, **{"capabilities": "Probe", "removeAfter": 3} | discovery)


def edit(server: CapturedServer, **discovery: object) -> None:
    """Write another spec.discovery into the VllmProvider."""
    before, discovery = server.cluster.resource, {"removeAfter": 3} | discovery
    spec = builders.spec(discovery=discovery)
    edited = replace(before, spec=spec, generation=before.generation + 1)
    server.cluster.objects[VllmProvider.KIND, edited.key] = edited
    server.context.cache.put_provider(edited, ())


@pytest.mark.parametrize("name", [DYNAMO, "smg-1.13.0-two-kinds"])
def test_an_embedder_is_never_published_where_the_gateway_lists_it_beside_a_chat_model(
    name: str,
) -> None:
    server = gateway()
    for _ in range(5):
        assert server.answer(name) == {CHAT}
        assert server.status["rejectedModels"] == NOT_CHAT


def test_it_costs_questions_until_it_is_believed_and_two_in_ten_minutes_after_that() -> None:
    server = gateway()
    requests = []
    for _ in range(5):
        server.prober.chats.clear()
        server.answer(DYNAMO)  # more than ten minutes after the last time
        requests.append([server.prober.chats.count(id_) for id_ in (CHAT, EMBEDDER)])
    assert requests == [[3, 2], [0, 2], [0, 2], [0, 2], [0, 2]]


def test_an_embedder_that_is_published_goes_after_as_many_refusals_as_any_model() -> None:
    server = gateway(capabilities="Disabled")
    assert server.answer(DYNAMO) == BOTH_PUBLISHED
    edit(server, capabilities="Probe")
    published = [server.answer(DYNAMO) for _ in range(4)]
    assert published == [BOTH_PUBLISHED, BOTH_PUBLISHED, {CHAT}, {CHAT}]


@pytest.mark.parametrize("refusals", [1, 2])
def test_a_chat_model_that_restarts_behind_its_gateway_is_kept(refusals: int) -> None:
    server = gateway()
    server.answer(DYNAMO)
    for _ in range(3):
        server.prober.chatting = {}
        server.probe(None)  # the gateway restarts too, so that the models are asked again
        for _ in range(refusals):
            assert server.answer(DYNAMO) == {CHAT}
        server.prober.chatting = CHATTING
        assert server.answer(DYNAMO) == {CHAT}


def test_a_model_that_chats_again_comes_back_at_once() -> None:
    server = gateway()
    server.answer(DYNAMO)
    server.prober.chatting = {}
    server.probe(None)
    for _ in range(3):
        server.answer(DYNAMO)
    assert server.published == set()
    server.prober.chatting = CHATTING
    assert server.answer(DYNAMO) == {CHAT}


@pytest.mark.parametrize("place", range(4))
def test_no_restart_of_the_operator_publishes_what_was_left_out(place: int) -> None:
    server = gateway()
    for number in range(4):
        if number == place:
            server.restart()
        written = server.written
        assert server.answer(DYNAMO) == {CHAT}
        assert not number or server.written == written


def test_an_absent_chat_model_beside_an_embedder_goes_after_as_many_answers_as_any() -> None:
    server = gateway()
    server.answer(DYNAMO)
    published = [server.answer(NO_CHAT) for _ in range(4)]
    assert published == [{CHAT}, {CHAT}, set(), set()]
    message = server.message(ConditionType.CONFIG_PUBLISHED)
    assert message.startswith("the server lists models of other kinds")
    assert server.answer(DYNAMO) == {CHAT}


def test_a_list_without_a_model_removes_none() -> None:
    server = gateway()
    server.answer(DYNAMO)
    assert [server.answer(NO_WORKER) for _ in range(4)] == [{CHAT}] * 4


@pytest.mark.parametrize(
    "discovery",
    [
        pytest.param({"capabilities": "Disabled"}, id="nobody asks the models"),
        pytest.param({"kinds": ["Chat", "Embedding"]}, id="other kinds are wanted too"),
    ],
)
def test_a_model_that_refuses_to_chat_is_published_where(discovery: dict[str, object]) -> None:
    server = gateway(**discovery)
    assert [server.answer(DYNAMO) for _ in range(4)] == [BOTH_PUBLISHED] * 4


def test_what_was_left_out_is_published_when_the_probe_is_switched_off() -> None:
    server = gateway()
    for _ in range(4):
        server.answer(DYNAMO)
    edit(server, capabilities="Disabled")
    assert server.answer(DYNAMO) == BOTH_PUBLISHED
    lists = server.prober.lists
    server.answer(DYNAMO)
    assert server.prober.lists == lists + 1
