"""Lists by watching: behind a proxy that drops bookmarks the operator lists first, and says so."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.apiserver.proxy import Proxy
from tests.apiserver.servers import Servers
from tests.apiserver.workspace import GROUP, Workspace, soon
from tests.controlplane.audit import AuditEntries
from tests.operator_process import USER, OperatorProcess
from tests.rights import assert_within_rights

pytestmark = pytest.mark.timeout(240)

READY_WITHIN = 20.0  # seconds, of which five pass in silence; it was three minutes, or for ever
CATALOGS = f"/apis/{GROUP}/v1alpha1/vllmcatalogs"
KINDS = ("vllmproviders", "services", "configmaps", "endpointslices", "vllmcatalogs", "namespaces")

Start = Callable[..., OperatorProcess]


@pytest.fixture
def start(
    home: Workspace, proxy: Proxy, operator_kubeconfig: Path, tmp_path: Path
) -> Iterator[Start]:
    """Start an operator behind the proxy; afterwards, see that it kept within its rights."""
    mark, started = home.plane.audit.mark(), list[OperatorProcess]()

    def start(*options: str) -> OperatorProcess:
        process = OperatorProcess(proxy.kubeconfig(operator_kubeconfig), tmp_path, *options)
        started.append(process)
        process.start()
        return process

    yield start
    (process,) = started
    process.kill()
    assert_within_rights(process, home.plane.audit.since(mark).by(USER))


def lists_by_watching(requests: AuditEntries, kind: str) -> int:
    return sum("sendInitialEvents=true" in entry.uri for entry in requests.of(kind, namespace=""))


def warnings(process: OperatorProcess) -> list[str]:
    return [line["message"] for line in process.log_lines() if line["level"] != "info"]


def test_a_proxy_that_drops_bookmarks_delays_the_start_by_seconds_and_is_reported_once(
    home: Workspace, servers: Servers, proxy: Proxy, start: Start
) -> None:
    """Also with no VllmCatalog: what has no objects counts as listed."""
    soon(lambda: not home.plane.admin.request("GET", CATALOGS)["items"], "no VllmCatalog is left")
    proxy.drops_bookmarks = True
    mark, began = home.plane.audit.mark(), time.monotonic()
    process = start()
    assert time.monotonic() - began < READY_WITHIN
    requests = home.plane.audit.since(mark).by(USER)
    assert [lists_by_watching(requests, kind) for kind in KINDS] == [1] * len(KINDS)
    (message,) = warnings(process)
    assert message.startswith("a list by watching does not work (no bookmark ends it)")
    assert "--watch-list=off" in message

    provider = home.provider(servers.start(), discovery={"interval": "1h"})
    provider.is_ready()
    home.delete("configmaps", provider.config_map_name)
    soon(lambda: home.find("configmaps", provider.config_map_name), "the ConfigMap is back")


@pytest.mark.parametrize(("option", "times"), [("auto", 1), ("on", 1), ("off", 0)])
def test_objects_are_listed_as_the_option_says(
    option: str, times: int, home: Workspace, start: Start
) -> None:
    mark = home.plane.audit.mark()
    process = start(f"--watch-list={option}")
    requests = home.plane.audit.since(mark).by(USER)
    assert [lists_by_watching(requests, kind) for kind in KINDS] == [times] * len(KINDS)
    assert warnings(process) == []
