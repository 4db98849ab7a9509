"""What models can do: who is asked, when anew, and what the answers mean."""

import json
from collections.abc import Iterable
from dataclasses import replace

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import ServerNote
from openclaw_vllm.core.discovery.capabilities import (
    MAX_MODELS,
    Capabilities,
    Examination,
    Replies,
    Reply,
    capabilities_of,
    chats,
    is_unanswered,
    models_to_ask,
    note_of_ending,
    of_model,
)
from openclaw_vllm.core.discovery.models import select_models
from openclaw_vllm.core.discovery.models_response import ServedModel, parse
from openclaw_vllm.core.discovery.server import ServerState
from tests import builders, captures
from tests.builders import Wire, served


def captured(name: str) -> Reply:
    """What a real vLLM 0.32 has answered."""
    capture = captures.read(name)
    return capture.status, capture.body


def of_server(server: str, name: str) -> Reply:
    """What another server has answered, to a picture of one pixel where there is one."""
    capture = captures.read_server(server, f"chat-{name}")
    return capture.status, capture.body


def counted(tokens: int) -> Reply:
    return 200, json.dumps({"usage": {"prompt_tokens": tokens}}).encode()


CALL = b'{"choices": [{"message": {"tool_calls": [{"function": {"name": "noop"}}]}}]}'
TOOLS, TEXT = Capabilities(tools=True), Capabilities(tools=False, images=False)
NO_TOOLS, NO_IMAGES = captured("chat-tools"), captured("chat-image")
SILENT = Problem(Reason.TIMED_OUT, "")
ENDED = Problem(Reason.CONNECTION_FAILED, "")


@pytest.mark.parametrize(
    ("reply", "tools"),
    [
        pytest.param((200, CALL), True, id="a tool call"),
        pytest.param(captured("tools-on-chat"), None, id="text without a tool call"),
        pytest.param(NO_TOOLS, False, id="vLLM 0.32 without a parser"),
        pytest.param(of_server("litellm-1.108.7", "tools"), False, id="LiteLLM 1.108.7 before it"),
        pytest.param(of_server("llamacpp-b10434", "tools"), None, id="llama.cpp, text"),
        pytest.param(
            (500, b'{"error":{"code":500,"message":"tools param requires --jinja flag"}}'),
            False,
            id="llama.cpp without --jinja",
        ),
        pytest.param(
            (400, b'{"error":{"message":"registry/m does not support tools"}}'), False, id="Ollama"
        ),
        pytest.param((501, b""), False, id="not implemented"),
        pytest.param(NO_IMAGES, None, id="a refusal of images"),
        pytest.param(captured("chat-too-long"), None, id="another bad request"),
        pytest.param((500, b"Internal Server Error"), None, id="a broken server"),
        pytest.param((200, b"[" * 100_000), None, id="what is no JSON"),
        pytest.param((200, b'{"choices": [{"message": []}]}'), None, id="a strange message"),
        pytest.param(SILENT, None, id="silence"),
    ],
)
def test_whether_tools_are_supported_shows_in(
    reply: Reply | Problem, *, tools: bool | None
) -> None:
    assert capabilities_of(Replies(tools=reply)).tools is tools


@pytest.mark.parametrize(
    ("text", "picture", "images"),
    [
        pytest.param(counted(5), counted(21), True, id="more tokens with the picture"),
        pytest.param(counted(5), counted(5), False, id="as many tokens"),
        pytest.param(
            of_server("transformers-5.23.0", "plain"),
            of_server("transformers-5.23.0", "image"),
            False,
            id="transformers 5.23.0, which drops the picture",
        ),
        pytest.param(counted(5), NO_IMAGES, False, id="vLLM 0.32"),
        pytest.param(counted(5), of_server("llamacpp-b11549", "image"), False, id="llama.cpp"),
        pytest.param(counted(5), of_server("litellm-1.108.7", "image"), False, id="LiteLLM"),
        pytest.param(counted(5), (501, b""), False, id="not implemented"),
        pytest.param(
            counted(5),
            (400, b"height:1 and width:1 must be larger than factor:28"),
            None,
            id="a refusal of the size",
        ),
        pytest.param((200, b"{}"), counted(5), None, id="nothing counted"),
        pytest.param(counted(5), SILENT, None, id="silence"),
    ],
)
def test_whether_images_are_supported_shows_in(
    text: Reply, picture: Reply | Problem, *, images: bool | None
) -> None:
    assert capabilities_of(Replies(text=text, picture=picture)).images is images


@pytest.mark.parametrize("listed", [True, False])
def test_what_the_list_says_of_images_ranks_above_the_answers(*, listed: bool) -> None:
    replies = Replies(text=counted(5), picture=counted(21 if not listed else 5))
    assert capabilities_of(replies, listed_images=listed).images is listed


@pytest.mark.parametrize(
    ("reply", "note", "unanswered"),
    [
        pytest.param(counted(5), None, False, id="a good answer"),
        pytest.param(NO_TOOLS, None, False, id="a refusal"),
        pytest.param(of_server("llamacpp-b11549", "image"), None, False, id="a refusal with 500"),
        pytest.param(ENDED, "ProbeStopped", True, id="a connection that ends"),
        pytest.param((502, b""), "ProbeStopped", False, id="a gateway that lost its server"),
        pytest.param((503, b""), "ProbeStopped", False, id="a gateway without a server"),
        pytest.param((401, b""), "ChatUnauthorized", False, id="a wrong key"),
        pytest.param((403, b""), "ChatUnauthorized", False, id="a key without the right"),
        pytest.param(SILENT, None, True, id="silence"),
        pytest.param((500, b"InternalServerError"), None, True, id="an engine that died"),
    ],
)
def test_after_an_answer_the_probe(
    reply: Reply | Problem, note: ServerNote | None, *, unanswered: bool
) -> None:
    assert (note_of_ending(reply), is_unanswered(reply)) == (note, unanswered)


KSERVE = (
    502,
    b'{"error": {"message": "Received invalid response from upstream: '
    b'{\\"detail\\":\\"Not Found\\"}", "type": "BadGateway", "code": "502"}}',
)
OLLAMA = (400, b'{"error":{"message":"\\"registry/bge-m3\\" does not support chat"}}')


@pytest.mark.parametrize(
    ("replies", "chats_now"),
    [
        pytest.param([of_server("dynamo-1.6.1-two-kinds", "plain")] * 2, False, id="Dynamo 1.6.1"),
        pytest.param([of_server("dynamo-1.6.1-no-worker", "plain")] * 2, False, id="its route off"),
        pytest.param([of_server("smg-1.13.0-two-kinds", "plain")] * 2, False, id="smg 1.13.0"),
        pytest.param(
            [of_server("sglang-router-0.3.2-vllm-worker", "plain")], False, id="sglang-router 0.3.2"
        ),
        pytest.param([captured("embed-chat")] * 2, False, id="a vLLM that embeds, and its router"),
        pytest.param([KSERVE] * 2, False, id="KServe 0.21"),
        pytest.param([OLLAMA] * 2, False, id="Ollama"),
        pytest.param([(501, b"")] * 2, False, id="not implemented"),
        pytest.param([(404, b""), counted(5)], True, id="404 and then an answer"),
        pytest.param([NO_TOOLS, counted(5)], True, id="no tools, but text"),
        pytest.param([counted(5)], True, id="an answer"),
        pytest.param([NO_TOOLS], None, id="no tools"),
        pytest.param([(404, b""), SILENT], None, id="404 and then silence"),
        pytest.param([(502, b"Bad Gateway")], None, id="a gateway that lost its server"),
        pytest.param([(401, b"")], None, id="a wrong key"),
    ],
)
def test_whether_a_model_chats_shows_in(
    replies: list[Reply | Problem], *, chats_now: bool | None
) -> None:
    assert chats(Replies(*replies)) is chats_now


def test_a_404_that_is_wrapped_in_a_502_ends_no_questions() -> None:
    assert (note_of_ending(KSERVE), is_unanswered(KSERVE)) == (None, False)


def test_what_is_not_found_out_now_stays_as_it_was_known() -> None:
    before = Capabilities(tools=True, images=False)
    assert Capabilities(tools=False).over(before) == Capabilities(tools=False, images=False)


def ids(models: Iterable[ServedModel]) -> list[str]:
    return [model.id for model in models]


def test_of_many_base_models_the_first_16_by_id_are_asked() -> None:
    many = served(*(f"m{number:02}" for number in range(MAX_MODELS + 1, -1, -1)))
    assert ids(models_to_ask(many, {})) == [f"m{number:02}" for number in range(16)]


def test_models_of_which_nothing_is_known_come_first() -> None:
    assert ids(models_to_ask(served("a", "b", "c"), {"a": TOOLS, "c": TOOLS})) == ["b", "a", "c"]


@pytest.mark.parametrize(
    ("state", "loaded"),
    [
        pytest.param(
            {"status": {"value": "unloaded"}}, {"status": {"value": "loaded"}}, id="llama"
        ),
        pytest.param({"state": "not-loaded"}, {"state": "loaded"}, id="LM Studio"),
        pytest.param({"status": "unloaded"}, {"status": "loaded"}, id="mistral.rs"),
        pytest.param({"status": "unloaded"}, {"status": "succeeded"}, id="Azure's other status"),
    ],
)
def test_a_model_that_is_not_loaded_is_not_asked(state: Wire, loaded: Wire) -> None:
    models = parse(builders.answer({"id": "a", **state}, {"id": "b", **loaded}, "c"))
    assert not isinstance(models, Problem)
    assert ids(models_to_ask(models, {})) == ["b", "c"]


def test_of_a_real_llama_server_the_loaded_model_is_asked_and_its_list_says_what_it_takes() -> None:
    capture = captures.read_server("llamacpp-router-loaded-b10434", "models-right-key")
    models = parse(capture.body)
    assert not isinstance(models, Problem)
    requests = models_to_ask(models, {})
    assert len(requests) == 1 < len(models)
    assert requests[0].images is False


def test_adapters_and_what_is_not_published_cost_no_question() -> None:
    models = (*served("base", "hidden", "draft"), ServedModel("lora", "hidden", None))
    discovery = builders.spec(discovery={"include": ["base", "lora", "d*"], "exclude": ["d*"]})
    chosen = select_models(models, discovery.discovery)
    assert ids(models_to_ask(chosen, {})) == ["base", "hidden"]


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        pytest.param({"base": TOOLS}, TOOLS, id="what its base model can"),
        pytest.param({"lora": TEXT, "base": TOOLS}, TOOLS, id="that, whatever was read back of it"),
        pytest.param({"lora": TEXT}, TEXT, id="what was read back, of an unknown base model"),
        pytest.param({"other": TOOLS}, Capabilities(), id="nothing that is known"),
    ],
)
def test_an_adapter_can(results: dict[str, Capabilities], expected: Capabilities) -> None:
    assert of_model(ServedModel("lora", "base", None), results) == expected


RESOURCE = builders.resource(builders.wire_spec(discovery={"removeAfter": 1}))
DOWN = Problem(Reason.CONNECTION_FAILED, "down")


def listing(*ids: str, after: ServerState | None = None) -> ServerState:
    """What is remembered after one more good answer."""
    before = after or builders.server_state(RESOURCE, *served(*ids)).with_server_info(
        "0.32.0", "Generate", 0.0
    )
    return builders.after_answer(before, RESOURCE, *served(*ids))


def examined(memory: ServerState, *, complete: bool = True) -> ServerState:
    """The same once all was asked, and answered if `complete`."""
    return memory.with_examination(
        wanted(memory), Examination({"a": Capabilities()}, complete=complete)
    )


def wanted(memory: ServerState, **discovery: object) -> frozenset[str]:
    spec = builders.spec(discovery={"capabilities": "Probe"} | discovery)
    return memory.discovery.models_to_examine(spec)


EXAMINED = examined(listing("a", "b"))
NEW = builders.new_server(RESOURCE.uid, 1, "")
REQUEST = replace(RESOURCE, requested_at="now")
EDIT = replace(RESOURCE, generation=2)


@pytest.mark.parametrize(
    "memory",
    [
        pytest.param(listing("a", "b"), id="the first list"),
        pytest.param(listing("a", "b", "c", after=EXAMINED), id="a model that came"),
        pytest.param(listing("a", after=EXAMINED), id="a model that went"),
        pytest.param(EXAMINED.with_server_info("0.33.0", None, 0.0), id="another version"),
        pytest.param(
            listing("a", "b", after=EXAMINED.with_probe_failure(DOWN)), id="a failed probe"
        ),
        pytest.param(examined(listing("a", "b"), complete=False), id="a request without an answer"),
        pytest.param(EXAMINED.observe_request(REQUEST.request), id="a request to look now"),
    ],
)
def test_models_are_asked_after(memory: ServerState) -> None:
    assert {"a", f"version {memory.discovery.info.version}"} <= wanted(memory)


@pytest.mark.parametrize(
    ("memory", "discovery"),
    [
        pytest.param(EXAMINED, {}, id="all was asked"),
        pytest.param(listing("b", "a", after=EXAMINED), {}, id="the list has another order"),
        pytest.param(
            EXAMINED.observe_request(EDIT.request),
            {"interval": "30s"},
            id="something else was edited",
        ),
        pytest.param(EXAMINED.with_server_info("", None, 0.0), {}, id="the version was not said"),
        pytest.param(listing("a"), {"capabilities": "Disabled"}, id="nobody wants to know"),
        pytest.param(
            listing("a").with_server_info("", "Embed", 0.0), {}, id="the server only embeds"
        ),
        pytest.param(
            listing("a").with_server_info("", "Other", 0.0), {}, id="the server only reranks"
        ),
        pytest.param(NEW, {}, id="no list is known"),
    ],
)
def test_models_are_left_alone_when(memory: ServerState, discovery: dict[str, object]) -> None:
    assert wanted(memory, **discovery) == frozenset()


def test_what_the_filters_leave_out_starts_no_examination_and_an_edit_of_them_does() -> None:
    only_a = {"exclude": ["b*"]}
    memory = listing("a", "b")
    memory = memory.with_examination(wanted(memory, **only_a), Examination({}))
    assert wanted(listing("a", "b2", after=memory), **only_a) == frozenset()
    assert wanted(memory) == {"a", "b", "version 0.32.0"}
