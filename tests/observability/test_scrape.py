"""A real Prometheus scrapes the operator: what it finds, and what the dashboard shows of it."""

import json
from functools import partial

import pytest

from tests.apiserver.workspace import soon
from tests.eventually import eventually_sync
from tests.observability.dashboard import Query, queries
from tests.observability.scene import Scene

pytestmark = pytest.mark.timeout(600)


def test_prometheus_takes_every_sample(scene: Scene) -> None:
    soon(partial(scene.prometheus.query, "up == 1"))
    assert not scene.prometheus.query(
        "scrape_samples_scraped != scrape_samples_post_metric_relabeling"
    )


def test_the_labels_of_a_provider_win_over_those_of_the_pod(scene: Scene) -> None:
    soon(
        partial(
            scene.prometheus.query, 'vllmprovider_models{namespace="observed-models", name="good"}'
        )
    )
    assert scene.prometheus.query('vllmprovider_queue_depth{namespace="openclaw-vllm"}')
    assert not scene.prometheus.query('{exported_namespace!=""}')


@pytest.mark.parametrize("query", queries(), ids=str)
def test_every_query_of_the_dashboard_returns_data(query: Query, scene: Scene) -> None:
    def has_data() -> bool:
        values = [series["value"][1] for series in scene.prometheus.query(query.expression)]
        return bool(values) and "NaN" not in values

    eventually_sync(has_data, within=60, describe=query.expression)


def test_the_series_of_a_provider_go_with_it(scene: Scene) -> None:
    gone = scene.space.provider(scene.server, "gone")
    gone.is_ready()
    of_it = partial(scene.prometheus.query, '{name="gone"}')
    soon(of_it)
    gone.delete()
    soon(lambda: not of_it())


def test_no_model_is_in_any_label(scene: Scene) -> None:
    result = scene.prometheus.query('{job="openclaw-vllm-operator"}')
    assert len(result) > 100
    for model in scene.server.models:
        assert model.id not in json.dumps(result)


def test_no_alert_fires_while_all_is_well(scene: Scene) -> None:
    """The providers that are down are pending for a quarter of an hour."""
    soon(lambda: scene.prometheus.alerts() == {"OpenClawVllmProviderNotReady": "pending"})


def test_an_operator_that_ends_is_noticed(scene: Scene) -> None:
    scene.operator.kill()
    soon(lambda: scene.prometheus.alerts().get("OpenClawVllmOperatorDown") == "pending")
    scene.operator.start()
    soon(lambda: "OpenClawVllmOperatorDown" not in scene.prometheus.alerts())
