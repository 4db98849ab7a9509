"""Helm 3 with our chart: the same objects as Helm 4, and the same way through a release."""

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.controlplane import binaries
from tests.controlplane.plane import ControlPlane
from tests.gitops.programs import HELM_3
from tests.rbac import CHART

OWN_SELECTOR = "app.kubernetes.io/name=openclaw-vllm-operator"
VALUES = [
    "{}",
    "replicaCount: 2",
    "replicaCount: null",
    "watchNamespaces: [agents, models]",
    '{catalog: {enabled: false}, watchNamespaces: ["*"]}',
    "mountRefresh: {enabled: true}",
    "metrics: {podMonitor: {enabled: true}}",
    "shards: [red, blue]",
    "crds: {keep: false}",
]

Run = Callable[..., str]


def rendered(program: Path, values: Path) -> list[Any]:
    """Return the objects that a Helm makes of the chart."""
    place = ("--namespace=operator", "--kube-version=1.37.2", f"--values={values}")
    process = subprocess.run(
        [program, "template", "vllm", CHART, *place], capture_output=True, text=True, check=True
    )
    objects = [each for each in yaml.safe_load_all(process.stdout) if each]
    return sorted(objects, key=lambda each: (each["kind"], each["metadata"]["name"]))


@pytest.mark.parametrize("values", VALUES)
def test_it_renders_what_helm_4_renders(tmp_path: Path, values: str) -> None:
    file = tmp_path / "values.yaml"
    file.write_text(values)
    assert rendered(HELM_3.ensure(), file) == rendered(binaries.ensure("helm")["helm"], file)


@pytest.fixture(scope="module")
def cluster() -> Iterator[ControlPlane]:
    with ControlPlane() as plane:
        yield plane


@pytest.fixture
def helm(cluster: ControlPlane, tmp_path: Path) -> Run:
    """Run Helm 3 on a cluster that knows nothing of us."""
    environment = {**os.environ, "KUBECONFIG": str(cluster.kubeconfig), "HOME": str(tmp_path)}

    def run(*arguments: str) -> str:
        command = [str(HELM_3.ensure()), *arguments, "--namespace", "openclaw-vllm"]
        process = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False
        )
        assert process.returncode == 0, process.stderr
        return process.stdout

    return run


def crds_of(cluster: ControlPlane) -> set[str]:
    """Return the names of the CRDs of ours that the cluster has."""
    names = cluster.kubectl("get", "crds", "-l", OWN_SELECTOR, "-o", "name").split()
    return {name.rpartition("/")[2] for name in names}


def replicas(cluster: ControlPlane) -> str:
    path = ("-n", "openclaw-vllm", "-l", OWN_SELECTOR, "-o", "jsonpath={.items[*].spec.replicas}")
    return cluster.kubectl("get", "deployments", *path)


def test_a_release_is_installed_upgraded_rolled_back_and_removed(
    cluster: ControlPlane, helm: Run
) -> None:
    chart = str(CHART)
    helm("install", "vllm", chart, "--create-namespace")
    crds = crds_of(cluster)
    assert crds == {"vllmproviders.openclaw-vllm.dev", "vllmcatalogs.openclaw-vllm.dev"}
    assert replicas(cluster) == "1"

    helm("upgrade", "vllm", chart, "--reset-then-reuse-values", "--set", "replicaCount=2")
    assert replicas(cluster) == "2"

    helm("rollback", "vllm", "1")
    assert replicas(cluster) == "1"

    helm("uninstall", "vllm")
    assert replicas(cluster) == ""
    assert crds_of(cluster) == crds


def test_crds_of_kubectl_are_taken_over(cluster: ControlPlane, helm: Run) -> None:
    for crd in sorted(crds_of(cluster)):
        cluster.kubectl("delete", "crd", crd)
    cluster.kubectl("apply", "--server-side", "-f", str(CHART / "files" / "crds"))
    helm("install", "vllm", str(CHART), "--create-namespace", "--take-ownership")
    annotations = "jsonpath={.items[*].metadata.annotations.meta\\.helm\\.sh/release-name}"
    owners = cluster.kubectl("get", "crds", "-l", OWN_SELECTOR, "-o", annotations)
    assert owners.split() == ["vllm", "vllm"]
