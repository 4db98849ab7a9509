"""What the chart gives the Prometheus Operator and Grafana, before the real CRDs."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import rbac
from tests.apiserver.chart import RefusedError, Rendered, render
from tests.apiserver.documented import DOCS, Shell, commands
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync
from tests.observability.dashboard import DASHBOARD
from tests.observability.kinds import PLURALS, crds
from tests.observability.prometheus import RULES

PARTS = {
    "podMonitor": "PodMonitor",
    "serviceMonitor": "ServiceMonitor",
    "prometheusRule": "PrometheusRule",
    "dashboard": "ConfigMap",
}
ALL = [f"metrics.{part}.enabled=true" for part in PARTS]


def the(rendered: Rendered, kind: str) -> dict[str, Any]:
    (result,) = rendered.of(kind)
    return result


def test_nothing_of_it_is_there_until_asked_for() -> None:
    assert render().of(*PARTS.values()) == []


@pytest.mark.parametrize("part", PARTS)
def test_each_part_comes_by_itself(part: str) -> None:
    result = render(f"metrics.{part}.enabled=true").of(*PARTS.values())
    assert [manifest["kind"] for manifest in result] == [PARTS[part]]


def test_the_monitors_find_the_pods_and_leave_the_series_their_namespace() -> None:
    rendered = render(*ALL, 'metrics.podMonitor.interval="15s"')
    pod, service = rendered.pod, the(rendered, "Service")
    by_pod, by_service = the(rendered, "PodMonitor"), the(rendered, "ServiceMonitor")
    (endpoint,) = by_pod["spec"]["podMetricsEndpoints"]
    assert endpoint == {"port": "metrics", "interval": "15s", "honorLabels": True}
    (container,) = pod["spec"]["containers"]
    assert "metrics" in {port["name"] for port in container["ports"]}
    (endpoint,) = by_service["spec"]["endpoints"]
    assert endpoint == {"port": "metrics", "interval": "30s", "honorLabels": True}
    assert "metrics" in {port["name"] for port in service["spec"]["ports"]}
    for monitor, item in ((by_pod, pod), (by_service, service)):
        expected = monitor["spec"]["selector"]["matchLabels"]
        assert expected.items() <= item["metadata"]["labels"].items()


def test_the_rules_are_the_tested_ones_with_the_runbooks_where_people_read_them() -> None:
    groups = yaml.safe_load(RULES.read_text())["groups"]
    assert the(render(*ALL), "PrometheusRule")["spec"] == {"groups": groups}
    elsewhere = render(*ALL, 'metrics.prometheusRule.runbookUrl="https://wiki.example.com/vllm"')
    moved = json.dumps(groups).replace("docs/metrics.md#", "https://wiki.example.com/vllm#")
    assert the(elsewhere, "PrometheusRule")["spec"] == {"groups": json.loads(moved)}


def test_the_dashboard_is_the_tested_one_where_the_sidecar_looks() -> None:
    settings = '{"enabled":true,"annotations":{"grafana_folder":"Agents"}}'
    config_map = the(render(f"metrics.dashboard={settings}"), "ConfigMap")
    (document,) = config_map["data"].values()
    assert json.loads(document) == json.loads(DASHBOARD.read_text())
    assert config_map["metadata"]["labels"]["grafana_dashboard"] == "1"
    assert config_map["metadata"]["annotations"] == {"grafana_folder": "Agents"}
    assert "app.kubernetes.io/part-of" not in config_map["metadata"]["labels"]


@pytest.mark.parametrize("part", ["podMonitor", "serviceMonitor", "prometheusRule"])
def test_a_prometheus_that_selects_by_a_label_finds_it(part: str) -> None:
    labels = f'metrics.{part}.additionalLabels={{"release":"prometheus"}}'
    result = the(render(*ALL, labels), PARTS[part])
    assert result["metadata"]["labels"]["release"] == "prometheus"


def test_a_time_that_prometheus_does_not_know_is_refused() -> None:
    with pytest.raises(RefusedError, match="interval"):
        render('metrics.podMonitor.interval="half a minute"')


def test_the_api_server_takes_all_of_it_as_the_prometheus_operator_defines_it(
    control_plane: ControlPlane, namespace: str
) -> None:
    establish(control_plane)
    items = render(*ALL).of(*PARTS.values())
    for item in items:
        item["metadata"]["namespace"] = namespace
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    output = control_plane.kubectl(
        *("apply", "--server-side", "--validate=strict", "-f", "-"), input=manifest
    )
    assert output.count("serverside-applied") == len(PARTS)


def test_the_command_of_the_page_adds_it_to_a_release(tmp_path: Path) -> None:
    upgrade, _ = commands(DOCS / "metrics.md")
    with ControlPlane() as plane:
        establish(plane)
        shell = Shell(plane, tmp_path)
        shell.run(f"helm install openclaw-vllm {rbac.CHART} -n openclaw-vllm --create-namespace")
        shell.run(upgrade)
        kinds = "podmonitors,servicemonitors,prometheusrules,configmaps"
        added = shell.run(f"kubectl get {kinds} -n openclaw-vllm -o name -l helm.sh/chart")
    assert sorted(line.partition(".")[0].partition("/")[0] for line in added.splitlines()) == [
        "configmap",
        "podmonitor",
        "prometheusrule",
    ]


def establish(plane: ControlPlane) -> None:
    """Give a cluster the Prometheus Operator's kinds."""
    for path in crds():
        plane.kubectl("apply", "--server-side", "-f", str(path))
    names = [f"crd/{plural}.monitoring.coreos.com" for plural in PLURALS]
    established = ("wait", "--for=condition=Established", "--timeout=30s", *names)
    eventually_sync(lambda: plane.kubectl(*established), within=60)
