"""Servers that no HTTP library would let one write: what a prober must survive.

They speak raw sockets, and count what they could send, so that a test can see that the client
stopped reading. Bad answers in good HTTP are faults of `tests/vllm_server`.
"""

from tests.hostile_server.behaviours import BEHAVIOURS
from tests.hostile_server.server import HostileServer

__all__ = ["BEHAVIOURS", "HostileServer"]
