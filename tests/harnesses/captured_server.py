"""A VllmProvider whose server answers, one probe after the other, as real ones were captured."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from openclaw_vllm.api.conditions import ConditionType
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse
from tests import builders, captures
from tests.builders import Wire
from tests.fakes.prober import DOWN, FakeProber
from tests.harnesses.provider import ProviderHarness

PATHS = {"/models": "models-no-key", "/chat/completions": "options-chat"}
WITH_KEY = "models-right-key"  # the only list of some captures
PATHS |= {"/embeddings": "options-embeddings", "/version": "version"}
OTHER_ROUTE = "options-nonsense"  # of those that no gateway here has


@dataclass
class CapturedProber(FakeProber):
    """A server that answers as another one, named with its version, did when it was captured.

    `chatting` names for each model the server whose answers to chat requests it gives; every other
    model answers as the one that was asked in the server's own captures.
    """

    server: str = ""
    chatting: Mapping[str, str] = field(default_factory=dict)
    chats: list[str] = field(default_factory=list)  # the models of all chat requests

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        self.lists += question.url.endswith("/models")
        if self.listed is None:
            return DOWN
        if question.method == "POST":
            return self._chat(question)
        names = (name for path, name in PATHS.items() if question.url.endswith(path))
        name = next(names, OTHER_ROUTE)
        has_list = captures.exists(self.server, name) or name != PATHS["/models"]
        return _answer(self.server, name if has_list else WITH_KEY)

    def _chat(self, question: ProbeRequest) -> ProbeResponse:
        request = question.json
        assert isinstance(request, dict)
        self.chats.append(request["model"])
        is_picture = isinstance(request["messages"][0]["content"], list)
        name = "chat-tools" if "tools" in request else "chat-image" if is_picture else "chat-plain"
        return _answer(self.chatting.get(request["model"], self.server), name)


def _answer(server: str, name: str) -> ProbeResponse:
    if not captures.exists(server, name):
        return ProbeResponse(404)
    answer = captures.read_server(server, name)
    return ProbeResponse(answer.status, answer.body, answer.headers.get("allow", ""))


class CapturedServer(ProviderHarness):
    """A VllmProvider of a server that answers as captured."""

    def __init__(self, chatting: Mapping[str, str] | None = None, **discovery: object) -> None:
        super().__init__(builders.resource(builders.wire_spec(discovery=discovery)))
        self.server = self.prober = CapturedProber(chatting=chatting or {})
        self.restart()

    def answer(self, server: str) -> set[str]:
        """Probe it once as this server, and return what is published then."""
        self.prober.server = server
        self.probe(frozenset())
        return self.published

    def message(self, type_: ConditionType) -> str:
        conditions = self.cluster.resource.status.conditions
        return next(condition.message for condition in conditions if condition.type == type_)

    @property
    def status(self) -> Wire:
        return self.cluster.resource.status.model_dump(exclude_none=True)
