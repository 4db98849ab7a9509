"""What the API server says was asked of it: the only count of reads and writes that is not ours."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Self
from uuid import uuid4

from tests.controlplane.component import ControlPlaneError

WRITES = frozenset({"create", "update", "patch", "delete", "deletecollection"})
READS = frozenset({"get", "list", "watch"})
DELETES = frozenset({"delete", "deletecollection"})
RIGHTS = frozenset({"roles", "rolebindings", "clusterroles", "clusterrolebindings"})
SETTLES_WITHIN = 10.0  # seconds
BARRIER = "audit-barrier-"  # the names of the requests that prove the log complete

# One entry per request: a watch is told when it starts, everything else when it was answered.
POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        {"level": "None", "nonResourceURLs": ["/healthz*", "/livez*", "/readyz*"]},
        {"level": "None", "users": ["system:apiserver"]},
        {"level": "Metadata", "verbs": ["watch"], "omitStages": ["ResponseComplete"]},
        {"level": "Metadata", "omitStages": ["ResponseStarted"]},
    ],
}


@dataclass(frozen=True)
class AuditEntry:
    """One request as the API server saw it."""

    verb: str
    user: str
    resource: str  # empty for a path that is no resource, such as /version
    subresource: str
    namespace: str
    name: str
    code: int
    allowed: bool  # by RBAC: a namespace that is being deleted answers with 403 too
    timestamp: datetime
    user_agent: str
    uri: str

    @classmethod
    def parse(cls, line: str) -> Self:
        """Read one line of the log."""
        event: dict[str, Any] = json.loads(line)
        target = event.get("objectRef", {})
        code = event.get("responseStatus", {}).get("code", 0)
        decision = event.get("annotations", {}).get("authorization.k8s.io/decision")
        return cls(
            verb=event["verb"],
            user=event["user"].get("username", ""),
            resource=target.get("resource", ""),
            subresource=target.get("subresource", ""),
            namespace=target.get("namespace", ""),
            name=target.get("name", ""),
            code=code,
            allowed=code != 403 or decision == "allow",
            timestamp=datetime.fromisoformat(event["requestReceivedTimestamp"]),
            user_agent=event.get("userAgent", ""),
            uri=event["requestURI"],
        )

    def is_of_kopf(self, verb: str) -> bool:
        """Tell whether kopf sent it; the operator's own client has another name."""
        return self.verb == verb and self.user_agent.startswith("kopf/")


class AuditEntries(tuple[AuditEntry, ...]):
    """Requests in the order of the log; every filter gives the same kind back."""

    __slots__ = ()

    def writes(self) -> Self:
        """Keep what could change an object, whether it did or not."""
        return self._where(lambda entry: entry.verb in WRITES)

    def reads(self) -> Self:
        """Keep what asks for objects."""
        return self._where(lambda entry: entry.verb in READS)

    def resumed_watches(self) -> Self:
        """Keep the watches that go on where the one before them ended."""
        return self._where(lambda entry: entry.verb == "watch" and "resourceVersion=" in entry.uri)

    def lists_of_watches(self) -> Self:
        """Keep what kopf begins a watch with: a list by watching, or one before it (until 1.33)."""
        return self._where(
            lambda entry: "sendInitialEvents=true" in entry.uri or entry.is_of_kopf("list")
        )

    def by(self, user_prefix: str) -> Self:
        """Keep the requests of these users, `system:serviceaccount:NAMESPACE:` for example."""
        return self._where(lambda entry: entry.user.startswith(user_prefix))

    def of(self, resource: str, *, namespace: str | None = None, name: str | None = None) -> Self:
        """Keep the requests for a resource, such as `configmaps`, or for one object of it."""
        return self._where(
            lambda entry: (
                entry.resource == resource
                and namespace in (None, entry.namespace)
                and name in (None, entry.name)
            )
        )

    def denied(self) -> Self:
        """Keep what RBAC forbade."""
        return self._where(lambda entry: not entry.allowed)

    def withdrawals(self) -> Self:
        """Keep what took rights away from somebody."""
        return self._where(lambda entry: entry.verb in DELETES and entry.resource in RIGHTS)

    def _where(self, keep: Callable[[AuditEntry], bool]) -> Self:
        return type(self)(filter(keep, self))


class AuditLog:
    """Reads the log; a mark is a place in it."""

    def __init__(self, path: Path, barrier: Callable[[str], None]) -> None:
        self._path = path
        self._barrier = barrier  # asks the API server for an object of this name

    def mark(self) -> int:
        """Return the present end of the log, after everything that was answered before."""
        return self._settle()

    def since(self, mark: int = 0) -> AuditEntries:
        """Return every request answered after the mark and before this call."""
        end = self._settle()
        with self._path.open("rb") as log:
            log.seek(mark)
            lines = log.read(end - mark).decode().splitlines()
        return AuditEntries(AuditEntry.parse(line) for line in lines if BARRIER not in line)

    def _settle(self) -> int:
        """Have the log complete: the server writes an entry just after it has answered."""
        start = self._path.stat().st_size if self._path.exists() else 0
        name = f"{BARRIER}{uuid4().hex}"
        self._barrier(name)
        deadline = time.monotonic() + SETTLES_WITHIN
        while (end := self._end_of(name, start)) is None:
            if time.monotonic() > deadline:
                raise ControlPlaneError(f"The audit log does not show {name}: see {self._path}.")
            time.sleep(0.01)
        return end

    def _end_of(self, name: str, start: int) -> int | None:
        """Find where the line that names the barrier ends."""
        with self._path.open("rb") as log:
            log.seek(start)
            new = log.read()
        match = new.find(name.encode())
        newline = new.find(b"\n", match)
        return None if match < 0 or newline < 0 else start + newline + 1
