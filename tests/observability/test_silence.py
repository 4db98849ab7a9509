"""Silent watches: quiet is not silent, and an API server that is away is noticed and survived."""

from collections.abc import Iterator

import pytest

from openclaw_vllm.edges.kube.watches import SILENCE
from tests.conftest import CRDS
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync
from tests.observability.prometheus import Prometheus
from tests.operator_process import OperatorProcess, grant

pytestmark = pytest.mark.timeout(900)

ALERT = "OpenClawVllmWatchSilent"
QUIET = 150.0  # seconds: two bookmarks, or two openings of a watch
SILENT = "time() - min(vllmprovider_watch_last_event_timestamp_seconds)"


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    """Start a cluster of its own, in which nothing happens."""
    with ControlPlane(crds=CRDS, controller_manager=False) as plane:
        yield plane


@pytest.fixture(scope="module")
def lonely(
    plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[OperatorProcess]:
    process = OperatorProcess(grant(plane), tmp_path_factory.mktemp("operator"))
    process.start()
    yield process
    process.kill()


@pytest.fixture(scope="module")
def watcher(
    lonely: OperatorProcess, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Prometheus]:
    with Prometheus(tmp_path_factory.mktemp("prometheus"), lonely.metrics_address) as running:
        yield running


def test_a_cluster_in_which_nothing_happens_is_not_silent(
    lonely: OperatorProcess, watcher: Prometheus
) -> None:
    old = f"vllmprovider_queue_depth offset {QUIET:.0f}s"
    eventually_sync(lambda: watcher.query(old), within=2 * QUIET)
    (longest,) = watcher.query(f"max_over_time(({SILENT})[{QUIET:.0f}s:1s])")
    assert 55 < float(longest["value"][1]) < 80
    assert lonely.code("/healthz") == 200


def test_an_api_server_that_stays_away_is_reported_and_does_not_end_the_operator(
    plane: ControlPlane, lonely: OperatorProcess, watcher: Prometheus
) -> None:
    plane.kill_apiserver()
    eventually_sync(lambda: watcher.alerts() == {ALERT: "firing"}, within=SILENCE)
    assert lonely.code("/healthz") == 200
    eventually_sync(lambda: lonely.code("/healthz") == 500, within=SILENCE)
    plane.start_apiserver()
    eventually_sync(lambda: lonely.code("/healthz") == 200, within=60)
    eventually_sync(lambda: watcher.alerts() == {}, within=60)
