"""What the kubelet is told: when a restart helps, and from when on the operator is of use."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from http import HTTPStatus

import pytest

from openclaw_vllm.edges.kube.apiserver import ApiServer
from openclaw_vllm.edges.kube.leader import Election
from openclaw_vllm.edges.kube.watches import SETTLED, SILENCE, Watch, Watches
from openclaw_vllm.health import Health, Response
from openclaw_vllm.tasks import Tasks
from tests.eventually import eventually
from tests.fakes.context import unreachable_cluster

SERVICES, SECOND = Watch("services"), Watch("configmaps", "agents")
WELL = (HTTPStatus.OK, b"ok\n")
FILLING = (HTTPStatus.SERVICE_UNAVAILABLE, b"the caches are being filled\n")
TROUBLE = "the Lease agents/openclaw-vllm-operator cannot be had: 403"


@dataclass
class Scene:
    """All that health depends on, two watches, and a clock that is moved by hand."""

    now: float = 1000.0
    work: asyncio.Event = field(default_factory=asyncio.Event)  # ends the task when it is set
    tasks: Tasks = field(default_factory=lambda: Tasks(asyncio.Event()))
    election: Election | None = None
    watches: Watches = field(init=False)
    health: Health = field(init=False)

    def __post_init__(self) -> None:
        self.watches = Watches(clock=lambda: self.now)
        self.watches.expect([SERVICES, SECOND])
        self.health = Health(self.tasks, self.watches, self.election)

    def fill(self, *watches: Watch) -> None:
        """Have these be listed, and all of it taken in."""
        for watch in watches:
            self.watches.record_end_of_list(watch)
        self.now += SETTLED


async def wait_for(event: asyncio.Event) -> None:
    await event.wait()


@pytest.fixture
async def scene() -> AsyncIterator[Scene]:
    """Return one whose only task goes on."""
    scene = Scene()
    scene.tasks.keep(wait_for(scene.work))
    yield scene
    await scene.tasks.end()


@pytest.fixture
def standby() -> Scene:
    """Return one that waits for the Lease."""
    return Scene(election=Election(ApiServer(unreachable_cluster()), "agents"))


async def test_it_lives_from_its_start_on(scene: Scene) -> None:
    assert scene.health.live() == WELL
    scene.health.watching.set()
    assert scene.health.live() == WELL


async def test_a_restart_helps_when_a_task_has_ended(scene: Scene) -> None:
    scene.work.set()
    await eventually(lambda: scene.health.live() != WELL, within=5)
    assert scene.health.live() == (500, b"a part of the operator has ended\n")


async def test_a_restart_helps_when_a_watch_is_silent_for_too_long(scene: Scene) -> None:
    scene.health.watching.set()
    scene.now += SILENCE
    assert scene.health.live() == WELL
    scene.now += 1
    scene.watches.record_activity(SERVICES)
    assert scene.health.live() == (500, b"silent for too long: the watch of configmaps\n")
    scene.watches.record_activity(SECOND)
    assert scene.health.live() == WELL


async def test_before_kopf_watches_no_silence_is_too_long(scene: Scene) -> None:
    """Until then the operator waits for its CRDs or for the Lease, and says so elsewhere."""
    scene.now += 100 * SILENCE
    assert scene.health.live() == WELL


async def test_it_is_ready_once_every_list_was_read(scene: Scene) -> None:
    answers: list[Response] = [scene.health.ready()]
    scene.health.watching.set()
    answers.append(scene.health.ready())
    scene.fill(SERVICES)
    answers.append(scene.health.ready())
    assert answers == [FILLING] * 3
    scene.fill(SECOND)
    assert scene.health.ready() == WELL


async def test_it_is_not_ready_for_lists_of_before_it_watched(scene: Scene) -> None:
    scene.fill(SERVICES, SECOND)
    assert scene.health.ready() == FILLING


async def test_a_standby_is_ready_while_it_could_take_over(standby: Scene) -> None:
    assert standby.health.ready() == WELL
    assert standby.election is not None
    standby.election.last_error = TROUBLE
    assert standby.health.ready() == (503, f"{TROUBLE}\n".encode())
    standby.election.last_error = ""
    assert standby.health.ready() == WELL


@pytest.mark.parametrize("trouble", ["", TROUBLE])
async def test_a_leader_is_ready_by_its_caches_alone(trouble: str, standby: Scene) -> None:
    """A Lease that it cannot renew ends it; until then it goes on working."""
    assert standby.election is not None
    standby.health.standby, standby.election.last_error = False, trouble
    assert standby.health.ready() == FILLING
    standby.health.watching.set()
    standby.fill(SERVICES, SECOND)
    assert standby.health.ready() == WELL
