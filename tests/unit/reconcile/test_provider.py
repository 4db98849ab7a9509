"""Whole lives of a VllmProvider, by its reconcile: answers, outages, restarts in any order."""

import asyncio
from dataclasses import dataclass, field, replace
from typing import Any, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.core.config.read_back import read_models
from openclaw_vllm.core.discovery.destination import Destinations
from openclaw_vllm.edges.kube.cache import Cache
from openclaw_vllm.edges.kube.cluster import Cluster
from openclaw_vllm.edges.kube.readings import Readings
from openclaw_vllm.edges.metrics.metrics import Metrics
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.provider import reconcile
from openclaw_vllm.reconcile.readers import Clock
from tests import builders

DOWN = Problem(Reason.CONNECTION_FAILED, "down")
SPEC: dict[str, Any] = {
    "agents": {"primary": ["b", "*"], "fallbacks": ["*"], "allow": "Discovered"},
    "modelOverrides": [{"match": "c", "contextWindow": 9000}],
}
CARDS: dict[str, dict[str, object]] = {
    **{id_: {"id": id_, "max_model_len": 32768} for id_ in "abc"},
    "lora": {"id": "lora", "parent": "c"},
}
LONGER_THAN_ANY_INTERVAL = 1000.0  # seconds


@dataclass
class Server:
    """A vLLM that lists these models; None: it is down."""

    listed: frozenset[str] | None = None

    async def lookup(self, host: str, port: int) -> tuple[str, ...]:
        return ("10.0.0.9",)

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        if self.listed is None:
            return DOWN
        if question.url.endswith("/models"):
            return ProbeResponse(200, builders.answer(*(CARDS[id_] for id_ in sorted(self.listed))))
        return ProbeResponse(405 if question.method == "OPTIONS" else 404)


@dataclass
class RetainedModel:
    """A cluster that keeps what is written, and knows what was."""

    resource: VllmProvider
    published: ConfigMapState | None = None
    writes: list[str] = field(default_factory=list)

    async def find_config_map(self, _: ObjectKey) -> ConfigMapState | None:
        return self.published

    async def apply_config_map(self, _: ObjectKey, manifest: dict[str, Any]) -> ConfigMapState:
        self.published = ConfigMapState.read(
            builders.stored(manifest, resourceVersion=self._write("map"))
        )
        return self.published

    async def apply_status(
        self, resource: VllmProvider, status: VllmProviderStatus
    ) -> VllmProvider:
        read_back = builders.with_status(resource, **status.model_dump(exclude_none=True))
        self.resource = replace(read_back, resource_version=self._write("status"))
        return self.resource

    async def post_event(self, *_: object, **__: object) -> None:
        self._write("Event")

    def _write(self, what: str) -> str:
        self.writes.append(what)
        return str(1000 + len(self.writes))


class ProviderHarness:
    """A VllmProvider, its server, its cluster, and one process of the operator after the other."""

    def __init__(self, resource: VllmProvider) -> None:
        self.server, self.cluster, self.now = Server(), RetainedModel(resource), 1_800_000_000.0
        self.restart()

    @property
    def published(self) -> set[str]:
        assert self.cluster.published is not None
        return {id_ for id_, _ in read_models(self.cluster.published.models_json, "vllm").contexts}

    @property
    def written(self) -> int:
        return len(self.cluster.writes)

    def restart(self) -> None:
        """Begin anew with what the cluster holds."""
        resource, published = self.cluster.resource, self.cluster.published
        self.world = ReconcileContext(
            cache=Cache(),
            cluster=cast(Cluster, self.cluster),
            prober=self.server,
            secrets=Readings(nothing),
            config_maps=Readings(nothing),
            policy=Destinations(),
            clock=Clock(lambda: self.now, lambda: self.now),
            metrics=Metrics("0.0.0"),
        )
        self.world.cache.put_provider(resource, ())
        if published is not None:
            self.world.inherit(resource.config_map, published)

    def probe(self, answer: frozenset[str] | None) -> None:
        """Reconcile once, when the server is due to be asked."""
        self.server.listed = answer
        self.now += LONGER_THAN_ANY_INTERVAL
        asyncio.run(reconcile(self.cluster.resource.key, self.world))


async def nothing(_: ObjectKey) -> Problem:
    return Problem(Reason.SECRET_NOT_FOUND, "there is none")


def born(remove_after: int = 3) -> ProviderHarness:
    spec = builders.wire_spec(**SPEC, discovery={"removeAfter": remove_after})
    return ProviderHarness(builders.resource(spec))


answers = st.frozensets(st.sampled_from(sorted(CARDS)))
troubles = st.sampled_from(["down", "restart", frozenset[str]()])
events = st.lists(answers | st.sampled_from(["down", "restart"]), max_size=12)


def live(life: ProviderHarness, event: frozenset[str] | str) -> None:
    if event == "restart":
        life.restart()
    else:
        life.probe(None if isinstance(event, str) else event)


@given(before=events, outage=st.lists(troubles, min_size=1, max_size=6))
@settings(max_examples=25, deadline=None)
def test_no_outage_of_server_or_operator_changes_a_byte(
    before: list[frozenset[str] | str], outage: list[frozenset[str] | str]
) -> None:
    """An empty list of a server that had models is one."""
    life = born()
    for event in ("down", *before, frozenset("a"), "down"):
        live(life, event)
    maps = life.cluster.writes.count("map")
    for event in outage:
        live(life, event)
        assert life.cluster.writes.count("map") == maps


@given(before=events, answer=answers)
@settings(max_examples=25, deadline=None)
def test_the_same_answer_again_writes_nothing_restart_or_not(
    before: list[frozenset[str] | str], answer: frozenset[str]
) -> None:
    life = born(remove_after=1)
    for event in (*before, answer, answer, answer):  # an empty one is told at the third
        live(life, event)
    written = life.written
    live(life, answer)
    assert life.written == written
    life.restart()
    live(life, answer)
    assert life.written == written


@given(before=events)
@settings(max_examples=25, deadline=None)
def test_a_server_that_stays_down_is_told_once_and_then_written_no_more(
    before: list[frozenset[str] | str],
) -> None:
    life = born()
    for event in (*before, "down", "down", "down"):
        live(life, event)
    written = life.written
    for event in ("down", "restart", "down", "restart", "down"):
        live(life, event)
        assert life.written == written


@given(before=events, remove_after=st.integers(1, 4))
@settings(max_examples=25, deadline=None)
def test_a_published_model_stays_until_its_nth_absence_in_a_row(
    before: list[frozenset[str] | str], remove_after: int
) -> None:
    life = born(remove_after)
    absent: dict[str, int] = {}
    for event in before:
        live(life, event)
        if isinstance(event, str) or not event:
            continue  # an empty answer is no good one
        assert event <= life.published
        absent = {id_: absent.get(id_, 0) + 1 for id_ in absent} | dict.fromkeys(event, 0)
        for id_ in [id_ for id_ in absent if id_ not in life.published]:
            assert absent.pop(id_) >= remove_after


@given(before=events)
@settings(max_examples=25, deadline=None)
def test_the_primary_stays_as_long_as_its_model_is_published(
    before: list[frozenset[str] | str],
) -> None:
    life, primary = born(), ""
    for event in before:
        live(life, event)
        if life.cluster.published is None:
            continue
        now = (life.cluster.resource.status.primary_model or "").removeprefix("vllm/")
        if primary in life.published:
            assert now == primary
        primary = now
