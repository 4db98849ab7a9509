"""Publication of one VllmProvider: its ConfigMap, never over what is not its own."""

import logging
from dataclasses import dataclass
from functools import partial

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.publication.last_published import LastPublished
from openclaw_vllm.core.publication.manifest import Manifest, drift
from openclaw_vllm.core.publication.outcome import Outcome, outcome_of
from openclaw_vllm.core.publication.ownership import (
    claim_refusal,
    has_expected_metadata,
    manifest_of,
)
from openclaw_vllm.core.publication.plan import KeepPublished, Plan, Publish
from openclaw_vllm.core.status.provider import Publication
from openclaw_vllm.edges.kube.replies import Conflict
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.write_config_map import get_existing, write_config_map

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PublishResult:
    """What came of a plan."""

    problem: Problem | None  # why the ConfigMap does not hold what the spec asks for
    publication: Publication | None = None  # what it holds, if that is new

    @property
    def is_rejected(self) -> bool:
        """Whether the API server rejected the write."""
        return self.problem is not None and self.problem.reason is Reason.WRITE_REFUSED


async def publish(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    plan: Plan,
    last: LastPublished,
    base: Base | Problem | None,
    context: ReconcileContext,
) -> PublishResult:
    """Carry out the plan.

    A VllmProvider that was never reconciled has nothing published: the first write, which only
    creates, tells as much as a read. Raises Conflict and NotFound of `edges`.
    """
    outcome = partial(outcome_of, plan, last=last, spec=spec, base=base)
    if not provider.status.conditions and provider.config_map not in context.cache.published:
        try:
            return await _carry_out(provider, spec, None, outcome(existing=None), context)
        except Conflict:
            name = provider.config_map.name
            logger.info("ConfigMap %s exists already", name, extra={"key": provider.key})
    existing = await _get_existing(provider, context)
    return await _carry_out(provider, spec, existing, outcome(existing=existing), context)


async def _carry_out(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    existing: ConfigMapState | None,
    outcome: Outcome,
    context: ReconcileContext,
) -> PublishResult:
    if problem := claim_refusal(provider, existing, context.cache.claimants(provider.config_map)):
        return PublishResult(problem)
    if isinstance(outcome, KeepPublished):
        return PublishResult(outcome.problem)
    content, publication = "what it held before", None
    if isinstance(outcome, Publish):
        content = f"{len(outcome.models)} models"
        publication = Publication(outcome.models, outcome.primary, outcome.documents.digest)
    desired = manifest_of(provider, spec, outcome.documents, outcome.patterns)
    problem = await _apply(provider, existing, desired, content, context)
    published = context.cache.published.get(provider.config_map)
    if problem and (published is None or drift(published, desired)):
        return PublishResult(problem)
    return PublishResult(problem or outcome.problem, publication)


async def _apply(
    provider: VllmProvider,
    existing: ConfigMapState | None,
    desired: Manifest,
    content: str,
    context: ReconcileContext,
) -> Problem | None:
    """Apply the ConfigMap if it has drifted, and log it with its content; return why that was
    rejected, or who contests it."""
    before, counters = context.cache.published.get(provider.config_map), context.metrics.provider
    problem = await write_config_map(
        existing, desired, counters, context, prune=not provider.is_observed
    )
    if context.cache.published.get(provider.config_map) is not before:
        values = (provider.config_map.name, content)
        logger.info("ConfigMap %s is written, with %s", *values, extra={"key": provider.key})
    return problem


async def _get_existing(provider: VllmProvider, context: ReconcileContext) -> ConfigMapState | None:
    """Return the ConfigMap, from the cache or by name.

    Before one that was published once is created anew, the VllmProvider has to exist still: the
    delete of both may have been lost, and the garbage collector and we would chase each other (575
    writes in 50 s were seen). Raises NotFound.
    """
    existing = await get_existing(provider.config_map, context)
    if existing is None and provider.status.config_map is not None:
        await context.cluster.ensure_still_exists(provider)
    return existing


def published_by_other_instance(
    plan: Plan, provider: VllmProvider, spec: VllmProviderSpec, existing: ConfigMapState | None
) -> bool:
    """Return whether another operator has published other documents than the plan's: no damage."""
    if isinstance(plan, KeepPublished) or existing is None or existing.immutable:
        return False
    whole = existing.is_unmodified and has_expected_metadata(provider, existing, spec)
    return whole and existing.digest != plan.documents.digest
