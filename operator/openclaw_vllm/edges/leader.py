"""Leader election by a Lease: of several replicas one works, and another takes over when it stops.

The protocol is client-go's: whoever holds the Lease renews it; others count its age by their own
clock from when they saw it change, so clocks need not agree. A holder that cannot renew in time
stops being one before anybody else may start. Written on plain requests because kubernetes.aio's
election releases nothing at the end and ends on a broken connection (read in its source).
"""

import asyncio
import logging
import socket
import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

from openclaw_vllm.edges.apiserver import ApiServer, Reply, Unavailable

LEASE = "openclaw-vllm-operator"
DURATION = 15.0  # seconds a Lease is good for without renewal
RENEW_DEADLINE = 10.0
RETRY = 2.0
POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")

logger = logging.getLogger(__name__)


class LeadershipLost(Exception):
    """The Lease could not be renewed in time: another replica may be working by now."""


def own_namespace() -> str | None:
    """Return the namespace of the pod that this process runs in."""
    return POD_NAMESPACE.read_text().strip() if POD_NAMESPACE.exists() else None


@dataclass
class Election:
    """Takes part in the election in a namespace; `identity` is unique to the process."""

    server: ApiServer
    namespace: str
    identity: str = field(default_factory=lambda: f"{socket.gethostname()}_{uuid.uuid4()}")
    _seen: tuple[str, float] = ("", 0.0)

    @property
    def _path(self) -> str:
        return f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases"

    async def acquire(self) -> None:
        """Return when this process is the leader."""
        logger.info("waiting for the Lease %s/%s", self.namespace, LEASE)
        while True:
            if await self._try():
                break
            await asyncio.sleep(RETRY)
        logger.info("leading as %s", self.identity)

    async def hold(self) -> None:
        """Renew until cancelled. Raises LeadershipLost when it was not possible in time."""
        renewed = time.monotonic()
        while True:
            await asyncio.sleep(RETRY)
            try:
                async with asyncio.timeout(max(0.0, renewed + RENEW_DEADLINE - time.monotonic())):
                    if not await self._try():
                        raise LeadershipLost("another replica holds the Lease")
            except TimeoutError:
                raise LeadershipLost("the Lease could not be renewed in time") from None
            renewed = time.monotonic()

    async def release(self) -> None:
        """Let another replica take over at once; best effort, for the Lease expires anyway."""
        try:
            reply = await self.server.get(f"{self._path}/{LEASE}")
            if reply.code == HTTPStatus.OK and _holder(reply) == self.identity:
                await self._write(reply, holder="", duration=1.0)
        except Unavailable as error:
            logger.warning("the Lease was not released: %s", error)

    async def _try(self) -> bool:
        """Take or renew the Lease if that is possible now; retries while the API server is away."""
        while True:
            try:
                return await self._try_once()
            except Unavailable as error:
                logger.warning("the Lease cannot be reached: %s", error)
                await asyncio.sleep(RETRY)

    async def _try_once(self) -> bool:
        reply = await self.server.get(f"{self._path}/{LEASE}")
        if reply.code == HTTPStatus.NOT_FOUND:
            manifest = {"metadata": {"name": LEASE}, "spec": self._spec(0, self.identity, DURATION)}
            return (await self.server.create(self._path, manifest)).code == HTTPStatus.CREATED
        if reply.code != HTTPStatus.OK:
            raise Unavailable(f"reading the Lease: {reply.code} {reply.message}")
        if _holder(reply) not in ("", self.identity) and not self._has_expired(reply):
            return False
        return (await self._write(reply, self.identity, DURATION)).code == HTTPStatus.OK

    def _has_expired(self, reply: Reply) -> bool:
        spec, now = reply.body["spec"], time.monotonic()
        state = f"{spec.get('holderIdentity')} {spec.get('renewTime')}"
        if state != self._seen[0]:
            self._seen = (state, now)
        return now - self._seen[1] > float(spec.get("leaseDurationSeconds") or DURATION)

    async def _write(self, current: Reply, holder: str, duration: float) -> Reply:
        changes = int(current.body["spec"].get("leaseTransitions") or 0)
        changes += _holder(current) != holder and holder != ""
        manifest = {
            "metadata": current.body["metadata"],  # its resourceVersion makes a stale write a 409
            "spec": current.body["spec"] | self._spec(changes, holder, duration),
        }
        return await self.server.replace(f"{self._path}/{LEASE}", manifest)

    def _spec(self, transitions: int, holder: str, duration: float) -> dict[str, Any]:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        return {
            "holderIdentity": holder,
            "leaseDurationSeconds": int(duration),
            "leaseTransitions": transitions,
            "renewTime": now,
        }


def _holder(reply: Reply) -> str:
    return str(reply.body["spec"].get("holderIdentity") or "")
