"""Metrics: what is counted, under the names that dashboards and alerts know."""

import asyncio
from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from openclaw_vllm.api.catalog_status import VllmCatalogStatus
from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.edges.kube.apiserver import Unavailable
from openclaw_vllm.edges.kube.replies import Conflict, NotFound, Rejected
from openclaw_vllm.edges.kube.watches import Watch, Watches
from openclaw_vllm.edges.metrics.collectors import CatalogSample, ProviderSample
from openclaw_vllm.edges.metrics.counters import REFUSED
from openclaw_vllm.edges.metrics.metrics import Metrics

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]

KEY = ObjectKey("agents", "vllm")
WHERE = {"namespace": "agents", "name": "vllm"}
SUCCEEDED = {"reason": "Succeeded", "message": "", "lastTransitionTime": ""}
READY = {"type": "Ready", "status": "True", **SUCCEEDED}
CATALOG = VllmCatalogStatus.model_validate(
    {"modelCount": 7, "targets": {"published": 4, "failed": 1}, "conditions": [READY]}
)


def samples(metrics: Metrics) -> Samples:
    families = text_string_to_metric_families(metrics.text().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(metrics: Metrics, metric: str, /, **labels: str) -> float | None:
    return samples(metrics).get((metric, tuple(sorted(labels.items()))))


def test_probes_are_counted_by_their_outcome_and_go_with_their_provider() -> None:
    metrics = Metrics("1.2.3")
    there = [ProviderSample(KEY, VllmProviderStatus())]
    metrics.show_objects(lambda: there)
    for outcome in ((), Problem(Reason.TIMED_OUT, "s3cret"), Problem(Reason.TIMED_OUT, "")):
        metrics.count_probe(KEY, outcome, 0.3)
    assert value(metrics, "vllmprovider_probe_total", **WHERE, outcome="Succeeded") == 1
    assert value(metrics, "vllmprovider_probe_total", **WHERE, outcome="TimedOut") == 2
    assert value(metrics, "vllmprovider_probe_duration_seconds_sum") == pytest.approx(0.9)
    assert "s3cret" not in metrics.text().decode()
    metrics.forget(KEY)
    assert value(metrics, "vllmprovider_probe_total", **WHERE, outcome="TimedOut") is None


def test_probes_of_services_are_counted_for_the_catalogs() -> None:
    metrics = Metrics("0")
    metrics.count_probe(None, Problem(Reason.TIMED_OUT, ""), 0.3)
    assert value(metrics, "vllmcatalog_source_probe_total", outcome="TimedOut") == 1


def test_the_version_is_reported() -> None:
    assert value(Metrics("1.2.3"), "vllmprovider_build_info", version="1.2.3") == 1


ENDS: dict[str, BaseException] = {
    "error": Unavailable(),
    "refused": Rejected(),
    "outdated": Conflict(),
    "interrupted": asyncio.CancelledError(),
}


@pytest.mark.parametrize("kind", ["provider", "catalog"])
@pytest.mark.parametrize("result", ENDS)
def test_reconciles_and_writes_are_counted_by_how_they_end(result: str, kind: str) -> None:
    metrics = Metrics("0")
    controller = getattr(metrics, kind)
    counts = {
        "reconcile": controller.reconciling,
        "configmap_writes": controller.writing_config_map,
        "status_writes": controller.writing_status,
    }
    for name, count in counts.items():
        assert value(metrics, f"vllm{kind}_{name}_total", result=result) == 0
        with count():
            pass
        with pytest.raises(type(ENDS[result])), count():
            raise ENDS[result]
        assert value(metrics, f"vllm{kind}_{name}_total", result="success") == 1
        assert value(metrics, f"vllm{kind}_{name}_total", result=result) == 1
    assert value(metrics, f"vllm{kind}_reconcile_duration_seconds_count") == 2


def test_an_object_that_is_gone_is_no_error() -> None:
    metrics = Metrics("0")
    with pytest.raises(NotFound), metrics.provider.reconciling():
        raise NotFound
    assert value(metrics, "vllmprovider_reconcile_total", result="outdated") == 1


def test_a_write_that_is_answered_with_a_problem_counts_as_refused() -> None:
    metrics = Metrics("0")
    with metrics.provider.writing_config_map() as attempt:
        attempt.result = REFUSED
    assert value(metrics, "vllmprovider_configmap_writes_total", result="refused") == 1
    assert value(metrics, "vllmprovider_configmap_writes_total", result="success") == 0


def test_each_provider_is_shown_as_it_is_at_the_scrape_and_goes_with_its_object() -> None:
    metrics = Metrics("0")
    status = VllmProviderStatus.model_validate({"modelCount": 3, "conditions": [READY]})
    there = [
        ProviderSample(
            KEY,
            status,
            answered_at=1_800_000_000.0,
            interval=30.0,
            config_bytes=12_345,
            endpoints={"ready": 2, "unready": 1},
        )
    ]

    def sightings() -> Iterator[ProviderSample]:
        yield from there

    metrics.show_objects(sightings)
    result = {
        "models": 3,
        "last_success_timestamp_seconds": 1_800_000_000,
        "probe_interval_seconds": 30,
        "config_bytes": 12_345,
        "suspended": 0,
    }
    for name, expected in result.items():
        assert value(metrics, f"vllmprovider_{name}", **WHERE) == expected
    for state, count in {"ready": 2, "unready": 1}.items():
        assert value(metrics, "vllmprovider_endpoints", **WHERE, state=state) == count
    condition = {"type": "Ready", "status": "True"}
    assert value(metrics, "vllmprovider_status_condition", **WHERE, **condition) == 1
    there.clear()
    assert not [labels for _, labels in samples(metrics) if ("name", "vllm") in labels]


def test_each_catalog_is_shown_as_it_is_and_goes_with_its_object() -> None:
    metrics, there = Metrics("0"), [CatalogSample("all", CATALOG, 54_321)]
    metrics.show_objects(tuple, lambda: there)
    assert value(metrics, "vllmcatalog_models", name="all") == 7
    assert value(metrics, "vllmcatalog_targets", name="all", result="published") == 4
    assert value(metrics, "vllmcatalog_targets", name="all", result="failed") == 1
    assert value(metrics, "vllmcatalog_config_bytes", name="all") == 54_321
    condition = {"type": "Ready", "status": "True"}
    assert value(metrics, "vllmcatalog_status_condition", name="all", **condition) == 1
    there.clear()
    assert not [labels for _, labels in samples(metrics) if ("name", "all") in labels]


def test_what_is_not_known_of_a_provider_has_no_series() -> None:
    metrics = Metrics("0")
    metrics.show_objects(lambda: [ProviderSample(KEY, VllmProviderStatus(), suspended=True)])
    assert value(metrics, "vllmprovider_models", **WHERE) == 0
    assert value(metrics, "vllmprovider_suspended", **WHERE) == 1
    for name in ("last_success_timestamp_seconds", "probe_interval_seconds", "config_bytes"):
        assert value(metrics, f"vllmprovider_{name}", **WHERE) is None


def test_no_model_id_is_a_label() -> None:
    metrics = Metrics("0")
    model = {"id": "org/model", "ref": "vllm/org/model"}
    status = VllmProviderStatus.model_validate({"modelCount": 1, "models": [model]})
    metrics.show_objects(lambda: [ProviderSample(KEY, status)])
    assert "org/model" not in metrics.text().decode()


def test_each_queue_is_shown_as_it_is() -> None:
    class Queue:
        slots = 64
        active = 3

        def __len__(self) -> int:
            return 5

    metrics = Metrics("0")
    metrics.show_queues({"providers": Queue(), "sources": Queue()})
    result = {"queue_depth": 5, "active_workers": 3, "max_concurrent_reconciles": 64}
    for name, expected in result.items():
        for queue in ("providers", "sources"):
            assert value(metrics, f"vllmprovider_{name}", queue=queue) == expected


def test_a_watch_is_shown_by_when_it_was_last_active(monkeypatch: pytest.MonkeyPatch) -> None:
    watches = Watches(clock=lambda: now)
    now = 100.0
    watches.expect([Watch("services", "a"), Watch("services", "b"), Watch("configmaps")])
    now = 160.0
    watches.record_activity(Watch("services", "a"))
    watches.record_activity(Watch("configmaps"))
    now = 170.0
    metrics = Metrics("0")
    metrics.show_watches(watches)
    monkeypatch.setattr("time.time", lambda: 1_800_000_000.0)
    name = "vllmprovider_watch_last_event_timestamp_seconds"
    assert value(metrics, name, resource="services") == 1_800_000_000 - 70
    assert value(metrics, name, resource="configmaps") == 1_800_000_000 - 10


def test_of_several_replicas_one_is_shown_as_the_leader() -> None:
    metrics, leads = Metrics("0"), False
    assert "leader_election" not in metrics.text().decode()
    metrics.show_leadership("openclaw-vllm-operator", lambda: leads)
    name = {"name": "openclaw-vllm-operator"}
    assert value(metrics, "leader_election_master_status", **name) == 0
    leads = True
    assert value(metrics, "leader_election_master_status", **name) == 1
