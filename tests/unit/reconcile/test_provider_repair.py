"""What is published, when the API server will not have it, or somebody damages it meanwhile."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from openclaw_vllm.api.configmap import CONFIG, DIGEST, ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.edges.kube.readings import Readings
from openclaw_vllm.edges.kube.replies import Rejected
from openclaw_vllm.reconcile.driver import REJECTION_PAUSE
from openclaw_vllm.reconcile.provider import reconcile
from tests import builders
from tests.fakes.cluster import Action
from tests.harnesses.provider import ProviderHarness

RARELY = {"interval": "24h"}
SERVICE = ObjectKey(builders.NAMESPACE, "vllm")
CONFIG_MAP = ObjectKey(builders.NAMESPACE, "vllm-openclaw")
SPEC: dict[str, Any] = {
    "serviceRef": {"name": "vllm"},
    "discovery": RARELY | {"maxModels": 2},
    "agents": {"primary": ["b"]},
    "output": {"baseConfigRef": {"name": "base"}},
}
DENIED = "admission webhook denied the request: " + "because " * 5000


class FaultHarness(ProviderHarness):
    """A VllmProvider with a Service and a base configuration; a cluster that may refuse it."""

    def __init__(self, **spec: Any) -> None:
        super().__init__(builders.resource(builders.wire_spec(**{"discovery": RARELY, **spec})))
        self.refusal, self.base = "", "{gateway: {mode: 'local'}}"
        self.cluster.react = self.refuse
        self.restart()
        self.server.listed = frozenset("ab")

    def restart(self) -> None:
        super().restart()
        self.context = replace(self.context, config_maps=Readings(self.read_base))
        self.context.cache.services[SERVICE] = builders.service()

    async def refuse(self, action: Action) -> None:
        """Refuse ConfigMaps while there is a reason to."""
        if self.refusal and (action.verb, action.resource) == ("patch", "configmaps"):
            raise Rejected(f"applying ConfigMap {action.key}: 403 {self.refusal}")

    async def read_base(self, _: ObjectKey) -> dict[str, str]:
        return {"openclaw.json5": self.base}

    def run(self) -> float | None:
        """Reconcile once; return when it wants to run again."""
        return asyncio.run(reconcile(self.cluster.resource.key, self.context))

    def edit(self, **spec: Any) -> None:
        before = self.cluster.resource
        metadata = {"generation": before.generation + 1, "resourceVersion": "11"}
        status = before.status.model_dump(exclude_none=True)
        self.cluster.put(builders.resource(builders.wire_spec(**spec), status, **metadata))
        self.context.cache.put_provider(self.cluster.resource, ())

    def show(self, published: ConfigMapState | None) -> None:
        """Have the watch show what somebody else did to the ConfigMap."""
        for config_maps in (self.cluster.config_maps, self.context.cache.published):
            config_maps.pop(CONFIG_MAP, None)
            if published is not None:
                config_maps[CONFIG_MAP] = published

    def condition(self, type_: str) -> tuple[str, str, str]:
        conditions = self.cluster.resource.status.conditions
        by_type = {one.type: (one.status, one.reason, one.message) for one in conditions}
        return by_type[type_]


def test_a_refused_configmap_is_reported_in_a_bounded_sentence() -> None:
    life = FaultHarness()
    life.refusal = DENIED
    life.run()
    for type_ in ("ConfigPublished", "Ready", "Reconciling"):
        status, reason, message = life.condition(type_)
        assert (status == "True") == (type_ == "Reconciling")
        assert "admission webhook denied" in message
        assert len(message) <= 500
        assert reason == ("ProgressingWithRetry" if type_ == "Reconciling" else "WriteRefused")
    assert life.cluster.resource.status.observed_generation == 1


def test_a_refused_configmap_is_tried_again_each_minute_until_it_is_taken() -> None:
    life = FaultHarness()
    life.refusal = "no"
    for _ in range(4):
        assert life.run() == REJECTION_PAUSE
        life.now += REJECTION_PAUSE
    assert life.cluster.writes == ["refused", "status", "Event", *["refused"] * 3]
    life.refusal = ""
    assert (life.run() or 0.0) > REJECTION_PAUSE
    assert life.published == {"a", "b"}
    assert life.condition("Ready")[:2] == ("True", "Succeeded")


def test_a_refused_change_of_what_is_published_is_reported_and_tried_again() -> None:
    life = FaultHarness()
    life.run()
    life.refusal = "no"
    life.server.listed = frozenset("abc")
    life.now += 2 * 86_400
    for _ in range(3):
        assert life.run() == REJECTION_PAUSE
        life.now += REJECTION_PAUSE
    assert life.condition("ConfigPublished")[:2] == ("False", "WriteRefused")
    assert life.cluster.writes.count("refused") == 3
    assert life.published == {"a", "b"}
    status = life.cluster.resource.status
    assert status.model_count == 2  # what is published, not what was asked for


def test_a_refused_configmap_counts_as_refused() -> None:
    life = FaultHarness()
    life.refusal = "no"
    life.run()
    counted = life.context.metrics.registry.get_sample_value(
        "vllmprovider_configmap_writes_total", {"result": "refused"}
    )
    assert counted == 1


def break_the_base(life: FaultHarness) -> None:
    life.base = "{oops"
    life.context.config_maps.forget([ObjectKey(builders.NAMESPACE, "base")])


def list_too_many(life: FaultHarness) -> None:
    life.server.listed = frozenset("abc")
    life.now += 2 * 86_400


def go_elsewhere(life: FaultHarness) -> None:
    life.server.listed = None
    elsewhere = {"baseUrl": "http://new.models.svc:8000/v1"}
    life.edit(**{name: SPEC[name] for name in SPEC if name != "serviceRef"}, **elsewhere)


def choose_otherwise(life: FaultHarness) -> None:
    life.edit(**SPEC | {"agents": {"primary": ["a"]}, "serviceRef": {"name": "other"}})


def lose_the_service(life: FaultHarness) -> None:
    del life.context.cache.services[SERVICE]


def restart_without_the_service(life: FaultHarness) -> None:
    life.restart()
    lose_the_service(life)


def restart_elsewhere(life: FaultHarness) -> None:
    go_elsewhere(life)
    life.restart()


TROUBLE = {
    "the base is broken": break_the_base,
    "there are too many models": list_too_many,
    "another server is not up yet": go_elsewhere,
    "the primary's patterns are other ones": choose_otherwise,
    "the Service is gone": lose_the_service,
    "the Service is gone since a restart": restart_without_the_service,
    "another server is not up since a restart": restart_elsewhere,
}
DAMAGE: dict[str, Any] = {
    "deleted": None,
    "data": {"digest": "sha256:vandalized"},
    "labels": {"labels": {}},
    "annotations": {"annotations": {}},
    "owner": {"owner": None},
}


@pytest.mark.parametrize("trouble", TROUBLE)
def test_damage_is_repaired_from_what_was_published_last_while(trouble: str) -> None:
    life = FaultHarness(**SPEC)
    life.run()
    before = life.cluster.stored
    TROUBLE[trouble](life)
    life.run()
    message = life.condition("ConfigPublished")
    whole, status = life.cluster.published, life.cluster.resource.status
    assert whole is not None
    for damage in DAMAGE.values():
        written = life.written
        life.run()
        assert life.written == written
        life.show(None if damage is None else replace(whole, resource_version="7", **damage))
        life.run()
        assert life.cluster.writes[written:] == ["map"]
        assert life.cluster.stored["data"] == before["data"]
        assert life.cluster.stored["metadata"]["annotations"] == before["metadata"]["annotations"]
        assert life.condition("ConfigPublished") == message
        assert life.cluster.resource.status == status


def test_what_another_operator_has_published_meanwhile_is_no_damage() -> None:
    life = FaultHarness(**SPEC)
    life.run()
    list_too_many(life)
    life.run()
    result, written = life.cluster.published, life.written
    assert result is not None
    other = {**result.annotations, DIGEST: "sha256:newer"}
    life.show(replace(result, annotations=other, digest="sha256:newer", resource_version="7"))
    life.run()
    assert life.written == written


def test_a_broken_base_is_left_out_of_the_first_empty_documents() -> None:
    life = FaultHarness(**SPEC)
    break_the_base(life)
    life.run()
    assert life.published == set()
    life.restart()
    life.show(None)
    life.run()
    assert json.loads(life.cluster.stored["data"][CONFIG]) == {"models": {"providers": {}}}
    assert life.condition("ConfigPublished")[1] == "BaseConfigInvalid"
