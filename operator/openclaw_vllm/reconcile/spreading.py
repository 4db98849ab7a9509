"""Writing a catalogue: its ConfigMap in every namespace, each only when it differs, and the status.

A catalogue is adopted with a finalizer before its first ConfigMap is written, and withdrawn from
every namespace before it goes: the one finalizer of the product.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from typing import TypeVar

from openclaw_vllm.api.catalog_status import VllmCatalogStatus
from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import CATALOG, ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmCatalog
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.catalog.targets import (
    is_current,
    is_published_by,
    is_stale_target,
    keeps_published,
    manifest_of,
    refusal,
    rivals,
)
from openclaw_vllm.core.config.documents import Documents
from openclaw_vllm.core.publication.manifest import Manifest
from openclaw_vllm.core.status.catalog import Failures, TargetResults
from openclaw_vllm.edges.kube.cluster import Conflict, NotFound, Rejected
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.writing import record_events, write

FINALIZER = CATALOG
WRITERS = 16  # namespaces that are written to at the same time
UNPUBLISHED = Problem(Reason.PENDING, "nothing could be published yet; see the condition")

Outcome = TypeVar("Outcome")
logger = logging.getLogger(__name__)


async def ensure_finalizer(catalog: VllmCatalog, world: ReconcileContext) -> VllmCatalog:
    """Return the catalogue with our finalizer, which is added if it is not there."""
    if FINALIZER in catalog.finalizers:
        return catalog
    adopted = await world.cluster.set_finalizers(catalog, (*catalog.finalizers, FINALIZER))
    world.cache.put_catalog(adopted)
    return adopted


async def finalize(catalog: VllmCatalog, world: ReconcileContext) -> None:
    """Remove every ConfigMap of a catalogue that is being deleted, then let it go."""
    if FINALIZER in catalog.finalizers:
        for _, problem in await delete_stale_targets(catalog, set(), world):
            raise Rejected(problem.message)
        others = [name for name in catalog.finalizers if name != FINALIZER]
        world.cache.put_catalog(await world.cluster.set_finalizers(catalog, others))
        logger.info("withdrawn from every namespace", extra={"key": catalog.key})


async def sync_targets(
    catalog: VllmCatalog, documents: Documents | None, patterns: str, world: ReconcileContext
) -> TargetResults:
    """Write the documents where they are missing or differ, remove them where they must not be.

    Without documents, everything that is published stays as it is. Before one that was published
    once is created anew, the VllmCatalog is confirmed, as for VllmProviders. Raises Gone.
    """
    targets = {ObjectKey(name, catalog.config_map_name) for name in world.targets_of(catalog)}
    failed_deletions = await delete_stale_targets(catalog, targets, world)
    if catalog.status.digest and not targets <= world.cache.published.keys():
        await world.cluster.ensure_still_exists(catalog)
    claims = [
        (other, set(world.targets_of(other)))
        for other in rivals(catalog, world.cache.catalogs.values())
    ]

    async def publish(key: ObjectKey) -> Problem | None:
        existing = await _look(key, world)
        claimants = [
            other
            for other, theirs in claims
            if key.namespace in theirs or keeps_published(other, existing)
        ]
        if problem := refusal(catalog, existing, claimants):
            return problem
        if documents is None:
            return None if is_published_by(catalog, existing) else UNPUBLISHED
        manifest = manifest_of(catalog, key.namespace, documents, patterns)
        return await _apply(key, existing, manifest, world)

    outcomes = await _everywhere(sorted(targets), publish)
    failures = _failures(outcomes)
    return TargetResults(len(outcomes) - len(failures), failures, failed_deletions)


async def delete_orphan(key: ObjectKey, found: ConfigMapState, world: ReconcileContext) -> None:
    """Delete what a VllmCatalog that is gone has left; what cannot be is logged, for the next audit
    finds it again."""
    logger.info("removing ConfigMap %s, whose VllmCatalog is gone", key)
    try:
        problem = await _delete(key, found, world)
    except Conflict:
        logger.info("ConfigMap %s has changed meanwhile; it is looked at again later", key)
    else:
        if problem is not None:
            logger.error("%s; it is tried again at the next audit", problem.message)


async def report(catalog: VllmCatalog, status: VllmCatalogStatus, world: ReconcileContext) -> None:
    """Apply the status if it differs, then post Events for what has changed."""
    if status != catalog.status:
        with world.metrics.catalog.writing_status():
            world.cache.put_catalog(await world.cluster.apply_status(catalog, status))
        await record_events(catalog, catalog.status.conditions, status.conditions, world)


async def _look(key: ObjectKey, world: ReconcileContext) -> ConfigMapState | None:
    return world.cache.published.get(key) or await world.cluster.find_config_map(key)


async def _apply(
    key: ObjectKey, existing: ConfigMapState | None, manifest: Manifest, world: ReconcileContext
) -> Problem | None:
    if existing is not None and is_current(existing, manifest):
        return None
    return await write(key, existing, manifest, world.metrics.catalog, world)


async def delete_stale_targets(
    catalog: VllmCatalog, wanted: set[ObjectKey], world: ReconcileContext
) -> Failures:
    """Delete the catalogue's ConfigMaps but for the wanted ones; return what was refused."""
    published = world.cache.published

    def stray(key: ObjectKey) -> ConfigMapState | None:
        found = published.get(key)
        return found if found and is_stale_target(catalog, key, found, wanted) else None

    async def delete(key: ObjectKey) -> Problem | None:
        found = stray(key)
        if found is None:
            return None  # while it waited for its turn, it went or another catalogue took it over
        return await _delete(key, found, world)

    return _failures(await _everywhere([key for key in published if stray(key)], delete))


async def _delete(key: ObjectKey, found: ConfigMapState, world: ReconcileContext) -> Problem | None:
    """Delete a ConfigMap as it was found, in the cache too; return why the API server refused."""
    try:
        await world.cluster.delete_config_map(key, found)
    except Rejected as error:
        return Problem(Reason.WRITE_REFUSED, str(error))
    if world.cache.published.get(key) is found:
        del world.cache.published[key]
    return None


def _failures(outcomes: Iterable[tuple[ObjectKey, Problem | None]]) -> Failures:
    return tuple((key.namespace, problem) for key, problem in outcomes if problem is not None)


async def _everywhere(
    keys: Iterable[ObjectKey], work: Callable[[ObjectKey], Awaitable[Outcome]]
) -> list[tuple[ObjectKey, Outcome]]:
    """Do it for all keys, some at a time; one whose namespace goes is left out. What else fails is
    raised when all others are done."""
    places = asyncio.Semaphore(WRITERS)

    async def one(key: ObjectKey) -> Outcome:
        async with places:
            return await work(key)

    chosen = tuple(keys)
    done = await asyncio.gather(*map(one, chosen), return_exceptions=True)
    for outcome in done:
        if isinstance(outcome, BaseException) and not isinstance(outcome, NotFound):
            raise outcome
    return [
        (key, outcome)
        for key, outcome in zip(chosen, done, strict=True)
        if not isinstance(outcome, BaseException)
    ]
