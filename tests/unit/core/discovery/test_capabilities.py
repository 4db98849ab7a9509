"""What models can do: who is asked, when anew, and what the answers mean."""

from dataclasses import replace

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.capabilities import (
    MAX_MODELS,
    Capabilities,
    Reply,
    judge,
    of_model,
    to_ask,
)
from openclaw_vllm.core.discovery.models import selected
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.server import ServerState
from tests import builders, captures
from tests.builders import served


def captured(name: str) -> Reply:
    """What a real vLLM has answered."""
    capture = captures.read(name)
    return capture.status, capture.body


ACCEPTED = captured("vision-chat")
TOOLS, TEXT = Capabilities(tools=True), Capabilities(tools=False, images=False)
NO_TOOLS, NO_IMAGES = captured("chat-tools"), captured("chat-image")


@pytest.mark.parametrize(
    ("tools", "images", "found"),
    [
        pytest.param(ACCEPTED, ACCEPTED, Capabilities(tools=True, images=True), id="accepted"),
        pytest.param(NO_TOOLS, NO_IMAGES, Capabilities(tools=False, images=False), id="refused"),
        pytest.param(ACCEPTED, NO_IMAGES, Capabilities(tools=True, images=False), id="mixed"),
        pytest.param(None, ACCEPTED, Capabilities(images=True), id="no answer about tools"),
        pytest.param(NO_TOOLS, None, Capabilities(tools=False), id="no answer about images"),
        pytest.param(NO_IMAGES, NO_TOOLS, Capabilities(), id="each refusal of the other"),
    ],
)
def test_the_answers_of_a_real_server_mean(
    tools: Reply | None, images: Reply | None, found: Capabilities
) -> None:
    assert judge(tools, images) == found


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(captured("chat-too-long"), id="another bad request"),
        pytest.param(captured("chat-wrong-model"), id="an unknown model"),
        pytest.param(captured("embed-chat"), id="no such route"),
        pytest.param(captured("auth-missing"), id="a missing key"),
        pytest.param((500, NO_TOOLS[1] + NO_IMAGES[1]), id="a broken server"),
        pytest.param((204, b""), id="no content"),
    ],
)
def test_the_question_stays_open_after(reply: Reply) -> None:
    assert judge(reply, reply) == Capabilities()


def test_what_is_not_found_out_now_stays_as_it_was_known() -> None:
    before = Capabilities(tools=True, images=False)
    assert Capabilities(tools=False).over(before) == Capabilities(tools=False, images=False)


def test_of_many_base_models_the_first_16_by_id_are_asked() -> None:
    many = served(*(f"m{number:02}" for number in range(MAX_MODELS + 1, -1, -1)))
    assert to_ask(many) == tuple(f"m{number:02}" for number in range(16))


def test_adapters_and_what_is_not_published_cost_no_question() -> None:
    models = (*served("base", "hidden", "draft"), ServedModel("lora", "hidden", None))
    discovery = builders.spec(discovery={"include": ["base", "lora", "d*"], "exclude": ["d*"]})
    assert to_ask(selected(models, discovery.discovery)) == ("base", "hidden")


@pytest.mark.parametrize(
    ("found", "known"),
    [
        pytest.param({"base": TOOLS}, TOOLS, id="what its base model can"),
        pytest.param({"lora": TEXT, "base": TOOLS}, TOOLS, id="that, whatever was read back of it"),
        pytest.param({"lora": TEXT}, TEXT, id="what was read back, of an unknown base model"),
        pytest.param({"other": TOOLS}, Capabilities(), id="nothing that is known"),
    ],
)
def test_an_adapter_can(found: dict[str, Capabilities], known: Capabilities) -> None:
    assert of_model(ServedModel("lora", "base", None), found) == known


RESOURCE = builders.resource(builders.wire_spec(discovery={"removeAfter": 1}))
DOWN = Problem(Reason.CONNECTION_FAILED, "down")


def listing(*ids: str, after: ServerState | None = None) -> ServerState:
    """What is remembered after one more good answer."""
    before = after or builders.server_state(RESOURCE, *served(*ids)).with_server_info(
        "0.32.0", "Generate", 0.0
    )
    return builders.learned(before, RESOURCE, *served(*ids))


def asked(memory: ServerState, *, complete: bool = True) -> ServerState:
    """The same once all was asked, and answered if `complete`."""
    return memory.with_capabilities(wanted(memory), {"a": Capabilities()}, complete=complete)


def wanted(memory: ServerState, **discovery: object) -> frozenset[str]:
    spec = builders.spec(discovery={"capabilities": "Probe"} | discovery)
    return memory.discovery.models_to_examine(spec)


KNOWN = asked(listing("a", "b"))
NEW = builders.new_server(RESOURCE.uid, 1, "")
REQUEST = replace(RESOURCE, requested_at="now")
EDIT = replace(RESOURCE, generation=2)


@pytest.mark.parametrize(
    "memory",
    [
        pytest.param(listing("a", "b"), id="the first list"),
        pytest.param(listing("a", "b", "c", after=KNOWN), id="a model that came"),
        pytest.param(listing("a", after=KNOWN), id="a model that went"),
        pytest.param(KNOWN.with_server_info("0.33.0", None, 0.0), id="another version"),
        pytest.param(listing("a", "b", after=KNOWN.with_probe_failure(DOWN)), id="a failed probe"),
        pytest.param(asked(listing("a", "b"), complete=False), id="a request without an answer"),
        pytest.param(KNOWN.observe_request(REQUEST), id="a request to look now"),
    ],
)
def test_models_are_asked_after(memory: ServerState) -> None:
    assert {"a", f"version {memory.discovery.info.version}"} <= wanted(memory)


@pytest.mark.parametrize(
    ("memory", "discovery"),
    [
        pytest.param(KNOWN, {}, id="all was asked"),
        pytest.param(listing("b", "a", after=KNOWN), {}, id="the list has another order"),
        pytest.param(
            KNOWN.observe_request(EDIT), {"interval": "30s"}, id="something else was edited"
        ),
        pytest.param(KNOWN.with_server_info("", None, 0.0), {}, id="the version was not said"),
        pytest.param(listing("a"), {"capabilities": "Disabled"}, id="nobody wants to know"),
        pytest.param(
            listing("a").with_server_info("", "Embed", 0.0), {}, id="the server only embeds"
        ),
        pytest.param(NEW, {}, id="no list is known"),
    ],
)
def test_models_are_left_alone_when(memory: ServerState, discovery: dict[str, object]) -> None:
    assert wanted(memory, **discovery) == frozenset()


def test_what_the_filters_leave_out_makes_nobody_ask_and_an_edit_of_them_does() -> None:
    only_a = {"exclude": ["b*"]}
    memory = listing("a", "b")
    memory = memory.with_capabilities(wanted(memory, **only_a), {}, complete=True)
    assert wanted(listing("a", "b2", after=memory), **only_a) == frozenset()
    assert wanted(memory) == {"a", "b", "version 0.32.0"}
