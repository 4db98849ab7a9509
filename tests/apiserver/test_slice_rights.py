"""Without the right to watch EndpointSlices the operator says so, and all is as before there were
any."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import cluster_dns, rbac
from tests.apiserver.servers import Servers
from tests.apiserver.slices import Slices, behind_service
from tests.apiserver.workspace import Workspace, soon
from tests.operator_process import NAMESPACE, OperatorProcess, wait_for_right

pytestmark = pytest.mark.timeout(240)

ACCOUNT = "without-slices"
USER = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"


INTERVAL = {"interval": "5s"}


@pytest.fixture
def process(
    home: Workspace, operator_kubeconfig: Path, tmp_path: Path
) -> Iterator[OperatorProcess]:
    """Start an operator that has every right of the chart's but those on endpointslices."""
    role, binding = rbac.cluster_wide(NAMESPACE, ACCOUNT, ACCOUNT)
    role["rules"] = [rule for rule in role["rules"] if rule["resources"] != ["endpointslices"]]
    items = [rbac.service_account(NAMESPACE, ACCOUNT), role, binding]
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    home.plane.kubectl("apply", "-f", "-", input=manifest)
    wait_for_right(
        home.plane, USER, verb="list", group="openclaw-vllm.dev", resource="vllmproviders"
    )
    kubeconfig = home.plane.kubeconfig_for(NAMESPACE, ACCOUNT)
    process = OperatorProcess(kubeconfig, tmp_path, program=cluster_dns.PROGRAM)
    process.start()
    yield process
    process.kill()
    home.plane.kubectl("delete", "clusterrole,clusterrolebinding", ACCOUNT)


@pytest.mark.parametrize("mode", ["Periodic", "OnChange"])
def test_the_missing_right_is_named_and_a_service_asked_as_ever(
    mode: str, home: Workspace, servers: Servers, process: OperatorProcess
) -> None:
    Slices(home).apply()
    server = servers.start()
    provider = behind_service(home, server, mode=mode, **INTERVAL)
    provider.is_ready()
    asked = server.count("/v1/models")
    soon(lambda: server.count("/v1/models") > asked + 1, "the server is asked at the interval")
    assert provider.conditions["ServerReachable"] == "True Succeeded"
    advice = "grant the operator list and watch on endpointslices of discovery.k8s.io"
    assert any(advice in line["message"] for line in process.log_lines()), process.tail()
    assert process.code("/healthz") == 200
    role = rbac.cluster_wide(NAMESPACE, ACCOUNT, ACCOUNT)[0]
    home.plane.kubectl("apply", "-f", "-", input=json.dumps(role))
    soon(
        lambda: provider.conditions["ServerReachable"] == "Unknown NoReadyEndpoints",
        "the right is granted, and the Service asleep",
    )
