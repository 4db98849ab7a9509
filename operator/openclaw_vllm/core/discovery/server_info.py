"""Version and task of a server, which its list does not hold.

That a server does not chat removes every model that is published, so it is a claim like that of a
list without a model: while models are published, it is believed after `removeAfter` good answers in
a row. NVIDIA Dynamo 1.6.1 switches its chat route off while its only chat worker restarts
(measured).
"""

from dataclasses import dataclass, field, replace
from typing import Literal

from openclaw_vllm.api.status import Task

# of the key that a good list was asked with: the list is refused without it, or given as well, or
# the question without it has no answer, which says nothing
KeyProof = Literal["Proved", "Public", "Unanswered"]
WITHOUT_CHAT: frozenset[Task | None] = frozenset({"Embed", "Other"})


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """Version and task; empty and None where the server does not say."""

    version: str = ""
    task: Task | None = None
    read_at: float | None = field(default=None, compare=False)  # seconds, monotonic
    without_chat: int = 0  # good answers in a row that say so, too few yet to be believed
    key_proof: KeyProof | None = None  # None: not tried, or there is no key

    @property
    def is_disputed(self) -> bool:
        """Whether good answers say that it does not chat, too few to remove what is published."""
        return self.without_chat > 0

    @property
    def lacks_chat(self) -> bool:
        """Whether the server does not chat, by its routes."""
        return self.task in WITHOUT_CHAT

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

        `remove_after` is the number of answers in a row that it takes to believe that the
        server does not chat.
        """
        updated = replace(self, version=version or self.version, read_at=now)
        if task is None:
            return updated
        answers = self.without_chat + 1
        if task in WITHOUT_CHAT and not self.lacks_chat and answers < remove_after:
            return replace(updated, without_chat=answers)
        return replace(updated, task=task, without_chat=0)
