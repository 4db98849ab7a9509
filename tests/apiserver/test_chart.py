"""The chart as the real Helm sees it, and what it renders as the real API server sees it."""

import json
from pathlib import Path

import pytest
import yaml

from tests import rbac
from tests.apiserver.chart import (
    EVERYTHING,
    NAME,
    NAMESPACE,
    RELEASE,
    Manifest,
    RefusedError,
    helm,
    render,
)
from tests.controlplane.plane import ControlPlane

pytestmark = pytest.mark.timeout(300)  # the first test may find Helm still to be built

CRDS = rbac.CHART.parents[1] / "crds"


def test_helm_finds_nothing_to_criticize() -> None:
    assert "0 chart(s) failed" in helm("lint", "--strict", str(rbac.CHART))


@pytest.mark.parametrize(
    ("values", "budgets", "constraints"),
    [
        ((), [], []),
        (("leaderElection.enabled=true",), [], []),
        (("replicaCount=2",), [1], ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]),
        (("replicaCount=null",), [1], ["kubernetes.io/hostname", "topology.kubernetes.io/zone"]),
        (
            ("replicaCount=2", 'podDisruptionBudget={"maxUnavailable":"50%"}'),
            ["50%"],
            ["kubernetes.io/hostname", "topology.kubernetes.io/zone"],
        ),
        (
            (
                "replicaCount=2",
                "podDisruptionBudget.enabled=false",
                'topologySpreadConstraints=[{"maxSkew":2,"topologyKey":"rack",'
                '"whenUnsatisfiable":"DoNotSchedule"}]',
            ),
            [],
            ["rack"],
        ),
    ],
    ids=["one", "one, elected", "two", "any number", "two, half", "two, own constraints"],
)
def test_more_than_one_replica_are_spread_and_kept_from_going_all_at_once(
    values: tuple[str, ...], budgets: list[object], constraints: list[str]
) -> None:
    rendered = render(*values)
    spread = rendered.pod["spec"].get("topologySpreadConstraints", [])
    result = rendered.of("PodDisruptionBudget")
    assert [budget["spec"]["maxUnavailable"] for budget in result] == budgets
    assert [constraint["topologyKey"] for constraint in spread] == constraints
    selectors = [budget["spec"]["selector"]["matchLabels"] for budget in result]
    selectors += [constraint["labelSelector"]["matchLabels"] for constraint in spread]
    assert all(selects(labels, rendered.pod) for labels in selectors)


def selects(labels: Manifest, pod: Manifest) -> bool:
    return bool(labels) and labels.items() <= pod["metadata"]["labels"].items()


@pytest.mark.parametrize("values", [(), EVERYTHING], ids=["default", "everything"])
def test_services_and_policies_select_the_operator_and_not_the_test_pod(
    values: tuple[str, ...],
) -> None:
    rendered = render(*values)
    (service,), (test,) = rendered.of("Service"), rendered.of("Pod")
    policies = rendered.of("NetworkPolicy")
    selectors = [policy["spec"]["podSelector"]["matchLabels"] for policy in policies]
    for labels in [service["spec"]["selector"], *selectors]:
        assert selects(labels, rendered.pod)
        assert not selects(labels, test)
    named = {port["name"] for port in rendered.pod["spec"]["containers"][0]["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} == named


def test_the_test_pod_asks_the_service_on_its_health_port() -> None:
    rendered = render()
    (service,), (test,) = rendered.of("Service"), rendered.of("Pod")
    (url,) = (variable["value"] for variable in test["spec"]["containers"][0]["env"])
    ports = {port["name"]: port["port"] for port in service["spec"]["ports"]}
    assert url == f"http://{NAME}.{NAMESPACE}.svc:{ports['health']}/readyz"
    assert test["metadata"]["annotations"]["helm.sh/hook"] == "test"


def test_a_network_policy_is_there_when_asked_for_and_lets_through_what_is_needed() -> None:
    assert render().of("NetworkPolicy") == []
    overrides = ("networkPolicy.enabled=true", 'networkPolicy.ingressFrom=[{"podSelector":{}}]')
    (policy,) = render(*overrides, "networkPolicy.apiServerPorts=[16443]").of("NetworkPolicy")
    (ingress,), (dns, api_server, servers) = policy["spec"]["ingress"], policy["spec"]["egress"]
    assert [port["port"] for port in ingress["ports"]] == ["metrics", "health"]
    assert ingress["from"] == [{"podSelector": {}}]
    assert dns == {"ports": [{"protocol": name, "port": 53} for name in ("UDP", "TCP")]}
    assert api_server == {"ports": [{"protocol": "TCP", "port": 16443}]}
    pods, *addresses = servers["to"]
    assert pods == {"namespaceSelector": {}}
    assert [address["ipBlock"]["cidr"] for address in addresses] == ["0.0.0.0/0", "::/0"]


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


def test_crds_can_be_left_to_others() -> None:
    assert render("crds.enabled=false").of("CustomResourceDefinition") == []


def test_a_kubernetes_older_than_the_crds_need_is_refused() -> None:
    with pytest.raises(RefusedError, match=r"requires kubeVersion: >=1\.30"):
        render(kube_version="1.29.9")


@pytest.mark.parametrize("values", [(), EVERYTHING], ids=["default", "everything"])
def test_every_object_is_labelled_and_none_like_the_configmaps_that_the_operator_watches(
    values: tuple[str, ...],
) -> None:
    rendered = render(*values)
    for manifest in [*rendered.manifests, rendered.pod]:
        labels = manifest["metadata"]["labels"]
        assert labels["app.kubernetes.io/instance"] == RELEASE
        assert labels.get("team") == ("agents" if values else None)
        assert labels.get("app.kubernetes.io/part-of") != "openclaw-vllm"


@pytest.mark.parametrize("values", [(), EVERYTHING], ids=["default", "everything"])
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
