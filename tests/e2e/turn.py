"""One turn of the real agent, without a gateway, and what it said of it."""

from dataclasses import dataclass
from typing import Any, Self

from tests.conformance.openclaw import Agent

WORDS = "Say hello."


@dataclass(frozen=True)
class Turn:
    """A turn that went well; `text` is the answer as it came, before the client's own remarks."""

    model: str
    text: str
    output_tokens: int

    @classmethod
    def read(cls, message: dict[str, Any]) -> Self:
        """Read what `agent exec --json` printed."""
        assert message["ok"], message
        model = f"{message['provider']}/{message['model']}"
        return cls(model, message["payloads"][0]["text"], message["usage"]["output"])


def exec_turn(agent: Agent) -> Turn:
    """Have the agent answer once: `openclaw agent exec`, with the configuration that it finds."""
    return Turn.read(agent.run("agent", "exec", WORDS, "--json", "--cwd", str(agent.home)).answer)
