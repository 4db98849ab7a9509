"""A stand-in for a vLLM server, in this process or as one of its own.

A real vLLM needs gigabytes and half a minute to start. This one starts at once, can be told to
misbehave, and is itself held to the captured answers of a real one (`test_vllm_server.py`).
"""

from tests.vllm_server.answers import Model, Reply, Task
from tests.vllm_server.faults import Answer, Drip, Fault, Hang, Reset
from tests.vllm_server.server import Seen, VllmServer

__all__ = [
    "Answer",
    "Drip",
    "Fault",
    "Hang",
    "Model",
    "Reply",
    "Reset",
    "Seen",
    "Task",
    "VllmServer",
]
