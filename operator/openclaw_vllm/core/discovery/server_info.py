"""What a server says of itself beside its list.

That a server embeds removes every model that is published, so it is a claim like that of a list
without a model: while models are published, it is believed after `removeAfter` good answers in a
row. NVIDIA Dynamo 1.6.1 switches its chat route off while the only chat worker restarts (measured).
"""

from dataclasses import dataclass, field, replace

from openclaw_vllm.api.status import Task


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """Version and task; empty and None where the server says nothing."""

    version: str = ""
    task: Task | None = None
    read_at: float | None = field(default=None, compare=False)  # seconds, monotonic
    embed_answers: int = 0  # good answers in a row that say Embed, and are not believed yet
    key_proved: bool | None = None  # False: the list is public; None: not tried, or there is no key

    @property
    def is_disputed(self) -> bool:
        """Whether good answers say Embed, too few yet to remove what is published."""
        return self.embed_answers > 0

    def update(
        self, version: str, task: Task | None, now: float, *, remove_after: int
    ) -> "ServerInfo":
        """Record an answer; what it does not say stays.

        `remove_after` is the number of answers in a row that it takes to believe Embed.
        """
        said = replace(self, version=version or self.version, read_at=now)
        if task is None:
            return said
        answers = self.embed_answers + 1
        if task == "Embed" and self.task != "Embed" and answers < remove_after:
            return replace(said, embed_answers=answers)
        return replace(said, task=task, embed_answers=0)
