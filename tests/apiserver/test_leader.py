"""Two replicas and one Lease: one works, the other takes over, and never do both write.

Each replica has an account of its own here, so that the audit log tells them apart.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aiohttp import web

from openclaw_vllm.edges.kube.leader import DURATION, LEASE, RETRY
from tests import rbac
from tests.apiserver.proxy import Forward, Proxy, Rule, lost_answer, silence
from tests.apiserver.resident import Resident
from tests.apiserver.servers import Servers
from tests.apiserver.workspace import Workspace, soon
from tests.rights import assert_within_rights
from tests.vllm_server import Model, VllmServer

pytestmark = pytest.mark.timeout(240)

A_BUSY_MACHINE = timedelta(seconds=5)
OF_A_STANDBY = {"leases", ""}  # "": /version and the like


class Replica(Resident):
    """A replica of the operator, which takes part in the election once it may."""

    def __init__(self, space: Workspace, folder: Path, proxy: Proxy | None = None) -> None:
        elect = ("--leader-elect", f"--leader-election-namespace={space.namespace}")
        super().__init__(space, folder, *elect, proxy=proxy)

    @property
    def leads(self) -> bool:
        return any(line["message"].startswith("leading as ") for line in self.log_lines())

    @property
    def wrote(self) -> list[datetime]:
        """When it wrote anything but the Lease."""
        return [entry.timestamp for entry in self.asked.writes() if entry.resource != "leases"]

    @property
    def took_over(self) -> datetime:
        """When it got the Lease."""
        tries = self.asked.of("leases").writes()
        return next(entry.timestamp for entry in tries if entry.code in (200, 201))

    def may_lead(self) -> None:
        role = f"{self.account}-leader"
        self.grant(rbac.leader_election(self.space.namespace, role, self.account))
        self.may(verb="update", group="coordination.k8s.io", resource="leases", name=LEASE)


@pytest.fixture
def pair(home: Workspace, proxy: Proxy, tmp_path: Path) -> Iterator[tuple[Replica, Replica]]:
    """Start a leader, behind the proxy, and a standby."""
    leader, standby = Replica(home, tmp_path, proxy), Replica(home, tmp_path)
    try:
        for replica in (leader, standby):
            replica.may_lead()
            replica.start()
        assert leader.leads
        yield leader, standby
        for replica in (leader, standby):
            assert_within_rights(replica, replica.asked)
    finally:
        leader.kill()
        standby.kill()


class GrowingServer(VllmServer):
    """Lists one more model each time, so that each answer is something to write."""

    def _listed(self) -> tuple[Model, ...]:
        return tuple(Model(f"org/m{number}") for number in range(self.count("/v1/models")))


def keep_busy(space: Workspace, servers: Servers) -> None:
    """Have something to write every second."""
    server = servers.take(GrowingServer())
    for number in range(5):
        space.provider(server, f"busy-{number}").is_ready()


def of_the_lease(rule: Rule) -> Rule:
    """Treat requests for the Lease so, and pass everything else on."""

    async def chosen(request: web.Request, forward: Forward) -> web.StreamResponse:
        return await (rule(request, forward) if "/leases" in request.path else forward())

    return chosen


def test_one_replica_works_and_the_other_only_looks_at_the_lease(
    pair: tuple[Replica, Replica], home: Workspace, servers: Servers
) -> None:
    leader, standby = pair
    home.provider(servers.start()).is_ready()
    looks = len(standby.asked.of("leases"))
    soon(lambda: len(standby.asked.of("leases")) >= looks + 3)
    assert leader.wrote
    assert {entry.resource for entry in standby.asked} <= OF_A_STANDBY
    assert standby.asked.writes() == ()
    assert (standby.code("/healthz"), standby.code("/readyz")) == (200, 200)
    assert not standby.leads
    assert standby.metric("vllmprovider_models", namespace=home.namespace) == 0
    assert leader.metric("vllmprovider_models", namespace=home.namespace) == 2


def test_a_leader_that_is_killed_is_followed_within_the_lease_and_what_it_left_stays(
    pair: tuple[Replica, Replica], home: Workspace, servers: Servers
) -> None:
    leader, standby = pair
    server = servers.start()
    stays = home.provider(server, "stays")
    stays.is_ready()
    before = stays.config_map(), stays.read()
    leader.kill()
    died = datetime.now(UTC)
    home.provider(server, "new").is_ready()
    assert standby.took_over - died < timedelta(seconds=DURATION + RETRY) + A_BUSY_MACHINE
    assert max(leader.wrote) < standby.took_over < min(standby.wrote)
    assert (stays.config_map(), stays.read()) == before


def test_a_leader_that_ends_in_good_order_is_followed_at_once(
    pair: tuple[Replica, Replica], home: Workspace, servers: Servers
) -> None:
    leader, standby = pair
    server = servers.start()
    home.provider(server, "old").is_ready()
    start = datetime.now(UTC)
    assert leader.stop(within=10) == 0
    home.provider(server, "new").is_ready()
    assert standby.took_over - start < timedelta(seconds=RETRY) + A_BUSY_MACHINE
    assert max(leader.wrote) < standby.took_over < min(standby.wrote)


@pytest.mark.parametrize("rule", [silence, lost_answer])
def test_a_leader_that_cannot_renew_stops_before_another_works(
    rule: Rule, pair: tuple[Replica, Replica], proxy: Proxy, home: Workspace, servers: Servers
) -> None:
    """It is cut off from the Lease alone: whatever else it writes would arrive."""
    leader, standby = pair
    keep_busy(home, servers)
    proxy.rule = of_the_lease(rule)
    cut = datetime.now(UTC)
    soon(lambda: any(at > cut for at in leader.wrote), "it goes on for a while")
    assert leader.wait(within=DURATION + 5) == 1
    soon(lambda: standby.leads and standby.wrote, "the standby works")
    assert max(leader.wrote) < standby.took_over
    assert "could not be renewed in time" in leader.tail()


def test_a_leader_that_was_asleep_for_too_long_does_nothing_when_it_wakes(
    pair: tuple[Replica, Replica], home: Workspace, servers: Servers
) -> None:
    leader, standby = pair
    keep_busy(home, servers)
    leader.pause()
    try:
        soon(lambda: standby.leads and standby.wrote, "the standby works")
    finally:
        leader.resume()
    assert leader.wait() == 1
    assert max(leader.wrote) < standby.took_over


def test_a_replica_without_rights_to_the_lease_says_what_it_takes_and_is_not_ready(
    home: Workspace, tmp_path: Path
) -> None:
    replica = Replica(home, tmp_path)
    replica.launch()
    try:
        soon(lambda: "cannot be had" in replica.tail(), "it says so")
        assert "leases.coordination.k8s.io" in replica.tail()
        assert "it takes get and update on it, and create" in replica.tail()
        assert (replica.code("/healthz"), replica.code("/readyz")) == (200, 503)
        replica.may_lead()
        replica.wait_until_ready()
        soon(lambda: replica.leads)
        assert replica.stop(within=10) == 0
        assert replica.bugs() == []
    finally:
        replica.kill()
