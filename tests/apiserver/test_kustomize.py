"""The kustomize bases: rendered from the chart, and accepted by the real kubectl and API server."""

import shutil
from pathlib import Path

import pytest
import yaml

from hack import kustomize
from tests.apiserver import documented
from tests.apiserver.documented import OWN_SELECTOR, Shell
from tests.apiserver.node import Node
from tests.apiserver.servers import Servers
from tests.apiserver.workspace import Workspace, soon

pytestmark = pytest.mark.timeout(400)

SECTION = ("install.md", "With kustomize")


def test_the_bases_are_what_the_chart_renders() -> None:
    assert kustomize.differing() == [], "run `python -m hack.kustomize`"


def test_nothing_of_helm_is_left() -> None:
    texts = "".join(path.read_text() for path in kustomize.FOLDER.glob("*/operator.yaml"))
    assert "helm.sh" not in texts
    assert "Helm" not in texts


def test_the_cluster_base_is_applied_works_and_is_removed_as_documented(
    shell: Shell, node: Node, servers: Servers
) -> None:
    apply, remove = documented.blocks(*SECTION)
    shell.run(apply)
    shell.run("kubectl create namespace agents")
    Workspace(shell.plane, "agents").provider(servers.start()).is_ready()
    shell.run(remove)
    soon(lambda: not node.operators, "the operator has ended")
    assert shell.run(f"kubectl get crds,clusterroles --selector {OWN_SELECTOR} -o name") == ""


def test_an_overlay_of_the_namespaced_base_serves_the_namespace_it_chooses(
    shell: Shell, node: Node, servers: Servers, tmp_path: Path
) -> None:
    (overlay,) = documented.blocks(*SECTION, language="yaml")
    shutil.copytree(kustomize.FOLDER, tmp_path / "kustomize")
    folder = tmp_path / "overlay"
    folder.mkdir()
    (folder / "kustomization.yaml").write_text(overlay)
    rendered = shell.run(f"kubectl kustomize {folder}")
    image = yaml.safe_load(overlay)["images"][0]
    assert f"image: {image['newName']}:{image['newTag']}" in rendered
    assert "namespace: openclaw-vllm" not in rendered

    shell.run("kubectl create namespace agents")
    shell.run(f"kubectl apply --server-side -k {folder}")
    shell.run("kubectl rollout status deployment/openclaw-vllm-operator -n agents")
    Workspace(shell.plane, "agents").provider(servers.start()).is_ready()
    (operator,) = node.operators
    messages = [line["message"] for line in operator.log_lines()]
    assert "serving agents; VllmCatalogs and what is elsewhere are ignored" in messages
    shell.run(f"kubectl delete -k {folder}")


FROM_KUSTOMIZE = ("install.md", "From kustomize to Helm")


def test_helm_takes_over_what_kustomize_has_applied(shell: Shell, node: Node) -> None:
    apply, _ = documented.blocks(*SECTION)
    take_over, _ = documented.blocks(*FROM_KUSTOMIZE)
    shell.run(apply)
    shell.run(take_over)
    deployments = "kubectl get deployments --namespace openclaw-vllm -o name"
    assert shell.run(deployments).split() == ["deployment.apps/openclaw-vllm-operator"]
    assert len(node.operators) == 1


def test_what_kustomize_left_beside_a_release_of_another_name_is_deleted(
    shell: Shell, node: Node
) -> None:
    apply, _ = documented.blocks(*SECTION)
    take_over, delete = documented.blocks(*FROM_KUSTOMIZE)
    shell.run(apply)
    shell.run(take_over.replace("install openclaw-vllm-operator", "install openclaw-vllm"))
    assert len(node.operators) == 2
    shell.run(delete)
    soon(lambda: len(node.operators) == 1, "one operator is left")
