"""Version and task of a server, which its list does not hold.

That a server embeds removes every model that is published, so it is a claim like that of a list
without a model: while models are published, it is believed after `removeAfter` good answers in a
row. NVIDIA Dynamo 1.6.1 switches its chat route off while the only chat worker restarts (measured).
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from openclaw_vllm.api.status import Task

# of the key that a good list was asked with: the list is refused without it, or given as well, or
# the question without it has no answer, which says nothing
KeyProof = Literal["Proved", "Public", "Unanswered"]


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """Version and task; empty and None where the server does not say."""

    version: str = ""
    task: Task | None = None
    read_at: float | None = field(default=None, compare=False)  # seconds, monotonic
    embed_answers: int = 0  # good answers in a row that say Embed, too few yet to be believed
    key_proof: KeyProof | None = None  # None: not tried, or there is no key

    @property
    def is_disputed(self) -> bool:
        """Whether good answers say Embed, too few yet to remove what is published."""
        return self.embed_answers > 0

    @property
    def key_proved(self) -> bool | None:
        """Whether the key was proved; False where the list is public, None where nothing is
        known."""
        return {"Proved": True, "Public": False}.get(self.key_proof or "")

    def with_key_proof(self, proof: KeyProof | None) -> "ServerInfo":
        """Record whether the key was proved; silence changes nothing that is known."""
        keeps = proof == "Unanswered" and self.key_proof is not None
        return self if keeps else replace(self, key_proof=proof)

    def update(
        self, version: str, task: Task | None, now: float, *, remove_after: int
    ) -> "ServerInfo":
        """Record an answer; what it does not hold stays.

        `remove_after` is the number of answers in a row that it takes to believe Embed.
        """
        updated = replace(self, version=version or self.version, read_at=now)
        if task is None:
            return updated
        answers = self.embed_answers + 1
        if task == "Embed" and self.task != "Embed" and answers < remove_after:
            return replace(updated, embed_answers=answers)
        return replace(updated, task=task, embed_answers=0)
