"""Publication of one VllmProvider: its ConfigMap, never over what is not its own."""

import logging
from functools import partial

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.publication.last_published import LastPublished
from openclaw_vllm.core.publication.manifest import Manifest, drift
from openclaw_vllm.core.publication.outcome import Outcome, PublishEmpty, Restore, outcome_of
from openclaw_vllm.core.publication.ownership import manifest_of, refusal
from openclaw_vllm.core.publication.plan import KeepPublished, Plan, Publish
from openclaw_vllm.core.status.provider import Publication
from openclaw_vllm.edges.kube.replies import Conflict
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.write_config_map import get_existing, write_config_map

logger = logging.getLogger(__name__)


async def publish(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    plan: Plan,
    last: LastPublished,
    base: Base | Problem | None,
    context: ReconcileContext,
) -> tuple[Problem | None, Publication | None]:
    """Carry out the plan; return the problem, and what is published if that is new.

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
) -> tuple[Problem | None, Publication | None]:
    if problem := refusal(provider, existing, context.cache.claimants(provider.config_map)):
        return problem, None
    publication = None
    match outcome:
        case KeepPublished(problem=problem):
            return problem, None
        case Restore(documents, patterns, problem):
            desired, content = (
                manifest_of(provider, spec, documents, patterns),
                "what it held before",
            )
        case PublishEmpty(documents, problem, patterns):
            desired, content = manifest_of(provider, spec, documents, patterns), "0 models"
            publication = Publication((), "", documents.digest)
        case Publish(documents, problem, models, primary, patterns=patterns):
            desired = manifest_of(provider, spec, documents, patterns)
            content = f"{len(models)} models"
            publication = Publication(models, primary, documents.digest)
    refused = await _apply(provider, existing, desired, content, context)
    published = context.cache.published.get(provider.config_map)
    if refused and (published is None or drift(published, desired)):
        return refused, None
    return refused or problem, publication


async def _apply(
    provider: VllmProvider,
    existing: ConfigMapState | None,
    desired: Manifest,
    content: str,
    context: ReconcileContext,
) -> Problem | None:
    before, counters = context.cache.published.get(provider.config_map), context.metrics.provider
    rejected = await write_config_map(
        existing, desired, counters, context, prune=not provider.is_observed
    )
    if context.cache.published.get(provider.config_map) is not before:
        values = (provider.config_map.name, content)
        logger.info("ConfigMap %s is written, with %s", *values, extra={"key": provider.key})
    return rejected


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
