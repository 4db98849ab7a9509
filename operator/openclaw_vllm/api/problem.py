"""An expected failure as a value: reason and message of a condition or an Event.

A missing Service or a server that does not answer is a result, not an exception: it becomes a
condition with this reason and message. Exceptions are for faults that a retry may resolve.
"""

from dataclasses import dataclass

from openclaw_vllm.api.conditions import Reason


@dataclass(frozen=True, slots=True)
class Problem:
    """Why something could not be done. The message never quotes a response, a header or a key."""

    reason: Reason
    message: str
    doubts_credentials: bool = False  # those that were sent may have been rotated
