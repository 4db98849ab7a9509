"""What the kubelet is told: whether a restart would help, and whether all is known."""

import asyncio

from openclaw_vllm.edges.kube.leader import Election
from openclaw_vllm.edges.kube.watches import Watches
from openclaw_vllm.tasks import Tasks

Answer = tuple[int, bytes]  # a status code and a line for people


class Health:
    """The answers of /healthz and /readyz, and what they depend on.

    `standby` is true until the Lease is ours; `watching` is set once kopf watches.
    """

    def __init__(self, tasks: Tasks, watches: Watches, election: Election | None) -> None:
        self._tasks = tasks
        self._watches = watches
        self._election = election
        self.standby = election is not None
        self.watching = asyncio.Event()

    def live(self) -> Answer:
        """Return 500 when only a restart helps: a part has ended, or a watch is silent."""
        if self._tasks.have_ended:
            return 500, b"a part of the operator has ended\n"
        if self.watching.is_set() and (stale_watches := self._watches.stale_watches):
            return 500, f"silent for too long: the watch of {', '.join(stale_watches)}\n".encode()
        return 200, b"ok\n"

    def ready(self) -> Answer:
        """Return 200 once the caches are filled, or for a standby that could take over."""
        if self.standby and self._election is not None and self._election.trouble:
            return 503, f"{self._election.trouble}\n".encode()
        if self.standby or (self.watching.is_set() and self._watches.are_taken_in):
            return 200, b"ok\n"
        return 503, b"the caches are being filled\n"
