"""What is published, when the API server will not have it, or somebody damages it meanwhile."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from openclaw_vllm.api.configmap import PublishedMap
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import Observed
from openclaw_vllm.edges.cluster import Refused
from openclaw_vllm.reconcile.provider import reconcile
from openclaw_vllm.reconcile.world import REFUSAL_PAUSE
from tests import builders
from tests.unit.test_life import Kept, Life

RARELY = {"interval": "24h"}
DENIED = "admission webhook denied the request: " + "because " * 5000


@dataclass
class Moody(Kept):
    """A cluster that refuses ConfigMaps while it has a reason to."""

    refusal: str = ""
    stored: dict[str, Any] = field(default_factory=dict)

    async def confirm(self, _: Observed[Any, Any]) -> None:
        """It is there."""

    async def apply_config_map(self, key: ObjectKey, manifest: dict[str, Any]) -> PublishedMap:
        if self.refusal:
            self.writes.append("refused")
            raise Refused(f"applying ConfigMap {key}: 403 {self.refusal}")
        self.stored = manifest
        return await super().apply_config_map(key, manifest)


class Kingdom(Life):
    """A life under a moody cluster."""

    cluster: Moody

    def __init__(self, **spec: Any) -> None:
        super().__init__(builders.resource(builders.wire_spec(**{"discovery": RARELY, **spec})))
        self.cluster = Moody(self.cluster.resource)
        self.restart()
        self.server.listed = frozenset("ab")

    def run(self) -> float | None:
        """Reconcile once; return when it wants to run again."""
        return asyncio.run(reconcile(self.cluster.resource.key, self.world))

    def told(self, type_: str) -> tuple[str, str, str]:
        said = {
            c.type: (c.status, c.reason, c.message) for c in self.cluster.resource.status.conditions
        }
        return said[type_]


def test_a_refused_configmap_is_told_in_a_bounded_sentence() -> None:
    life = Kingdom()
    life.cluster.refusal = DENIED
    life.run()
    for type_ in ("ConfigPublished", "Ready", "Reconciling"):
        status, reason, message = life.told(type_)
        assert (status == "True") == (type_ == "Reconciling")
        assert "admission webhook denied" in message
        assert len(message) <= 500
        assert reason == ("ProgressingWithRetry" if type_ == "Reconciling" else "WriteRefused")
    assert life.cluster.resource.status.observed_generation == 1


def test_a_refused_configmap_is_tried_again_each_minute_until_it_is_taken() -> None:
    life = Kingdom()
    life.cluster.refusal = "no"
    for _ in range(4):
        assert life.run() == REFUSAL_PAUSE
        life.now += REFUSAL_PAUSE
    assert life.cluster.writes == ["refused", "status", "Event", *["refused"] * 3]
    life.cluster.refusal = ""
    assert (life.run() or 0.0) > REFUSAL_PAUSE
    assert life.published == {"a", "b"}
    assert life.told("Ready")[:2] == ("True", "Succeeded")


def test_a_refused_change_of_what_is_published_is_told_and_tried_again() -> None:
    life = Kingdom()
    life.run()
    life.cluster.refusal = "no"
    life.server.listed = frozenset("abc")
    life.now += 2 * 86_400
    for _ in range(3):
        assert life.run() == REFUSAL_PAUSE
        life.now += REFUSAL_PAUSE
    assert life.told("ConfigPublished")[:2] == ("False", "WriteRefused")
    assert life.cluster.writes.count("refused") == 3
    assert life.published == {"a", "b"}
    status = life.cluster.resource.status
    assert status.model_count == 2  # what is published, not what was asked for


def test_a_refused_configmap_counts_as_refused() -> None:
    life = Kingdom()
    life.cluster.refusal = "no"
    life.run()
    counted = life.world.metrics.registry.get_sample_value(
        "vllmprovider_configmap_writes_total", {"result": "refused"}
    )
    assert counted == 1
