"""Who leads, and until when: candidates, one Lease, and an API server that answers late or not."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from openclaw_vllm.edges.kube import leader
from openclaw_vllm.edges.kube.apiserver import ApiServer, Unavailable
from openclaw_vllm.edges.kube.leader import Election, LeadershipLost
from openclaw_vllm.edges.kube.replies import Reply
from tests.eventually import eventually
from tests.fakes.context import unreachable_cluster

Json = dict[str, Any]

SOON = 5.0  # seconds: many times what is waited for


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a Lease last as short as it can, a second, and all else be in proportion."""
    monkeypatch.setattr(leader, "DURATION", 1.0)
    monkeypatch.setattr(leader, "RENEW_DEADLINE", 0.6)
    monkeypatch.setattr(leader, "RETRY", 0.05)


class Leases(ApiServer):
    """One Lease; a stale write is a conflict, and whatever is `refused` never happens."""

    def __init__(self) -> None:
        super().__init__(unreachable_cluster())
        self.lease: Json | None = None
        self.refused: dict[str, Reply] = {}
        self.away = False
        self.late = ""  # the verb whose answers wait
        self.answering = asyncio.Event()

    @property
    def holder(self) -> str:
        return str(self.lease["spec"]["holderIdentity"]) if self.lease else ""

    async def get(
        self, path: str, query: Mapping[str, str | int] | None = None, accept: str = ""
    ) -> Reply:
        result = Reply(200, self.lease) if self.lease else Reply(404, {})
        return await self._answer("get", self.refused.get("get", result))

    async def create(self, path: str, manifest: Json, accept: str = "") -> Reply:
        if self.lease is not None:
            return await self._answer("create", Reply(409, {}))
        return await self._write("create", manifest)

    async def replace(self, path: str, manifest: Json, accept: str = "") -> Reply:
        assert self.lease is not None
        if manifest["metadata"] != self.lease["metadata"]:
            return await self._answer("replace", Reply(409, {}))
        return await self._write("replace", manifest)

    async def _write(self, verb: str, manifest: Json) -> Reply:
        if verb not in self.refused and not self.away:
            self.lease = {"metadata": {"resourceVersion": object()}, "spec": manifest["spec"]}
        return await self._answer(verb, self.refused.get(verb, Reply(200, {})))

    async def _answer(self, verb: str, reply: Reply) -> Reply:
        if self.away:
            raise Unavailable("away")
        if verb == self.late:
            await self.answering.wait()
        return reply


@dataclass
class Candidate:
    """One that waits for the Lease, then holds it, until it ends or loses it."""

    election: Election
    leads: bool = False
    lost: str = ""
    task: asyncio.Task[None] = field(init=False)

    def __post_init__(self) -> None:
        self.task = asyncio.create_task(self._live())

    async def _live(self) -> None:
        await self.election.acquire()
        self.leads = True
        try:
            await self.election.hold()
        except LeadershipLost as error:
            self.lost = str(error)
        finally:
            self.leads = False

    async def end(self) -> None:
        self.task.cancel()
        with suppress(asyncio.CancelledError):
            await self.task
        await self.election.release()


@asynccontextmanager
async def candidates(*names: str) -> AsyncIterator[tuple[Leases, list[Candidate]]]:
    """Start candidates in this order, the first of them leading before the others come."""
    leases, started = Leases(), list[Candidate]()
    try:
        for name in names:
            started.append(Candidate(Election(leases, "ops", name)))
            await eventually(lambda: leases.holder or leases.refused, within=SOON)
        yield leases, started
    finally:
        for candidate in started:
            candidate.task.cancel()
        await asyncio.gather(*(c.task for c in started), return_exceptions=True)
        await leases.close()


async def renewals(leases: Leases, times: int) -> None:
    for _ in range(times):
        await renewal(leases, leases.lease)


async def renewal(leases: Leases, before: object) -> None:
    await eventually(lambda: leases.lease is not before, within=SOON)


async def test_one_leads_and_the_others_wait() -> None:
    async with candidates("a", "b", "c") as (leases, (a, b, c)):
        await renewals(leases, 5)
        assert (leases.holder, a.leads, b.leads, c.leads) == ("a", True, False, False)


async def test_one_that_ends_in_good_order_is_followed_at_once() -> None:
    async with candidates("a", "b") as (leases, (a, b)):
        await a.end()
        released = asyncio.get_running_loop().time()
        await eventually(lambda: b.leads, within=SOON)
        assert asyncio.get_running_loop().time() - released < leader.DURATION / 2
        assert leases.lease is not None
        assert leases.lease["spec"]["leaseTransitions"] == 1


async def test_one_that_dies_is_followed_when_the_lease_is_over_and_not_before() -> None:
    async with candidates("a", "b") as (_, (a, b)):
        a.task.cancel()
        died = asyncio.get_running_loop().time()
        await eventually(lambda: b.leads, within=SOON)
        assert asyncio.get_running_loop().time() - died > leader.DURATION - leader.RETRY


async def test_one_that_hears_nothing_stops_before_another_may_start() -> None:
    async with candidates("a") as (leases, (a,)):
        await eventually(lambda: a.leads, within=SOON)
        leases.away = True
        start = asyncio.get_running_loop().time()
        await eventually(lambda: a.lost, within=SOON)
        assert "could not be renewed in time" in a.lost
        assert asyncio.get_running_loop().time() - start < leader.DURATION


async def test_the_time_counts_from_the_request_and_not_from_its_late_answer() -> None:
    async with candidates("a") as (leases, (a,)):
        await eventually(lambda: a.leads, within=SOON)
        leases.late = "replace"
        await renewals(leases, 1)
        renewed = asyncio.get_running_loop().time()
        await asyncio.sleep(leader.RENEW_DEADLINE * 0.8)
        leases.away = True
        leases.answering.set()
        await eventually(lambda: a.lost, within=SOON)
        assert asyncio.get_running_loop().time() - renewed < leader.RENEW_DEADLINE * 1.4


async def test_a_late_answer_about_the_lease_does_not_lead_yet() -> None:
    async with candidates() as (leases, _):
        leases.late = "create"
        a = Candidate(Election(leases, "ops", "a"))
        await eventually(lambda: leases.lease, within=SOON)
        await asyncio.sleep(leader.RENEW_DEADLINE)
        leases.away = True
        leases.answering.set()
        await eventually(lambda: a.election.last_error, within=SOON)
        assert not a.leads
        leases.away = False
        await eventually(lambda: a.leads, within=SOON)
        await a.end()


async def test_one_that_lost_it_to_another_says_so_and_leaves_the_lease_alone() -> None:
    async with candidates("a") as (leases, (a,)):
        assert leases.lease is not None
        leases.lease = {**leases.lease, "spec": leases.lease["spec"] | {"holderIdentity": "b"}}
        await eventually(lambda: a.lost, within=SOON)
        await a.end()
        assert "another" in a.lost
        assert leases.holder == "b"


@pytest.mark.parametrize("verb", ["get", "create", "replace"])
async def test_whoever_may_not_have_the_lease_says_what_it_takes_and_waits(verb: str) -> None:
    async with candidates() as (leases, _):
        leases.refused[verb] = Reply(403, {"message": "leases is forbidden"})
        if verb == "replace":
            leases.lease = {"metadata": {}, "spec": {}}
        a = Candidate(Election(leases, "ops", "a"))
        await eventually(lambda: a.election.last_error, within=SOON)
        for word in (
            "ops/openclaw-vllm-operator",
            "leases is forbidden",
            "get and update",
            "create",
        ):
            assert word in a.election.last_error
        assert not a.leads
        leases.refused.clear()
        await eventually(lambda: a.leads, within=SOON)
        assert a.election.last_error == ""
        await a.end()


@pytest.mark.parametrize("spec", [{}, {"spec": {}}, {"spec": {"holderIdentity": None}}])
async def test_a_lease_that_is_not_held_is_taken(spec: Json) -> None:
    async with candidates() as (leases, _):
        leases.lease = {"metadata": {}, **spec}
        a = Candidate(Election(leases, "ops", "a"))
        await eventually(lambda: a.leads, within=SOON)
        await a.end()
        assert leases.holder == ""
