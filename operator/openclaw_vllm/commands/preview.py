"""Preview of a VllmProvider's plan and conditions, by the functions of a reconcile.

The models come from a saved answer or from the server itself; in both cases the plan and the
conditions are those of the cluster.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from openclaw_vllm.api.conditions import Condition, ConditionType, Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.core.discovery.models_response import ServedModel, parse
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.publication.ownership import manifest_of
from openclaw_vllm.core.publication.plan import Plan, Publish, plan_publication
from openclaw_vllm.core.status.conditions import PROVIDER_ASPECTS, conditions
from openclaw_vllm.core.status.provider import Publication, outcomes_of, summarize
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
    """A VllmProvider's plan after one probe, or after one saved answer."""

    provider: VllmProvider
    spec: VllmProviderSpec
    server: ServerState
    plan: Plan

    @property
    def conditions(self) -> tuple[Condition, ...]:
        """The conditions that the cluster would show; their times mean nothing."""
        plan = self.plan
        outcomes = outcomes_of(self.spec, self.server, plan.problem, plan.note, plan.reason)
        return conditions(outcomes, self.provider.generation, (), NO_TIME)

    @property
    def aspects(self) -> tuple[Condition, ...]:
        """The conditions that Ready is computed from."""
        return tuple(
            condition for condition in self.conditions if condition.type in PROVIDER_ASPECTS
        )

    @property
    def status(self) -> VllmProviderStatus:
        """The status that the cluster would show; whatever stands in the file counts for
        nothing."""
        publication = None
        if isinstance(self.plan, Publish):
            digest = self.plan.documents.digest
            publication = Publication(self.plan.models, self.plan.primary, digest)
        provider = replace(self.provider, status=VllmProviderStatus())
        return summarize(provider, self.spec, self.conditions, self.server, publication)

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
        documents, patterns = self.plan.documents, self.plan.patterns
        manifest = manifest_of(self.provider, self.spec, documents, patterns)
        del manifest["metadata"]["ownerReferences"]
        return manifest


async def build_preview(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    readers: Readers,
    *,
    snapshot: bytes | None = None,
    existing: ConfigMapState | None = None,
) -> Preview:
    """Compute what is published once the server's present list has settled.

    `snapshot` is the body of an answer to GET /v1/models; without one the server is probed, unless
    the spec lists its models. `existing` is the ConfigMap of now: its primary model stays.
    """
    text = await read_base(provider.key.namespace, spec.output.base_config_ref, readers)
    base = await BaseConfigs().parse(text)
    namespace, new = provider.key.namespace, ServerState(provider.request)
    upstream, server = await resolve_endpoint(namespace, spec, new, readers)
    if isinstance(upstream, Upstream) and not spec.models:
        listing = await _read_models(provider, spec, upstream, readers, snapshot)
        server = await _record(listing, spec, server, readers)
        if snapshot is not None:  # a list that was saved proves no key
            server = server.with_key_proof(None)
    plan = plan_publication(provider, spec, server.discovery, base, existing)
    return Preview(provider, spec, server, plan)


Listing = tuple[Upstream, Iterable[ServedModel]]


async def _read_models(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    upstream: Upstream,
    readers: Readers,
    snapshot: bytes | None,
) -> Listing | Problem:
    if snapshot is None:
        return await probe(provider.key.namespace, spec, upstream, readers)
    if len(snapshot) > MAX_ANSWER:
        return Problem(
            Reason.ANSWER_TOO_LARGE,
            f"the snapshot is longer than the {MAX_ANSWER} bytes of an answer",
        )
    served = parse(snapshot, upstream.endpoint.models_path)
    return served if isinstance(served, Problem) else (upstream, served)


async def _record(
    listing: Listing | Problem, spec: VllmProviderSpec, server: ServerState, readers: Readers
) -> ServerState:
    if isinstance(listing, Problem):
        return server.with_probe_failure(listing)
    upstream, served = listing
    return await record_models(spec, upstream, served, server, readers)
