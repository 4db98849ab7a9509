"""The chart as the real Helm sees it, and what it renders as the real API server sees it."""

import json
from pathlib import Path

import pytest
import yaml

from tests import rbac
from tests.apiserver.chart import NAMESPACE, TWO_NAMESPACES, RefusedError, helm, render
from tests.controlplane.plane import ControlPlane

pytestmark = pytest.mark.timeout(300)  # the first test may find Helm still to be built

CRDS = rbac.CHART.parents[1] / "crds"


def test_helm_finds_nothing_to_criticize() -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", str(rbac.CHART))


@pytest.mark.parametrize(
    ("values", "options", "strategy"),
    [
        (
            (),
            [
                "--allow-hosts=*",
                "--max-concurrent-probes=64",
                "--log-format=json",
                "--log-level=info",
            ],
            "Recreate",
        ),
        (
            (
                TWO_NAMESPACES,
                'allowHosts=["*.models.svc.cluster.local","10.0.0.0/8"]',
                "allowLoopback=true",
                "allowInsecureKeys=true",
                "maxConcurrentProbes=7",
                "replicaCount=2",
                'logFormat="text"',
                'logLevel="debug"',
                'extraArgs=["--metrics-bind-address=0"]',
            ),
            [
                "--namespace=red",
                "--namespace=blue",
                "--allow-hosts=*.models.svc.cluster.local",
                "--allow-hosts=10.0.0.0/8",
                "--allow-loopback",
                "--allow-insecure-keys",
                "--max-concurrent-probes=7",
                "--leader-elect",
                f"--leader-election-namespace={NAMESPACE}",
                "--log-format=text",
                "--log-level=debug",
                "--metrics-bind-address=0",
            ],
            "RollingUpdate",
        ),
    ],
    ids=["default", "everything"],
)
def test_values_become_options(values: tuple[str, ...], options: list[str], strategy: str) -> None:
    rendered = render(*values)
    assert rendered.args == ["run", *options]
    assert rendered.of("Deployment")[0]["spec"]["strategy"] == {"type": strategy}


@pytest.mark.parametrize(
    ("values", "image"),
    [
        ((), "openclaw-vllm-operator:0.1.0"),
        (('image={"repository":"local/it","tag":"x"}',), "local/it:x"),
        ((f'image={{"tag":"x","digest":"sha256:{"a" * 64}"}}',), f"@sha256:{'a' * 64}"),
    ],
)
def test_a_digest_wins_over_a_tag_over_the_version(values: tuple[str, ...], image: str) -> None:
    assert render(*values).pod["spec"]["containers"][0]["image"].endswith(image)


@pytest.mark.parametrize(
    ("values", "annotations"),
    [((), {"helm.sh/resource-policy": "keep"}), (("crds.keep=false",), None)],
    ids=["kept", "removed"],
)
def test_the_crds_are_those_of_the_repository(
    values: tuple[str, ...], annotations: dict[str, str] | None
) -> None:
    originals = [yaml.safe_load(path.read_text()) for path in sorted(CRDS.glob("*.yaml"))]
    crds = render(*values).of("CustomResourceDefinition")
    assert [crd["metadata"].pop("annotations", None) for crd in crds] == [annotations] * len(crds)
    for crd in crds:
        assert crd["metadata"].pop("labels")["app.kubernetes.io/managed-by"] == "Helm"
    assert crds == originals


def test_crds_can_be_left_to_somebody_else() -> None:
    assert render("crds.enabled=false").of("CustomResourceDefinition") == []


@pytest.mark.parametrize(
    ("value", "complaint"),
    [
        ('images={"tag":"x"}', "additional properties 'images' not allowed"),
        ('image={"tags":"x"}', "additional properties 'tags' not allowed"),
        ('replicaCount="two"', "/replicaCount': got string, want integer"),
        ('logLevel="loud"', "must be one of 'debug', 'info', 'warning', 'error'"),
        ('logFormat="xml"', "must be one of 'json', 'text'"),
        ("allowHosts=[]", "/allowHosts': minItems: got 0, want 1"),
        ('watchNamespaces=["Red"]', "/watchNamespaces/0': 'Red' does not match"),
        ('watchNamespaces=["a","a"]', "items at 0 and 1 are equal"),
        ("maxConcurrentProbes=0", "/maxConcurrentProbes': minimum: got 0, want 1"),
        ('extraArgs=["allow-loopback"]', "/extraArgs/0': 'allow-loopback' does not match"),
        ('image={"digest":"sha256:1"}', "/image/digest': 'sha256:1' does not match"),
    ],
)
def test_a_wrong_value_is_refused_and_named(value: str, complaint: str) -> None:
    with pytest.raises(RefusedError) as refusal:
        render(value)
    assert complaint in str(refusal.value)


def test_a_kubernetes_older_than_the_crds_need_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"requires kubeVersion: >=1\.30"):
        render(kube_version="1.29.9")


def test_no_object_carries_the_label_of_the_configmaps_that_the_operator_watches() -> None:
    labels = [manifest["metadata"].get("labels", {}) for manifest in render().manifests]
    assert "openclaw-vllm" not in [label.get("app.kubernetes.io/part-of") for label in labels]


@pytest.mark.parametrize("values", [(), (TWO_NAMESPACES, "replicaCount=2")])
def test_the_api_server_accepts_everything_and_the_pod_is_restricted(
    values: tuple[str, ...], control_plane: ControlPlane, namespace: str, tmp_path: Path
) -> None:
    rendered = render("crds.enabled=false", *values)
    enforce = "pod-security.kubernetes.io/enforce=restricted"
    control_plane.kubectl("label", "namespace", namespace, enforce)
    pod = {"apiVersion": "v1", "kind": "Pod", **rendered.pod}
    pod["metadata"] = {**pod["metadata"], "name": "operator"}
    pod["spec"] = {**pod["spec"], "serviceAccountName": "default"}
    for manifest in [*rendered.manifests, pod]:
        if "namespace" in manifest["metadata"] or manifest is pod:
            manifest["metadata"]["namespace"] = namespace
        path = tmp_path / "manifest.json"
        path.write_text(json.dumps(manifest))
        control_plane.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", str(path))
