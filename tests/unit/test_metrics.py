"""Metrics: what is counted, under the names that dashboards and alerts know."""

from collections.abc import Iterator

import pytest
from prometheus_client.parser import text_string_to_metric_families

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.edges.metrics import Metrics, Sighting

Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


def samples(metrics: Metrics) -> Samples:
    families = text_string_to_metric_families(metrics.text().decode())
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in families
        for sample in family.samples
    }


def value(metrics: Metrics, metric: str, /, **labels: str) -> float | None:
    return samples(metrics).get((metric, tuple(sorted(labels.items()))))


def test_probes_are_counted_by_their_outcome() -> None:
    metrics = Metrics("1.2.3")
    for outcome in ((), Problem(Reason.TIMED_OUT, "s3cret"), Problem(Reason.TIMED_OUT, "")):
        metrics.probed(outcome)
    assert value(metrics, "vllmprovider_probe_total", outcome="Succeeded") == 1
    assert value(metrics, "vllmprovider_probe_total", outcome="TimedOut") == 2
    assert "s3cret" not in metrics.text().decode()


def test_writes_and_the_version_are_told() -> None:
    metrics = Metrics("1.2.3")
    metrics.written("ConfigMap")
    assert value(metrics, "vllmprovider_writes_total", kind="ConfigMap") == 1
    assert value(metrics, "vllmprovider_build_info", version="1.2.3") == 1


def test_reconciles_are_counted_with_their_length_and_result() -> None:
    metrics = Metrics("0")
    with metrics.timed():
        pass
    with pytest.raises(RuntimeError), metrics.timed():
        raise RuntimeError
    assert value(metrics, "vllmprovider_reconcile_total", result="success") == 1
    assert value(metrics, "vllmprovider_reconcile_total", result="error") == 1
    assert value(metrics, "vllmprovider_reconcile_duration_seconds_count") == 2


def test_each_provider_is_shown_as_it_is_at_the_scrape_and_goes_with_its_object() -> None:
    metrics = Metrics("0")
    ready = {"type": "Ready", "status": "True", "reason": "Succeeded", "message": ""}
    status = VllmProviderStatus.model_validate(
        {"modelCount": 3, "conditions": [ready | {"lastTransitionTime": ""}]}
    )
    there = [Sighting(ObjectKey("agents", "vllm"), status, 1_800_000_000.0)]
    depth = 5

    def sightings() -> Iterator[Sighting]:
        yield from there

    metrics.collect_from(sightings, lambda: depth)
    where = {"namespace": "agents", "name": "vllm"}
    assert value(metrics, "vllmprovider_models", **where) == 3
    assert value(metrics, "vllmprovider_last_success_timestamp_seconds", **where) == 1_800_000_000
    assert (
        value(metrics, "vllmprovider_status_condition", **where, type="Ready", status="True") == 1
    )
    assert value(metrics, "workqueue_depth") == 5
    there.clear()
    assert value(metrics, "vllmprovider_models", **where) is None


def test_a_provider_that_was_never_answered_has_no_time_of_an_answer() -> None:
    metrics = Metrics("0")
    new = Sighting(ObjectKey("agents", "vllm"), VllmProviderStatus(), 0.0)
    metrics.collect_from(lambda: [new], lambda: 0)
    where = {"namespace": "agents", "name": "vllm"}
    assert value(metrics, "vllmprovider_models", **where) == 0
    assert value(metrics, "vllmprovider_last_success_timestamp_seconds", **where) is None


def test_no_model_id_is_a_label() -> None:
    metrics = Metrics("0")
    model = {"id": "org/model", "ref": "vllm/org/model"}
    status = VllmProviderStatus.model_validate({"modelCount": 1, "models": [model]})
    metrics.collect_from(lambda: [Sighting(ObjectKey("a", "b"), status, 1.0)], lambda: 0)
    assert "org/model" not in metrics.text().decode()
