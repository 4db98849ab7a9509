"""An API server in trouble for longer: killed for a minute, or with watches that fall silent.

Not part of `make test`: with `.venv/bin/python -m pytest tests/endurance` it takes three minutes.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.apiserver.servers import ServerThread
from tests.apiserver.trouble import late
from tests.apiserver.troubled import Troubled, troubled
from tests.controlplane.plane import ControlPlane

pytestmark = pytest.mark.timeout(300)

MINUTE = 60.0  # seconds
RIGHT_WITHIN = 10.0  # seconds
SILENCE_WITHIN = 75.0  # seconds: an API server says something each minute


@pytest.fixture(scope="module")
def site(
    control_plane: ControlPlane,
    operator_kubeconfig: Path,
    server_thread: ServerThread,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Troubled]:
    folder = tmp_path_factory.mktemp("trouble")
    with troubled(control_plane, operator_kubeconfig, server_thread, folder) as site:
        yield site


def test_every_change_is_right_ten_seconds_after_a_minute_without_an_api_server(
    site: Troubled,
) -> None:
    changes = site.estate.changes()
    with site.killed(MINUTE):
        for change in changes.values():
            change.act()
    assert late(changes, RIGHT_WITHIN) == []


def test_every_change_is_right_75_seconds_after_the_watches_fell_silent(site: Troubled) -> None:
    changes = site.estate.changes()
    with site.silent():
        for change in changes.values():
            change.act()
    assert late(changes, SILENCE_WITHIN) == []
