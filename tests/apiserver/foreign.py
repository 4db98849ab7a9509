"""Kinds of other projects on the real API server, from the parts of their CRDs in tests/data."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from tests.controlplane.component import ControlPlaneError
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync

DATA = Path(__file__).parents[1] / "data"
SERVED_WITHIN = 30.0  # seconds


@contextmanager
def known_kinds(plane: ControlPlane, file: str) -> Iterator[None]:
    """Have the API server know the kinds of a file, and forget them afterwards."""
    path = DATA / file
    names = [crd["metadata"]["name"] for crd in yaml.safe_load_all(path.read_text())]
    plane.kubectl("apply", "-f", str(path))

    def served() -> list[str]:
        try:
            return [plane.kubectl("get", name, "-A", "-o", "json") for name in names]
        except ControlPlaneError as error:
            raise AssertionError(str(error)) from error

    eventually_sync(served, within=SERVED_WITHIN, describe=f"{', '.join(names)} are served")
    yield
    plane.kubectl("delete", "--wait=false", "-f", str(path))
