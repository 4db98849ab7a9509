"""The manifests of docs/manifests on the real API server: none may be a typo away from an agent."""

from collections.abc import Iterator

import pytest
import yaml

from tests import manifests
from tests.apiserver.foreign import known_kinds
from tests.apiserver.workspace import Workspace, soon
from tests.controlplane.plane import ControlPlane
from tests.manifests import Manifest

TEAMS = {"team-red", "team-blue"}

PODS = [
    pytest.param(name, deployment, id=f"{name} {deployment['metadata']['name']}")
    for name in manifests.names()
    for deployment in manifests.of_kind(manifests.read(name), "Deployment")
]


@pytest.fixture(scope="module")
def foreign_kinds(control_plane: ControlPlane) -> Iterator[None]:
    """Have the API server know the kinds of openclaw-operator."""
    with known_kinds(control_plane, "openclaw-operator.yaml"):
        yield


@pytest.mark.parametrize("name", manifests.names())
@pytest.mark.usefixtures("foreign_kinds")
def test_the_api_server_accepts_every_object(
    control_plane: ControlPlane, namespace: str, name: str
) -> None:
    objects = manifests.read(name)
    for manifest in objects:
        assert manifest["metadata"]["namespace"] == "agents"
        manifest["metadata"]["namespace"] = namespace
    output = dry_run(control_plane, *objects)
    assert output.count("created (server dry run)") == len(objects)


def test_the_api_server_accepts_a_catalog_and_what_teams_share(
    control_plane: ControlPlane, namespace: str
) -> None:
    catalog, *shared = manifests.read(manifests.CATALOG)
    assert catalog["kind"] == "VllmCatalog"
    assert {manifest["metadata"].pop("namespace") for manifest in shared} == TEAMS
    for manifest in shared:
        manifest["metadata"]["namespace"] = namespace
    output = dry_run(control_plane, catalog, *shared)
    assert output.count("created (server dry run)") == 1 + len(shared)


@pytest.mark.parametrize(("name", "deployment"), PODS)
def test_a_pod_keeps_the_strictest_security_standard(
    control_plane: ControlPlane, namespace: str, name: str, deployment: Manifest
) -> None:
    control_plane.kubectl("label", "ns", namespace, "pod-security.kubernetes.io/enforce=restricted")
    space = Workspace(control_plane, namespace)
    soon(lambda: space.find("serviceaccounts", "default"), "pods may be created")
    metadata = {"name": "agent", "namespace": namespace}
    spec = deployment["spec"]["template"]["spec"]
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
    assert "created" in dry_run(control_plane, pod), name


@pytest.mark.parametrize("name", manifests.names())
def test_all_that_a_manifest_names_is_there_after_an_apply(name: str) -> None:
    objects = manifests.read(name)
    assert set(manifests.mentioned(objects)) <= manifests.present(objects)


def dry_run(plane: ControlPlane, *objects: Manifest) -> str:
    text = yaml.safe_dump_all(objects)
    return plane.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", "-", input=text)
