"""Liveness and readiness, for the kubelet."""

import asyncio

from openclaw_vllm.edges.kube.leader import Election
from openclaw_vllm.edges.kube.watches import Watches
from openclaw_vllm.tasks import Tasks

Response = tuple[int, bytes]  # a status code and a line of text


class Health:
    """The responses of /healthz and /readyz, and what they depend on."""

    def __init__(self, tasks: Tasks, watches: Watches, election: Election | None) -> None:
        self._tasks = tasks
        self._watches = watches
        self._election = election
        self.standby = election is not None  # until this replica holds the Lease
        self.watching = asyncio.Event()  # set once kopf watches

    def live(self) -> Response:
        """Return 500 when only a restart helps: a task has ended, or a watch is silent."""
        if self._tasks.have_ended:
            return 500, b"a part of the operator has ended\n"
        if self.watching.is_set() and (stale_watches := self._watches.stale_watches):
            return 500, f"silent for too long: the watch of {', '.join(stale_watches)}\n".encode()
        return 200, b"ok\n"

    def ready(self) -> Response:
        """Return 200 once the caches have synced, or for a standby that could take over."""
        if self.standby and self._election is not None and self._election.last_error:
            return 503, f"{self._election.last_error}\n".encode()
        if self.standby or (self.watching.is_set() and self._watches.have_synced):
            return 200, b"ok\n"
        return 503, b"the caches are being filled\n"
