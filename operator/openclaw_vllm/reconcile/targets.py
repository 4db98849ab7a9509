"""Targets of one VllmCatalog: its ConfigMap in every namespace, each only when it differs.

A catalog gets a finalizer before its first ConfigMap is written, and is removed from every
namespace before it goes: the one finalizer of the product.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable, Sequence
from typing import TypeVar

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import CATALOG, ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmCatalog
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.catalog.targets import (
    claim_refusal,
    is_published_by,
    is_stale_target,
    keeps_published,
    manifest_of,
    rivals,
)
from openclaw_vllm.core.config.documents import Documents
from openclaw_vllm.core.status.catalog import Failures, TargetResults
from openclaw_vllm.edges.kube.replies import Conflict, NotFound, Rejected
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.write_config_map import (
    create_or_replace,
    get_existing,
    write_config_map,
)

FINALIZER = CATALOG
WRITERS = 16  # namespaces that are written to at the same time
UNPUBLISHED = Problem(Reason.PENDING, "nothing could be published yet; see the condition")

Claims = list[tuple[VllmCatalog, set[str]]]  # rivals, each with the namespaces that it targets
Outcome = TypeVar("Outcome")
logger = logging.getLogger(__name__)


async def ensure_finalizer(catalog: VllmCatalog, context: ReconcileContext) -> VllmCatalog:
    """Return the catalog with our finalizer, which is added if it is not there."""
    if FINALIZER in catalog.finalizers:
        return catalog
    updated = await context.cluster.set_finalizers(catalog, (*catalog.finalizers, FINALIZER))
    context.cache.put_catalog(updated)
    return updated


async def finalize(catalog: VllmCatalog, context: ReconcileContext) -> None:
    """Remove every ConfigMap of a catalog that is being deleted, then let it go."""
    if FINALIZER in catalog.finalizers:
        for _, problem in await delete_stale_targets(catalog, set(), context):
            raise Rejected(problem.message)
        others = [name for name in catalog.finalizers if name != FINALIZER]
        context.cache.put_catalog(await context.cluster.set_finalizers(catalog, others))
        logger.info("withdrawn from every namespace", extra={"key": catalog.key})


async def sync_targets(
    catalog: VllmCatalog, documents: Documents | None, patterns: str, context: ReconcileContext
) -> TargetResults:
    """Write the documents where they are missing or differ, remove them where they must not be.

    Without documents, everything that is published stays as it is. Before one that was published
    once is created anew, the VllmCatalog has to exist still, as for VllmProviders. Raises NotFound.
    """
    _restore_contests(catalog, context)
    targets = {ObjectKey(name, catalog.config_map_name) for name in context.targets_of(catalog)}
    failed_deletions = await delete_stale_targets(catalog, targets, context)
    if catalog.status.digest and not targets <= context.cache.published.keys():
        await context.cluster.ensure_still_exists(catalog)
    others = rivals(catalog, context.cache.catalogs.values())
    claims: Claims = [(other, set(context.targets_of(other))) for other in others]

    async def publish(key: ObjectKey) -> Problem | None:
        return await _publish(catalog, key, documents, patterns, claims, context)

    outcomes = await _for_each(sorted(targets), publish)
    failures = _failures(outcomes)
    return TargetResults(len(outcomes) - len(failures), failures, failed_deletions)


async def _publish(
    catalog: VllmCatalog,
    key: ObjectKey,
    documents: Documents | None,
    patterns: str,
    claims: Claims,
    context: ReconcileContext,
) -> Problem | None:
    """Write one ConfigMap if it differs; without documents, the catalog's own may stay."""
    existing = await get_existing(key, context)
    if problem := claim_refusal(catalog, existing, _claimants(key, existing, claims)):
        return problem
    if documents is None:
        return None if is_published_by(catalog, existing) else UNPUBLISHED
    desired = manifest_of(catalog, key.namespace, documents, patterns)
    counters, prune = context.metrics.catalog, not catalog.is_observed
    return await write_config_map(
        existing, desired, counters, context, write=create_or_replace, prune=prune
    )


def _claimants(
    key: ObjectKey, existing: ConfigMapState | None, claims: Claims
) -> list[VllmCatalog]:
    return [
        other
        for other, namespaces in claims
        if key.namespace in namespaces or keeps_published(other, existing)
    ]


async def delete_orphan(
    key: ObjectKey, config_map: ConfigMapState, context: ReconcileContext
) -> None:
    """Delete what a deleted VllmCatalog has left; a failure is only logged, since the next relist
    shows it again."""
    logger.info("removing ConfigMap %s, whose VllmCatalog is gone", key)
    try:
        problem = await _delete(key, config_map, context)
    except Conflict:
        logger.info("ConfigMap %s has changed meanwhile; it is looked at again later", key)
    else:
        if problem is not None:
            logger.error("%s; it is tried again at the next relist", problem.message)


async def delete_stale_targets(
    catalog: VllmCatalog, targets: set[ObjectKey], context: ReconcileContext
) -> Failures:
    """Delete the catalog's ConfigMaps but for the targets; return what was refused."""
    published = context.cache.published

    def stale(key: ObjectKey) -> ConfigMapState | None:
        config_map = published.get(key)
        if config_map is None or not is_stale_target(catalog, key, config_map, targets):
            return None
        return config_map

    async def delete(key: ObjectKey) -> Problem | None:
        config_map = stale(key)
        if config_map is None:
            return None  # while it waited for its turn, it went or another catalog took it over
        return await _delete(key, config_map, context)

    return _failures(await _for_each([key for key in published if stale(key)], delete))


async def _delete(
    key: ObjectKey, config_map: ConfigMapState, context: ReconcileContext
) -> Problem | None:
    """Delete a ConfigMap as it was read, in the cache too; return why the API server refused."""
    try:
        await context.cluster.delete_config_map(key, config_map)
    except Rejected as error:
        return Problem(Reason.WRITE_REFUSED, str(error))
    context.cache.published.delete(key, config_map.uid)
    return None


def _failures(outcomes: Iterable[tuple[ObjectKey, Problem | None]]) -> Failures:
    return tuple((key.namespace, problem) for key, problem in outcomes if problem is not None)


def _restore_contests(catalog: VllmCatalog, context: ReconcileContext) -> None:
    """Go on with the contests that the status reports: it names the first failures only."""
    now = context.clock.monotonic()
    for failure in catalog.status.targets.failures if catalog.status.targets else ():
        if failure.reason == Reason.CONTESTED:
            key = ObjectKey(failure.namespace, catalog.config_map_name)
            context.states.restore_contest(key, failure.message, now)


async def _for_each(
    keys: Sequence[ObjectKey], work: Callable[[ObjectKey], Awaitable[Outcome]]
) -> list[tuple[ObjectKey, Outcome]]:
    """Do the work for all keys, some at a time; one whose namespace goes is left out. What else
    fails is raised when all others are done."""
    slots = asyncio.Semaphore(WRITERS)

    async def one(key: ObjectKey) -> Outcome:
        async with slots:
            return await work(key)

    results = await asyncio.gather(*map(one, keys), return_exceptions=True)
    for result in results:
        if isinstance(result, BaseException) and not isinstance(result, NotFound):
            raise result
    return [
        (key, result)
        for key, result in zip(keys, results, strict=True)
        if not isinstance(result, BaseException)
    ]
