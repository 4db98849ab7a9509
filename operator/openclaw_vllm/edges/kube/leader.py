"""Leader election by a Lease: one of its replicas works, and another takes over when it stops.

The protocol is client-go's: the holder renews the Lease; the others measure its age by their own
clock since it last changed, so clocks need not agree. A holder that cannot renew in time gives up
before another may start. It uses plain requests because kubernetes.aio's election does not release
the Lease at the end, and ends on a broken connection (read in its source).
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

from openclaw_vllm.edges.kube.apiserver import ApiServer, Unavailable
from openclaw_vllm.edges.kube.replies import Reply

LEASE = "openclaw-vllm-operator"
DURATION = 15.0  # seconds until a Lease expires without renewal
RENEW_DEADLINE = 10.0
RETRY = 2.0

logger = logging.getLogger(__name__)


class LeadershipLost(Exception):
    """The Lease could not be renewed in time: another replica may be the leader by now."""


@dataclass
class Election:
    """Takes part in the election for a Lease; `identity` is unique to the process."""

    server: ApiServer
    namespace: str
    identity: str = field(default_factory=lambda: f"{socket.gethostname()}_{uuid.uuid4()}")
    lease: str = LEASE
    last_error: str = ""  # why the last request failed; empty when it succeeded
    _renewed_at: float = 0.0  # when the renewing request was sent, since its response may be late
    _observed: tuple[str, float] = ("", 0.0)  # the Lease's state, and since when

    @property
    def _path(self) -> str:
        return f"/apis/coordination.k8s.io/v1/namespaces/{self.namespace}/leases"

    async def acquire(self) -> None:
        """Return when this process is the leader."""
        logger.info("waiting for the Lease %s/%s", self.namespace, self.lease)
        while True:
            if await self._acquire_or_renew() and self._remaining() > 0:
                break
            await asyncio.sleep(RETRY)
        logger.info("leading as %s", self.identity)

    async def hold(self) -> None:
        """Renew until cancelled; raises LeadershipLost when that was not possible in time."""
        while True:
            await asyncio.sleep(RETRY)
            try:
                async with asyncio.timeout(self._remaining()):
                    renewed = await self._acquire_or_renew()
            except TimeoutError:
                raise LeadershipLost("the Lease could not be renewed in time") from None
            if not renewed:
                raise LeadershipLost("another replica holds the Lease")

    async def release(self) -> None:
        """Let another replica take over at once; best effort, since the Lease expires anyway."""
        try:
            async with asyncio.timeout(RETRY):
                reply = await self.server.get(f"{self._path}/{self.lease}")
                if reply.code == HTTPStatus.OK and _holder(reply) == self.identity:
                    await self._write(reply, holder="", duration=1.0)
        except (Unavailable, TimeoutError) as error:
            logger.warning("the Lease was not released: %s", str(error) or "no answer in time")

    def _remaining(self) -> float:
        """Return the seconds left to renew the Lease."""
        return self._renewed_at + RENEW_DEADLINE - time.monotonic()

    async def _acquire_or_renew(self) -> bool:
        """Acquire or renew the Lease unless another holds it; retries until that is known."""
        while True:
            started_at = time.monotonic()
            try:
                acquired = await self._try_acquire_or_renew()
            except Unavailable as error:
                self.last_error = f"the Lease {self.namespace}/{self.lease} cannot be had: {error}"
                logger.warning(self.last_error)
                await asyncio.sleep(RETRY)
                continue
            self.last_error = ""
            if acquired:
                self._renewed_at = started_at
            return acquired

    async def _try_acquire_or_renew(self) -> bool:
        reply = await self.server.get(f"{self._path}/{self.lease}")
        if reply.code == HTTPStatus.NOT_FOUND:
            spec = self._spec(0, self.identity, DURATION)
            manifest = {"metadata": {"name": self.lease}, "spec": spec}
            return _succeeded(await self.server.create(self._path, manifest))
        is_held_by_other = _succeeded(reply) and _holder(reply) not in ("", self.identity)
        if is_held_by_other and not self._has_expired(reply):
            return False
        return _succeeded(await self._write(reply, self.identity, DURATION))

    def _has_expired(self, reply: Reply) -> bool:
        spec, now = _spec_of(reply), time.monotonic()
        state = f"{spec.get('holderIdentity')} {spec.get('renewTime')}"
        if state != self._observed[0]:
            self._observed = (state, now)
        return now - self._observed[1] > float(spec.get("leaseDurationSeconds") or DURATION)

    async def _write(self, current: Reply, holder: str, duration: float) -> Reply:
        transitions = int(_spec_of(current).get("leaseTransitions") or 0)
        transitions += _holder(current) != holder and holder != ""
        manifest = {
            "metadata": current.body["metadata"],  # its resourceVersion makes a stale write a 409
            "spec": _spec_of(current) | self._spec(transitions, holder, duration),
        }
        return await self.server.replace(f"{self._path}/{self.lease}", manifest)

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
    """Return whether a request succeeded, or lost a race; raises Unavailable for all else."""
    if reply.code in (HTTPStatus.OK, HTTPStatus.CREATED):
        return True
    if reply.code == HTTPStatus.CONFLICT:
        return False
    hint = (
        "; it takes get and update on it, and create" if reply.code == HTTPStatus.FORBIDDEN else ""
    )
    raise Unavailable(f"{reply.code} {reply.message}{hint}")
