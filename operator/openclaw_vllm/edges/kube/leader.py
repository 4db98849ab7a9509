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
from typing import Any

from openclaw_vllm.edges.kube.apiserver import ApiServer, Reply, Unavailable

LEASE = "openclaw-vllm-operator"
DURATION = 15.0  # seconds a Lease is good for without renewal
RENEW_DEADLINE = 10.0
RETRY = 2.0

logger = logging.getLogger(__name__)


class LeadershipLost(Exception):
    """The Lease could not be renewed in time: another replica may be working by now."""


@dataclass
class Election:
    """Takes part in the election in a namespace; `identity` is unique to the process."""

    server: ApiServer
    namespace: str
    identity: str = field(default_factory=lambda: f"{socket.gethostname()}_{uuid.uuid4()}")
    trouble: str = ""  # why the Lease could not be looked at, or written, when last tried
    _renewed: float = 0.0  # when the request that did it was sent: its answer may be late
    _seen: tuple[str, float] = ("", 0.0)

    @property
    def _path(self) -> str:
        return f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases"

    async def acquire(self) -> None:
        """Return when this process is the leader."""
        logger.info("waiting for the Lease %s/%s", self.namespace, LEASE)
        while True:
            if await self._try() and self._remaining() > 0:
                break
            await asyncio.sleep(RETRY)
        logger.info("leading as %s", self.identity)

    async def hold(self) -> None:
        """Renew until cancelled. Raises LeadershipLost when it was not possible in time."""
        while True:
            await asyncio.sleep(RETRY)
            try:
                async with asyncio.timeout(self._remaining()):
                    renewed = await self._try()
            except TimeoutError:
                raise LeadershipLost("the Lease could not be renewed in time") from None
            if not renewed:
                raise LeadershipLost("another replica holds the Lease")

    async def release(self) -> None:
        """Let another replica take over at once; best effort, for the Lease expires anyway."""
        try:
            async with asyncio.timeout(RETRY):
                reply = await self.server.get(f"{self._path}/{LEASE}")
                if reply.code == HTTPStatus.OK and _holder(reply) == self.identity:
                    await self._write(reply, holder="", duration=1.0)
        except (Unavailable, TimeoutError) as error:
            logger.warning("the Lease was not released: %s", str(error) or "no answer in time")

    def _remaining(self) -> float:
        """Return the seconds within which the Lease has to be renewed."""
        return self._renewed + RENEW_DEADLINE - time.monotonic()

    async def _try(self) -> bool:
        """Take or renew the Lease if nobody else has it; tries again until that is known."""
        while True:
            begun = time.monotonic()
            try:
                taken = await self._try_once()
            except Unavailable as error:
                self.trouble = f"the Lease {self.namespace}/{LEASE} cannot be had: {error}"
                logger.warning(self.trouble)
                await asyncio.sleep(RETRY)
                continue
            self.trouble = ""
            if taken:
                self._renewed = begun
            return taken

    async def _try_once(self) -> bool:
        reply = await self.server.get(f"{self._path}/{LEASE}")
        if reply.code == HTTPStatus.NOT_FOUND:
            manifest = {"metadata": {"name": LEASE}, "spec": self._spec(0, self.identity, DURATION)}
            return _succeeded(await self.server.create(self._path, manifest))
        held = _succeeded(reply) and _holder(reply) not in ("", self.identity)
        if held and not self._has_expired(reply):
            return False
        return _succeeded(await self._write(reply, self.identity, DURATION))

    def _has_expired(self, reply: Reply) -> bool:
        spec, now = _spec_of(reply), time.monotonic()
        state = f"{spec.get('holderIdentity')} {spec.get('renewTime')}"
        if state != self._seen[0]:
            self._seen = (state, now)
        return now - self._seen[1] > float(spec.get("leaseDurationSeconds") or DURATION)

    async def _write(self, current: Reply, holder: str, duration: float) -> Reply:
        changes = int(_spec_of(current).get("leaseTransitions") or 0)
        changes += _holder(current) != holder and holder != ""
        manifest = {
            "metadata": current.body["metadata"],  # its resourceVersion makes a stale write a 409
            "spec": _spec_of(current) | self._spec(changes, holder, duration),
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


def _spec_of(reply: Reply) -> dict[str, Any]:
    return reply.body.get("spec") or {}


def _holder(reply: Reply) -> str:
    return str(_spec_of(reply).get("holderIdentity") or "")


def _succeeded(reply: Reply) -> bool:
    """Tell success from a lost race; raises Unavailable for all else."""
    if reply.code in (HTTPStatus.OK, HTTPStatus.CREATED):
        return True
    if reply.code == HTTPStatus.CONFLICT:
        return False
    hint = (
        "; it takes get and update on it, and create" if reply.code == HTTPStatus.FORBIDDEN else ""
    )
    raise Unavailable(f"{reply.code} {reply.message}{hint}")
