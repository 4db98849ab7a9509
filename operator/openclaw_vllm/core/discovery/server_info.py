"""What a server says of itself beside its list.

That a server embeds removes every model that is published, so it is a claim like that of a list
without a model: while models are published, it is believed after `removeAfter` good answers in a
row. NVIDIA Dynamo 1.6.1 switches its chat route off while the only chat worker restarts (measured).
"""

from dataclasses import dataclass, field

from openclaw_vllm.api.status import Task


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """Version and task; empty and None where the server says nothing."""

    version: str = ""
    task: Task | None = None
    read_at: float | None = field(default=None, compare=False)  # seconds, monotonic
    embed_answers: int = 0  # good answers in a row that say Embed, and are not believed yet

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
        version = version or self.version
        if task is None:
            return ServerInfo(version, self.task, now, self.embed_answers)
        answers = self.embed_answers + 1
        if task == "Embed" and self.task != "Embed" and answers < remove_after:
            return ServerInfo(version, self.task, now, answers)
        return ServerInfo(version, task, now)
