"""docs/metrics.md against the registry and the rules, both ways."""

import re
from pathlib import Path
from typing import Any

import yaml
from prometheus_client.parser import text_string_to_metric_families

from openclaw_vllm import assembly
from openclaw_vllm.api.catalog_status import VllmCatalogStatus
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.controllers import workqueue
from openclaw_vllm.core.discovery.replicas import Replicas
from openclaw_vllm.edges.kube.watches import Watch, Watches
from openclaw_vllm.edges.metrics.collectors import CatalogSample, ProviderSample
from openclaw_vllm.edges.metrics.counters import RESULTS
from openclaw_vllm.edges.metrics.metrics import Metrics
from tests.harnesses.controller import RecordingQueue
from tests.rbac import CHART

DOC = (Path(__file__).parents[3] / "docs" / "metrics.md").read_text()
RULES = CHART / "files" / "monitoring" / "rules.yaml"
OBJECT = {"namespace", "name"}
ROW = re.compile(r"^\| (`[a-z_`, ]+`) \| ?(\w*) \| ?([a-z`, ]*)\| .+ \|$", re.MULTILINE)
SUCCEEDED = {"reason": "Succeeded", "message": "", "lastTransitionTime": ""}
READY = {"type": "Ready", "status": "True", **SUCCEEDED}
CATALOG = VllmCatalogStatus.model_validate({"conditions": [READY], "targets": {}})

Described = dict[str, tuple[str, frozenset[str]]]


def documented() -> Described:
    """Return type and labels of each metric in the tables; those of the process are well known."""
    providers, rest = DOC.split("Of each VllmCatalog,")
    catalogs, operator = rest.split("Of the operator:")
    result: Described = {}
    for part, common in ((providers, OBJECT), (catalogs, {"name"}), (operator, set[str]())):
        for names, type_, labels in ROW.findall(part):
            for name in re.findall(r"`(\w+)`", names):
                result[name] = (type_, frozenset({*common, *re.findall(r"`(\w+)`", labels)}))
    return result


def exposed() -> Described:
    """Return what the operator shows when all of it is at work."""
    metrics, key = Metrics("0"), ObjectKey("agents", "vllm")
    status = VllmProviderStatus.model_validate({"conditions": [READY]})
    counts = Replicas().counts
    provider = ProviderSample(
        key, status, answered_at=1, interval=1, config_bytes=1, endpoints=counts
    )
    metrics.show_objects(lambda: [provider], lambda: [CatalogSample("all", CATALOG, 1)])
    metrics.count_probe(key, (), 0.1)
    metrics.count_probe(None, (), 0.1)
    metrics.show_queues({"providers": RecordingQueue()})
    watches = Watches()
    watches.expect([Watch("services")])
    metrics.show_watches(watches)
    metrics.show_leadership("lease", lambda: True)
    result: Described = {}
    for family in text_string_to_metric_families(metrics.text().decode()):
        labels = {label for sample in family.samples for label in sample.labels}
        name = f"{family.name}_total" if family.type == "counter" else family.name
        result[name] = (family.type, frozenset(labels - {"le"}))
    return result


def described(metrics: Described) -> Described:
    return {name: how for name, how in metrics.items() if not name.startswith("process_")}


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    result: list[dict[str, Any]] = group["rules"]
    return result


def test_every_metric_is_documented_with_its_type_and_labels_and_none_that_is_not() -> None:
    assert described(documented()) == described(exposed())
    assert documented().keys() == exposed().keys()


def test_every_result_is_explained() -> None:
    (explained,) = re.findall(r"A `result` is (.+?)\n\n", DOC, re.DOTALL)
    assert set(re.findall(r"`(\w+)`(?: \(|;|\.| or)", explained)) == set(RESULTS)


def test_the_table_of_alerts_is_that_of_the_rules() -> None:
    table = re.findall(r"^\| \[(\w+)\]\(#(\w+)\) \| (\w+) \| ([\w ]+) \|$", DOC, re.MULTILINE)
    assert table == [
        (
            rule["alert"],
            rule["alert"].lower(),
            rule["labels"]["severity"],
            rule.get("for", "at once"),
        )
        for rule in rules()
    ]


def test_every_alert_has_a_runbook_and_every_runbook_an_alert() -> None:
    headings = re.findall(r"^### (\w+)$", DOC, re.MULTILINE)
    assert headings == [rule["alert"] for rule in rules()]
    for rule in rules():
        anchor = rule["annotations"]["runbook_url"]
        assert anchor == f"docs/metrics.md#{rule['alert'].lower()}"
        assert set(rule["annotations"]) == {"summary", "description", "runbook_url"}


def test_rules_use_only_metrics_that_exist() -> None:
    used = {name for rule in rules() for name in re.findall(r"\bvllm\w+", rule["expr"])}
    assert used
    assert used <= exposed().keys()


def test_two_failures_at_the_longest_backoff_are_within_what_the_alert_looks_at() -> None:
    """With fewer, a fault that stays would make it go silent between two tries."""
    (errors,) = (rule for rule in rules() if rule["alert"] == "OpenClawVllmReconcileErrors")
    windows = [60 * int(minutes) for minutes in re.findall(r"\[(\d+)m\]", errors["expr"])]
    assert len(windows) == 2
    assert min(windows) >= 2 * max(assembly.LONGEST_BACKOFF, workqueue.MAX_BACKOFF)
