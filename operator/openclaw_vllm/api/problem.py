"""An expected failure as a value: the pair that a condition and an Event are made of.

A missing Service or a server that does not answer is a result, not an exception: it becomes a
condition with this reason and message. Exceptions are left for what a plain retry may heal.
"""

from dataclasses import dataclass

from openclaw_vllm.api.conditions import Reason


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something could not be done. The message is ours: no byte of an answer, header or key."""

    reason: Reason
    message: str
