"""What an agent's turn takes of a context before its user has said anything, in the real client.

OpenClaw asks for as many tokens as its own estimate of the prompt leaves, less one; so the estimate
can be read off a request for more than there is.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from openclaw_vllm.core.discovery.models import SMALL_CONTEXT
from tests.apiserver.servers import Servers
from tests.conformance.conftest import NewAgent
from tests.conformance.gateway import SETTINGS, running
from tests.conformance.published import publish
from tests.conformance.recorder import Recorder, recording
from tests.vllm_server import Model

pytestmark = pytest.mark.timeout(600)

LARGE = 200_000
ANSWER = 8192  # tokens: the most by default

Settings = dict[str, Any]


@dataclass(frozen=True)
class Case:
    """An agent, and whether an empty turn of it and an answer fit into a small context."""

    settings: Settings = field(default_factory=dict)
    takes_tools: bool = True
    fits: bool = True


CASES = {
    "by default": Case(),
    "with the schemas of all tools": Case({"tools": {"toolSearch": False}}, fits=False),
    "without tools": Case(takes_tools=False),
}


@pytest.fixture
def vllm(servers: Servers) -> Iterator[Recorder]:
    with recording(servers, Model("small", LARGE), tools=True) as server:
        yield server


@pytest.mark.parametrize("name", CASES)
def test_a_turn_and_an_answer_fit_or_not_into_the_context_that_is_not_called_small(
    name: str, new_agent: NewAgent, vllm: Recorder
) -> None:
    case = CASES[name]
    compat = {} if case.takes_tools else {"compat": {"supportsTools": False}}
    spec = {"baseUrl": vllm.base_url, "modelDefaults": {"maxTokens": LARGE, **compat}}
    agent = new_agent()
    agent.configure({**publish(spec, vllm.models).config, "gateway": SETTINGS, **case.settings})
    with running(agent) as gateway:
        gateway.turn()
    (request,) = vllm.asked
    prompt = LARGE - request.body["max_completion_tokens"] - 1
    tools = request.body.get("tools", [])
    print(f"{name}: {prompt} tokens by its estimate, {len(request.text)} bytes, {len(tools)} tools")
    assert bool(tools) == case.takes_tools
    assert (prompt + ANSWER <= SMALL_CONTEXT) == case.fits
