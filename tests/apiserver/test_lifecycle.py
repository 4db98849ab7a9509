"""Objects that come and go while the operator is there, is away, or waits for its cluster."""

import json
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import rbac
from tests.apiserver.servers import Servers
from tests.apiserver.workspace import PROVIDERS, Workspace, soon, workspace
from tests.conftest import CRDS
from tests.controlplane.plane import ControlPlane
from tests.operator_process import PROGRAM, USER, OperatorProcess, grant
from tests.rights import assert_within_rights

pytestmark = pytest.mark.timeout(240)


@pytest.fixture
def bare_plane() -> Iterator[ControlPlane]:
    """Run a control plane that does not know our kinds."""
    with ControlPlane(controller_manager=False) as plane:
        yield plane


def test_a_provider_deleted_while_the_operator_was_away_leaves_nothing(
    space: Workspace, servers: Servers, operator: OperatorProcess
) -> None:
    server = servers.start()
    gone, stays = (space.provider(server, name) for name in ("gone", "stays"))
    for provider in (gone, stays):
        provider.is_ready()
    operator.kill()
    gone.delete()
    soon(lambda: space.find("configmaps", gone.config_map_name) is None)
    mark = space.plane.audit.mark()
    operator.start()
    count = server.count("/v1/models")
    soon(lambda: server.count("/v1/models") > count)
    assert space.asked_since(mark).writes() == ()
    assert not operator.metric("vllmprovider_models", namespace=space.namespace, name="gone")
    assert operator.metric("vllmprovider_models", namespace=space.namespace, name="stays") == 2


def test_a_provider_without_an_operator_can_be_deleted(
    space: Workspace, servers: Servers, operator: OperatorProcess
) -> None:
    provider = space.provider(servers.start())
    provider.is_ready()
    operator.kill()
    provider.delete()
    assert space.find(PROVIDERS, "vllm") is None
    soon(lambda: space.find("configmaps", provider.config_map_name) is None)
    operator.start()


def test_a_provider_created_and_edited_while_the_operator_was_away_is_caught_up_with(
    space: Workspace, servers: Servers, operator: OperatorProcess
) -> None:
    server = servers.start()
    edited = space.provider(server, "edited")
    edited.is_ready()
    operator.kill()
    edited.edit(discovery={"exclude": ["Qwen/*"]})
    created = space.provider(server, "created")
    operator.start()
    created.is_ready()
    edited.is_ready()
    edited.publishes("meta-llama/Llama-3.3-70B-Instruct")


@pytest.mark.parametrize("cascade", ["background", "foreground", "orphan"])
def test_a_provider_deleted_and_recreated_gets_its_configmap(
    cascade: str, space: Workspace, servers: Servers
) -> None:
    server = servers.start()
    provider = space.provider(server)
    provider.is_ready()
    for _ in range(3):
        space.kubectl("delete", "vllmprovider", "vllm", f"--cascade={cascade}", "--wait")
        space.provider(server)
        uid = provider.is_ready()["metadata"]["uid"]

        def owned_by_the_new_one(uid: str = uid) -> bool:
            result = space.find("configmaps", provider.config_map_name) or {"metadata": {}}
            owners = result["metadata"].get("ownerReferences", [])
            return [owner["uid"] for owner in owners] == [uid]

        soon(owned_by_the_new_one)
    assert len(provider.models) == 2


def test_a_namespace_can_be_deleted(
    control_plane: ControlPlane, servers: Servers, operator: OperatorProcess
) -> None:
    server = servers.start()
    with workspace(control_plane, "a-namespace-that-goes") as space:
        for number in range(5):
            space.provider(server, f"p{number}").is_ready()
        mark = control_plane.audit.mark()
    name = ("namespace", space.namespace)
    soon(lambda: not control_plane.kubectl("get", *name, "--ignore-not-found"), "it is gone")
    soon(lambda: not operator.metric("vllmprovider_models", namespace=space.namespace))
    writes = space.asked_since(mark).writes()
    assert len([w for w in writes if w.resource != "events"]) <= 5  # one try each, at most


def test_the_operator_waits_for_its_crd_and_answers_meanwhile(
    bare_plane: ControlPlane, servers: Servers, tmp_path: Path
) -> None:
    operator = OperatorProcess(grant(bare_plane), tmp_path)
    operator.launch()
    try:
        soon(lambda: operator.code("/healthz") == 200, "/healthz answers")
        soon(lambda: any("CRD" in line["message"] for line in operator.log_lines()), "it says why")
        assert operator.code("/readyz") == 503
        assert operator.code("/metrics") == 200
        bare_plane.kubectl("apply", "--server-side", "-f", str(CRDS))
        operator.wait_until_ready()
        Workspace(bare_plane, "default").provider(servers.start()).is_ready()
        assert operator.stop(within=10) == 0
        assert_within_rights(operator, bare_plane.audit.since().by(USER))
    finally:
        operator.kill()


def test_an_operator_of_one_namespace_keeps_to_it(
    space: Workspace,
    servers: Servers,
    operator: OperatorProcess,
    tmp_path: Path,
) -> None:
    """It has a Role there, as the chart's watchNamespaces gives it, and nothing elsewhere."""
    home = space.namespace
    rights = [rbac.service_account(home), *rbac.namespaced(home, "operator", home)]
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": rights})
    space.plane.kubectl("apply", "-f", "-", input=manifest)
    may = ("auth", "can-i", "list", "vllmproviders", f"--as=system:serviceaccount:{home}:operator")
    soon(lambda: space.kubectl(*may).strip() == "yes", "the rights hold")
    mark = space.plane.audit.mark()
    kubeconfig = space.plane.kubeconfig_for(home, "operator")
    namespaced = OperatorProcess(kubeconfig, tmp_path, f"--namespace={home}")
    operator.pause()  # it would be faster, and see all
    try:
        namespaced.start()
        provider = space.provider(servers.start())
        provider.is_ready()
        space.delete("configmaps", provider.config_map_name)
        soon(lambda: provider.models)
    finally:
        namespaced.kill()
        operator.resume()
    requests = space.plane.audit.since(mark).by(f"system:serviceaccount:{home}:operator")
    assert {entry.namespace for entry in requests if entry.resource} == {home}
    assert_within_rights(namespaced, requests)


KUBECONFIGS = {"none": None, "empty": "", "broken": "clusters: [", "text": "no kubeconfig"}


@pytest.mark.parametrize("kind", KUBECONFIGS)
def test_without_a_cluster_it_ends_and_says_what_to_do(kind: str, tmp_path: Path) -> None:
    content, path = KUBECONFIGS[kind], tmp_path / "kubeconfig"
    if content is not None:
        path.write_text(content)
    environment = {**os.environ, "KUBECONFIG": str(path), "HOME": str(tmp_path)}
    ports = ("--health-probe-bind-address=0", "--metrics-bind-address=0")
    process = subprocess.run(
        [*PROGRAM, "run", "--log-format=text", *ports],
        check=False,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert process.returncode == 1
    assert "set KUBECONFIG, or run in a pod" in process.stderr
    assert "Traceback" not in process.stderr
