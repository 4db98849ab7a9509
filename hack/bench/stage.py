"""What one measurement has for itself: a control plane, servers, and one subject."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hack.bench import starting
from hack.bench.builds import Build
from hack.bench.floor_process import FloorProcess, floor
from hack.bench.objects import Pace
from hack.bench.operators import Operator
from hack.bench.servers import Servers, imitated
from tests.conftest import CRDS
from tests.controlplane.plane import ControlPlane


@dataclass(frozen=True)
class Stage:
    """An API server with the CRDs, and servers that can be asked."""

    plane: ControlPlane
    servers: Servers
    folder: Path


@contextmanager
def staged(models: int, crds: Path = CRDS) -> Iterator[Stage]:
    """Start all but the subject; the servers list so many models each."""
    with (
        TemporaryDirectory() as name,
        ControlPlane(crds=crds, controller_manager=False) as plane,
        imitated(Path(name), models) as servers,
    ):
        yield Stage(plane, servers, Path(name))


@contextmanager
def operator_on(stage: Stage, build: Build | None, pace: Pace) -> Iterator[Operator]:
    """Run a build of the operator, or the peer."""
    process, user = starting.start(build, stage.plane, stage.folder / "operator", pace)
    try:
        yield Operator(stage.plane, stage.servers, process, user, pace)
    finally:
        process.kill()


@contextmanager
def floor_on(stage: Stage, pace: Pace) -> Iterator[FloorProcess]:
    """Run the floor."""
    with floor(stage.plane, stage.servers, pace) as process:
        yield process
