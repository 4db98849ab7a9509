"""Proves the ground the other tests stand on: the control plane is real, and its log counts."""

from pathlib import Path

import pytest

from tests.controlplane import releases
from tests.controlplane.component import ControlPlaneError
from tests.controlplane.credential import ApiError
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync


def configmap(name: str, owner_uid: str | None = None) -> dict[str, object]:
    reference = {"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner_uid}
    owners = [reference] if owner_uid else []
    metadata = {"name": name, "ownerReferences": owners}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata}


def gone(plane: ControlPlane, path: str) -> bool:
    try:
        plane.admin.request("GET", path)
    except ApiError as error:
        return error.code == 404
    return False


def may_list(plane: ControlPlane, kubeconfig: Path) -> bool:
    try:
        plane.kubectl_as(kubeconfig, "get", "configmaps")
    except ControlPlaneError:
        return False
    return True


def test_the_server_has_the_version_that_was_asked_for(control_plane: ControlPlane) -> None:
    """The release of KUBERNETES, or what go.mod pins."""
    version = control_plane.admin.request("GET", "/version")["gitVersion"]
    assert f"{version}.".startswith(f"v{releases.wanted() or '1.37.2'}.")


def test_the_audit_log_counts_a_write_once(control_plane: ControlPlane, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    mark = control_plane.audit.mark()
    control_plane.admin.request("POST", path, configmap("counted"))
    entries = control_plane.audit.since(mark).of("configmaps", namespace=namespace)
    assert [(entry.verb, entry.name, entry.code) for entry in entries.writes()] == [
        ("create", "counted", 201)
    ]
    assert entries.by("admin") == entries
    later = control_plane.audit.mark()
    assert control_plane.audit.since(later).of("configmaps", namespace=namespace) == ()


def test_the_owner_takes_its_configmap_with_it(control_plane: ControlPlane, namespace: str) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    owner = control_plane.admin.request("POST", path, configmap("owner"))
    control_plane.admin.request("POST", path, configmap("owned", owner["metadata"]["uid"]))
    control_plane.admin.request("DELETE", f"{path}/owner")
    eventually_sync(lambda: gone(control_plane, f"{path}/owned"), within=30)


def test_a_service_account_may_do_what_rbac_says_only(
    control_plane: ControlPlane, namespace: str
) -> None:
    create = ("-n", namespace, "create")
    control_plane.kubectl(*create, "serviceaccount", "reader")
    account = f"--serviceaccount={namespace}:reader"
    control_plane.kubectl(*create, "rolebinding", "reader", "--clusterrole=view", account)
    kubeconfig = control_plane.kubeconfig_for(namespace, "reader")
    eventually_sync(lambda: may_list(control_plane, kubeconfig), within=10)
    mark = control_plane.audit.mark()
    with pytest.raises(ControlPlaneError, match='cannot list resource "secrets"'):
        control_plane.kubectl_as(kubeconfig, "get", "secrets")
    denied = control_plane.audit.since(mark).by(f"system:serviceaccount:{namespace}:").denied()
    assert [(entry.verb, entry.resource) for entry in denied] == [("list", "secrets")]


def test_a_killed_server_comes_back_with_its_data(
    control_plane: ControlPlane, namespace: str
) -> None:
    path = f"/api/v1/namespaces/{namespace}/configmaps"
    control_plane.admin.request("POST", path, configmap("survivor"))
    control_plane.kill_apiserver()
    with pytest.raises(OSError, match="refused"):
        control_plane.admin.request("GET", path)
    control_plane.start_apiserver()
    result = control_plane.admin.request("GET", f"{path}/survivor")
    assert result["metadata"]["name"] == "survivor"
