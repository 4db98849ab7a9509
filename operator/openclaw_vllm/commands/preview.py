"""What the operator would make of a VllmProvider, by the operator's own functions.

The server's list comes from a saved answer or from the server itself. Both go the way that a
reconcile goes, to the same plan, and to the conditions that the cluster would show.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from openclaw_vllm.api.conditions import Condition, ConditionType, Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.agents import patterns_hash
from openclaw_vllm.core.discovery.memory import Memory
from openclaw_vllm.core.discovery.models_response import ServedModel, parse
from openclaw_vllm.core.publication.ownership import manifest_of
from openclaw_vllm.core.publication.plan import Plan, decide
from openclaw_vllm.core.status.conditions import PROVIDER_ASPECTS, conditions
from openclaw_vllm.core.status.provider import outcomes_of
from openclaw_vllm.edges.vllm.probe_request import MAX_ANSWER
from openclaw_vllm.reconcile.learning import look, with_models
from openclaw_vllm.reconcile.locating import Upstream
from openclaw_vllm.reconcile.probing import probe
from openclaw_vllm.reconcile.readers import Readers

NO_TIME = "1970-01-01T00:00:00Z"  # conditions of objects that exist nowhere have no history


@dataclass(frozen=True, slots=True)
class Preview:
    """What is known of a VllmProvider after its server was asked once, and what follows."""

    resource: VllmProvider
    spec: VllmProviderSpec
    memory: Memory
    plan: Plan

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions that the cluster would show; their times say nothing."""
        outcomes = outcomes_of(self.spec, self.memory, self.plan.problem, self.plan.note)
        return conditions(outcomes, self.resource.generation, (), NO_TIME)

    @property
    def aspects(self) -> tuple[Condition, ...]:
        """The conditions that Ready is computed from."""
        return tuple(
            condition for condition in self.conditions if condition.type in PROVIDER_ASPECTS
        )

    @property
    def problem(self) -> Condition | None:
        """Why it would not be Ready, None when it would."""
        ready = next(c for c in self.conditions if c.type == ConditionType.READY)
        return None if ready.status == "True" else ready

    @property
    def data(self) -> dict[str, str]:
        """The documents that would be published, by their keys; empty when nothing would be."""
        return dict(self.plan.documents.data) if self.plan.documents else {}

    @property
    def config_map(self) -> dict[str, Any] | None:
        """The ConfigMap that would be applied, less its owner, who exists in a cluster only."""
        if self.plan.documents is None:
            return None
        patterns = patterns_hash(self.spec.agents)
        manifest = manifest_of(self.resource, self.spec, self.plan.documents, patterns)
        del manifest["metadata"]["ownerReferences"]
        return manifest


async def build_preview(
    resource: VllmProvider,
    spec: VllmProviderSpec,
    inputs: Readers,
    *,
    snapshot: bytes | None = None,
    existing: ConfigMapState | None = None,
) -> Preview:
    """Foresee what is published once the server's present list has settled.

    `snapshot` is the body of an answer to GET /v1/models; without one the server is asked, unless
    the spec lists its models. `existing` is what is published now: a primary model stays.
    """
    memory = Memory(resource.uid, resource.generation, resource.requested_at)
    upstream, memory = await look(resource, spec, memory, inputs)
    if isinstance(upstream, Upstream) and not spec.models:
        answer = await _answer(resource, spec, upstream, inputs, snapshot)
        memory = await _taken_in(answer, spec, memory, inputs)
    return Preview(resource, spec, memory, decide(resource, spec, memory, existing))


Listed = tuple[Upstream, Iterable[ServedModel]]


async def _answer(
    resource: VllmProvider,
    spec: VllmProviderSpec,
    upstream: Upstream,
    inputs: Readers,
    snapshot: bytes | None,
) -> Listed | Problem:
    if snapshot is None:
        return await probe(resource, spec, upstream, inputs)
    if len(snapshot) > MAX_ANSWER:
        return Problem(
            Reason.ANSWER_TOO_LARGE,
            f"the snapshot is longer than the {MAX_ANSWER} bytes of an answer",
        )
    served = parse(snapshot)
    return served if isinstance(served, Problem) else (upstream, served)


async def _taken_in(
    answer: Listed | Problem, spec: VllmProviderSpec, memory: Memory, inputs: Readers
) -> Memory:
    if isinstance(answer, Problem):
        return memory.fail(answer)
    upstream, served = answer
    return await with_models(spec, upstream, served, memory, inputs)
