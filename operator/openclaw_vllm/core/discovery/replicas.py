"""Replicas of a Service, from its EndpointSlices: how many are ready, and where.

A slice may come before its Service or after it, and a dual-stack Service has slices of each address
family: the replicas are those of the family that has most.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import NamedTuple

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.endpoint_slice import EndpointSlice, Ports, SliceEndpoint
from openclaw_vllm.api.problem import Problem

FAMILIES = ("IPv4", "IPv6")  # a slice of the type FQDN names no address


class Replica(NamedTuple):
    """A ready replica, and what tells it from another at its address."""

    address: str
    ports: Ports = ()  # sorted; pods of one Service may differ in what a port's name means
    pod: str = ""  # its uid, empty for a slice by hand
    serving: bool = True  # False before its pod is ready, if the Service publishes it all the same


@dataclass(frozen=True, slots=True)
class Replicas:
    """The replicas of a Service that has slices."""

    ready: frozenset[Replica] = frozenset()
    unready: int = 0  # those that start or fail, without those that are being ended
    terminating: int = 0
    ports: Ports = ()  # of all slices, sorted

    @property
    def are_several(self) -> bool:
        """Whether an answer of the Service is that of one of several."""
        return len(self.ready) > 1

    @property
    def counts(self) -> dict[str, int]:
        """How many there are in each state."""
        return {
            "ready": len(self.ready),
            "unready": self.unready,
            "terminating": self.terminating,
        }

    @property
    def problem(self) -> Problem | None:
        """Why the server is not asked: nobody would answer, and asking may wake it up."""
        if self.ready:
            return None
        count = self.unready + self.terminating
        state = f"0 of {count} replicas are ready" if count else "it is scaled to zero"
        message = f"{state}; the server is asked when one is ready, and what is published stays"
        return Problem(Reason.NO_READY_ENDPOINTS, message)


def replicas_of(slices: Iterable[EndpointSlice]) -> Replicas | None:
    """Return the replicas; None for a Service without slices, of which nothing is known."""
    present = tuple(slice_ for slice_ in slices if slice_.family in FAMILIES)
    if not present:
        return None
    by_family = (
        _of_family(slice_ for slice_ in present if slice_.family == family) for family in FAMILIES
    )
    return max(by_family, key=lambda these: (len(these.ready), these.unready + these.terminating))


def have_changed(before: Replicas | None, now: Replicas | None, *, waits: bool) -> bool:
    """Return whether other replicas are ready than before.

    Those at first sight, as after a restart, count only for a server that `waits` for them.
    """
    if now is None:
        return False
    return waits and now.problem is None if before is None else now.ready != before.ready


def _of_family(slices: Iterable[EndpointSlice]) -> Replicas:
    """Return the replicas of one family; while pods move between slices, one may be in two."""
    ready = dict[str, Replica]()
    unready, terminating = set[str](), set[str]()
    ports = set[tuple[str, int]]()
    for slice_ in slices:
        ports.update(slice_.ports)
        for endpoint in slice_.endpoints:
            address = endpoint.address
            if endpoint.ready and not endpoint.terminating:
                ready[address] = _merge(ready.get(address), endpoint, slice_.ports)
            elif endpoint.terminating:
                terminating.add(address)
            else:
                unready.add(address)
    unready -= ready.keys()
    ended = terminating - ready.keys() - unready
    return Replicas(frozenset(ready.values()), len(unready), len(ended), tuple(sorted(ports)))


def _merge(before: Replica | None, endpoint: SliceEndpoint, ports: Ports) -> Replica:
    """Return a replica that may be in another slice as well."""
    other = before or Replica(endpoint.address, serving=False)
    return Replica(
        endpoint.address,
        tuple(sorted({*other.ports, *ports})),
        max(endpoint.pod, other.pod),
        endpoint.serving or other.serving,
    )
