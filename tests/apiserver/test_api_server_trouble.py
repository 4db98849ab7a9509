"""An API server in trouble for six seconds: what changed meanwhile is right ten seconds later."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from tests.apiserver.proxy import Proxy
from tests.apiserver.proxy_rules import delayed, dropped_by_turns, of_watches, page, status
from tests.apiserver.servers import ServerThread
from tests.apiserver.trouble import late
from tests.apiserver.troubled import Troubled, troubled
from tests.apiserver.workspace import Workspace
from tests.controlplane.plane import ControlPlane
from tests.operator_process import USER, OperatorProcess

pytestmark = pytest.mark.timeout(240)

RIGHT_WITHIN = 10.0  # seconds
WATCHES = 6
LISTED_AGAIN = {"is-gone", "is-compacted"}
LINES_PER_WATCH = 4  # of its first, second, fourth and eighth failure in a row

Trouble = Callable[[Troubled], AbstractContextManager[None]]

TROUBLES: dict[str, Trouble] = {
    "conflicts": lambda site: site.answering(status(409)),
    "is-gone": lambda site: site.answering(status(410)),
    "is-too-busy": lambda site: site.answering(status(429, Retry_After="1")),
    "cannot-read-its-store": lambda site: site.answering(status(500)),
    "is-not-available": lambda site: site.answering(status(503)),
    "is-behind-a-login": lambda site: site.answering(page),
    "is-slow": lambda site: site.answering(delayed(3.0)),
    "cuts-connections": lambda site: site.answering(dropped_by_turns()),
    "is-killed": lambda site: site.killed(5.0),
    "is-compacted": Troubled.compacted,
}


@pytest.fixture(scope="module")
def site(
    control_plane: ControlPlane,
    operator_process: OperatorProcess,
    operator_kubeconfig: Path,
    server_thread: ServerThread,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Troubled]:
    operator_process.kill()
    folder = tmp_path_factory.mktemp("trouble")
    with troubled(control_plane, operator_kubeconfig, server_thread, folder) as site:
        yield site


@pytest.mark.parametrize("trouble", TROUBLES)
def test_every_change_is_right_ten_seconds_after_an_api_server(
    trouble: str, site: Troubled
) -> None:
    changes, logged = site.estate.changes(), len(site.operator.log_lines())
    mark = site.plane.audit.mark()
    with TROUBLES[trouble](site):
        for change in changes.values():
            change.act()
    assert late(changes, RIGHT_WITHIN) == []
    assert has_listed_again(site, mark) or trouble not in LISTED_AGAIN
    lines = site.operator.log_lines()[logged:]
    assert [line for line in lines if "exception" in line] == []
    failed_watches = [line["message"] for line in lines if line["message"].startswith("GET ")]
    assert len(failed_watches) <= LINES_PER_WATCH * WATCHES, failed_watches


def has_listed_again(site: Troubled, mark: int) -> bool:
    """Whether every watch began anew: without that, the versions were not too old."""
    entries = site.plane.audit.since(mark).by(USER)
    listed = {entry.resource for entry in entries.lists_of_watches()}
    return len(listed) == WATCHES


def test_a_watch_that_is_refused_for_good_ends_the_operator_without_a_traceback(
    home: Workspace, proxy: Proxy, operator_kubeconfig: Path, tmp_path: Path
) -> None:
    """As when somebody deletes a CRD: the next start says what is missing, and waits for it."""
    operator = OperatorProcess(proxy.kubeconfig(operator_kubeconfig), tmp_path)
    operator.start()
    proxy.rule = of_watches(status(404))
    proxy.cut_watches()
    try:
        assert operator.wait() == 1
    finally:
        operator.kill()
    errors = [line for line in operator.log_lines() if line["level"] == "error"]
    assert [line for line in errors if "exception" in line] == []
    assert "the operator ends on a fatal error" in errors[-1]["message"]
    assert "404" in errors[-1]["message"]
