"""What becomes of the chart's values: options of the operator, and fields of objects."""

import json
from functools import cache, reduce
from operator import getitem
from typing import Any

import pytest

from hack.release import version
from tests.apiserver.chart import (
    EVERYTHING,
    NAMESPACE,
    TWO_NAMESPACES,
    Rendered,
    render,
)
from tests.apiserver.documented import ROOT
from tests.chart_values import MAY_BE_NULL, VALUES

pytestmark = pytest.mark.timeout(300)  # the first test may find Helm still to be built

POD = "Deployment.spec.template"
CONTAINER = f"{POD}.spec.containers.0"
FIELDS = {
    "deploymentAnnotations": "Deployment.metadata.annotations",
    "revisionHistoryLimit": "Deployment.spec.revisionHistoryLimit",
    "service.annotations": "Service.metadata.annotations",
    "serviceAccount.annotations": "ServiceAccount.metadata.annotations",
    "podAnnotations": f"{POD}.metadata.annotations",
    "imagePullSecrets": f"{POD}.spec.imagePullSecrets",
    "priorityClassName": f"{POD}.spec.priorityClassName",
    "nodeSelector": f"{POD}.spec.nodeSelector",
    "tolerations": f"{POD}.spec.tolerations",
    "affinity": f"{POD}.spec.affinity",
    "podSecurityContext": f"{POD}.spec.securityContext",
    "extraVolumes": f"{POD}.spec.volumes",
    "extraVolumeMounts": f"{CONTAINER}.volumeMounts",
    "securityContext": f"{CONTAINER}.securityContext",
    "livenessProbe": f"{CONTAINER}.livenessProbe",
    "readinessProbe": f"{CONTAINER}.readinessProbe",
    "resources": f"{CONTAINER}.resources",
}


@cache
def everything() -> Rendered:
    return render(*EVERYTHING)


def at(path: str) -> Any:
    """Find the field of the only object of a kind."""
    kind, *names = path.split(".")
    (result,) = everything().of(kind)
    for name in names:
        result = result[int(name)] if isinstance(result, list) else result[name]
    return result


@pytest.mark.parametrize("name", FIELDS)
def test_a_value_reaches_its_field(name: str) -> None:
    """Beside the defaults, where it is a mapping."""
    values = dict(value.split("=", 1) for value in EVERYTHING)
    expected, result = json.loads(values[name]), at(FIELDS[name])
    if isinstance(expected, dict):
        result = {key: result[key] for key in expected}
    assert result == expected


def test_a_name_of_ones_own_is_the_name_of_every_object_and_of_the_service_that_is_asked() -> None:
    crds = everything().of("CustomResourceDefinition")
    names = [m["metadata"]["name"] for m in everything().manifests if m not in crds]
    assert [name for name in names if "models-of-agents" not in name] == []
    assert at("Deployment.metadata.name") == "models-of-agents"
    (variable,) = at("Pod.spec.containers.0.env")
    assert variable["value"].startswith(f"http://models-of-agents.{NAMESPACE}.svc:")


def test_the_sidecar_of_grafana_finds_the_dashboard_by_its_label() -> None:
    labels = at("ConfigMap.metadata.labels")
    assert labels["shows"] == "yes"
    assert "grafana_dashboard" not in labels


@pytest.mark.parametrize(
    ("values", "options"),
    [
        (
            (),
            [
                "--allow-hosts=*",
                "--max-concurrent-probes=64",
                "--log-format=json",
                "--log-level=info",
            ],
        ),
        (
            (
                TWO_NAMESPACES,
                'allowHosts=["*.models.svc.cluster.local","10.0.0.0/8"]',
                'clusterDomain="k8s.home.lan"',
                'allowExternalNames=["*.istio-system.svc.k8s.home.lan","gw.example.com"]',
                'allowAddresses=["169.254.1.2/32","0.250.250.254"]',
                "allowLoopback=true",
                "allowInsecureKeys=true",
                'watchList="off"',
                "maxConcurrentProbes=7",
                "replicaCount=2",
                'logFormat="text"',
                'logLevel="debug"',
                'extraArgs=["--metrics-bind-address=0"]',
            ),
            [
                "--namespace=red",
                "--namespace=blue",
                "--cluster-domain=k8s.home.lan",
                "--allow-external-names=*.istio-system.svc.k8s.home.lan",
                "--allow-external-names=gw.example.com",
                "--allow-hosts=*.models.svc.cluster.local",
                "--allow-hosts=10.0.0.0/8",
                "--allow-addresses=169.254.1.2/32",
                "--allow-addresses=0.250.250.254",
                "--allow-loopback",
                "--allow-insecure-keys",
                "--watch-list=off",
                "--max-concurrent-probes=7",
                "--leader-elect",
                "--leader-election-namespace=$(POD_NAMESPACE)",
                "--log-format=text",
                "--log-level=debug",
                "--metrics-bind-address=0",
            ],
        ),
    ],
    ids=["default", "everything"],
)
def test_values_become_options(values: tuple[str, ...], options: list[str]) -> None:
    assert render(*values).args == ["run", *options]


@pytest.mark.parametrize("values", [(), ("leaderElection.enabled=true",), ("replicaCount=2",)])
def test_the_old_pods_end_before_the_new_start_however_many_they_are(
    values: tuple[str, ...],
) -> None:
    """And the strategy never changes: test_install.py goes from one replica to two, and back."""
    (deployment,) = render(*values).of("Deployment")
    assert deployment["spec"]["strategy"] == {"type": "Recreate"}


@pytest.mark.parametrize(
    ("value", "options"),
    [
        ('"auto"', []),
        ('"on"', ["--watch-list=on"]),
        ('"off"', ["--watch-list=off"]),
        ("true", ["--watch-list=on"]),
        ("false", ["--watch-list=off"]),
    ],
)
def test_on_and_off_mean_the_same_without_quotes_which_make_them_true_and_false(
    value: str, options: list[str]
) -> None:
    args = render(f"watchList={value}").args
    assert [arg for arg in args if arg.startswith("--watch-list")] == options


def test_an_address_or_range_of_ipv6_becomes_an_option() -> None:
    args = render('allowHosts=["fd00::/8","::ffff:10.0.0.1"]').args
    assert args[1:3] == ["--allow-hosts=fd00::/8", "--allow-hosts=::ffff:10.0.0.1"]


def test_what_is_empty_may_be_null_as_well() -> None:
    empty = [path for path in MAY_BE_NULL if not reduce(getitem, path.split("."), VALUES)]
    assert len(empty) > 10
    assert render(*(f"{path}=null" for path in empty)) == render()


def test_what_is_left_to_kubernetes_may_be_null() -> None:
    taken = ("resources", "podSecurityContext", "securityContext", "nodeSelector")
    spec = render(*(f"{name}=null" for name in taken)).pod["spec"]
    (container,) = spec["containers"]
    assert not spec["securityContext"]
    assert not container["securityContext"]
    assert not container["resources"]
    assert "nodeSelector" not in spec


def test_the_namespace_of_the_pod_itself_is_left_to_the_pod_to_say() -> None:
    rendered = render(f'watchNamespaces=["{NAMESPACE}","red"]')
    assert rendered.args[1:3] == ["--namespace=$(POD_NAMESPACE)", "--namespace=red"]
    (variable,) = rendered.pod["spec"]["containers"][0]["env"]
    assert variable["name"] == "POD_NAMESPACE"
    assert variable["valueFrom"] == {"fieldRef": {"fieldPath": "metadata.namespace"}}


@pytest.mark.parametrize(
    ("values", "image"),
    [
        ((), f"openclaw-vllm-operator:{version.current(ROOT)}"),
        (('image={"repository":"local/it","tag":"x"}',), "local/it:x"),
        ((f'image={{"tag":"x","digest":"sha256:{"a" * 64}"}}',), f"@sha256:{'a' * 64}"),
    ],
)
def test_a_digest_wins_over_a_tag_over_the_version(values: tuple[str, ...], image: str) -> None:
    assert render(*values).pod["spec"]["containers"][0]["image"].endswith(image)
