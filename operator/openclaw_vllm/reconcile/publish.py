"""Publication of one VllmProvider: its ConfigMap, never over what is not its own."""

import logging

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.agents import patterns_hash
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.publication.last_published import LastPublished
from openclaw_vllm.core.publication.manifest import Manifest
from openclaw_vllm.core.publication.outcome import PublishEmpty, Restore, outcome_of
from openclaw_vllm.core.publication.ownership import manifest_of, refusal
from openclaw_vllm.core.publication.plan import KeepPublished, Plan, Publish
from openclaw_vllm.core.status.provider import Publication
from openclaw_vllm.reconcile.apply import apply_config_map, get_existing
from openclaw_vllm.reconcile.context import ReconcileContext

logger = logging.getLogger(__name__)


async def publish(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    plan: Plan,
    last: LastPublished,
    base: Base | Problem | None,
    context: ReconcileContext,
) -> tuple[Problem | None, Publication | None]:
    """Apply what the plan asks for; return what is wrong, and what is published if that is news.

    Raises Conflict and NotFound of `edges`.
    """
    existing = await _get_existing(provider, context)
    if problem := refusal(provider, existing, context.cache.claimants(provider.config_map)):
        return problem, None
    current, publication = patterns_hash(spec.agents), None
    match outcome_of(plan, existing, last, spec, base):
        case KeepPublished(problem=problem):
            return problem, None
        case Restore(documents, patterns, problem):
            desired, what = manifest_of(provider, spec, documents, patterns), "what it held before"
        case PublishEmpty(documents, problem):
            desired, what = manifest_of(provider, spec, documents, current), "0 models"
            publication = Publication((), "", documents.digest)
        case Publish(documents, problem, models, primary):
            desired, what = manifest_of(provider, spec, documents, current), f"{len(models)} models"
            publication = Publication(models, primary, documents.digest)
    if rejected := await _apply(provider, existing, desired, what, context):
        return rejected, None
    return problem, publication


async def _apply(
    provider: VllmProvider,
    existing: ConfigMapState | None,
    desired: Manifest,
    what: str,
    context: ReconcileContext,
) -> Problem | None:
    edited = provider.status.observed_generation != provider.generation
    before, counters = context.cache.published.get(provider.config_map), context.metrics.provider
    rejected = await apply_config_map(existing, desired, counters, context, prune=edited)
    if rejected is None and context.cache.published.get(provider.config_map) is not before:
        values = (provider.config_map.name, what)
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
