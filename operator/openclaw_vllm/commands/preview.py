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
from openclaw_vllm.core.discovery.models_response import ServedModel, parse
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.publication.ownership import manifest_of
from openclaw_vllm.core.publication.plan import Plan, Publish, plan_publication
from openclaw_vllm.core.status.conditions import PROVIDER_ASPECTS, conditions
from openclaw_vllm.core.status.provider import outcomes_of
from openclaw_vllm.edges.vllm.probe_request import MAX_ANSWER
from openclaw_vllm.reconcile.base_configs import BaseConfigs
from openclaw_vllm.reconcile.details import record_models
from openclaw_vllm.reconcile.locating import Upstream, resolve_endpoint
from openclaw_vllm.reconcile.probing import probe
from openclaw_vllm.reconcile.readers import Readers
from openclaw_vllm.reconcile.references import read_base

NO_TIME = "1970-01-01T00:00:00Z"  # conditions of objects that exist nowhere have no history


@dataclass(frozen=True, slots=True)
class Preview:
    """What is known of a VllmProvider after its server was asked once, and what follows."""

    resource: VllmProvider
    spec: VllmProviderSpec
    server: ServerState
    plan: Plan

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions that the cluster would show; their times say nothing."""
        outcomes = outcomes_of(self.spec, self.server, self.plan.problem, self.plan.note)
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
        return dict(self.plan.documents.data) if isinstance(self.plan, Publish) else {}

    @property
    def config_map(self) -> dict[str, Any] | None:
        """The ConfigMap that would be applied, less its owner, who exists in a cluster only."""
        if not isinstance(self.plan, Publish):
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
    text = await read_base(resource.key.namespace, spec.output.base_config_ref, inputs)
    base = await BaseConfigs().parse(text)
    upstream, server = await resolve_endpoint(resource, spec, ServerState.new(resource), inputs)
    if isinstance(upstream, Upstream) and not spec.models:
        answer = await _answer(resource, spec, upstream, inputs, snapshot)
        server = await _record(answer, spec, server, inputs)
    plan = plan_publication(resource, spec, server.discovery, base, existing)
    return Preview(resource, spec, server, plan)


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


async def _record(
    answer: Listed | Problem, spec: VllmProviderSpec, server: ServerState, inputs: Readers
) -> ServerState:
    if isinstance(answer, Problem):
        return server.with_probe_failure(answer)
    upstream, served = answer
    return await record_models(spec, upstream, served, server, inputs)
