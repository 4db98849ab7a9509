"""The cache against the cluster: what no watch tells.

A deletion during a gap that ends in a list never arrives: every restart of an API server lists
again (measured), and so does our own start, after the cache was filled. So after a list, and every
ten minutes, metadata is listed and compared with the cache. It writes one thing: what a VllmCatalog
that is gone has left behind is removed.
"""

import asyncio
import logging
import random
from collections.abc import AsyncIterator, Iterable
from typing import Any

from openclaw_vllm.api.configmap import SELECTOR, ConfigMapState
from openclaw_vllm.api.observed import Service
from openclaw_vllm.controllers.catalog import CatalogController
from openclaw_vllm.controllers.provider import ProviderController, key_of
from openclaw_vllm.core.catalog.targets import is_orphan
from openclaw_vllm.edges.kube.apiserver import Unavailable
from openclaw_vllm.edges.kube.cluster import Rejected
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.spreading import delete_orphan

AWAITED = ("vllmproviders", "vllmcatalogs")
INTERVAL = 600.0  # seconds
SETTLING = 2.0  # seconds that a list gets before it is audited
RETRY = 5.0  # seconds; also while catalogues wait for what may be gone

logger = logging.getLogger(__name__)


async def prime_caches(world: ReconcileContext, namespaces: Iterable[str]) -> None:
    """Read what reconciles look at, before the first event may cause one.

    Without it each restart would find no ConfigMap and no Service, and write everything anew.
    """
    chosen = tuple(namespaces)
    async for manifest in world.cluster.list_objects("configmaps", chosen, selector=SELECTOR):
        world.inherit(key_of(manifest), ConfigMapState.read(manifest))
    async for manifest in world.cluster.list_objects("services", chosen):
        world.cache.services[key_of(manifest)] = Service.read(manifest)


async def prime_catalog_caches(world: ReconcileContext, catalogs: CatalogController) -> None:
    """Read what catalogues look at beside that, for the same reason."""
    async for manifest in world.cluster.list_objects("namespaces", ()):
        catalogs.namespace(None, manifest)
    catalogs.expect(await _uids(world, AWAITED))


async def run(
    world: ReconcileContext,
    intake: ProviderController,
    catalogs: CatalogController | None,
    namespaces: Iterable[str],
) -> None:
    """Audit after each list of a watch and at the interval, for ever; again until it succeeds."""
    chosen = tuple(namespaces)
    while True:
        try:
            await asyncio.wait_for(intake.listed.wait(), _pause(catalogs))
            await asyncio.sleep(SETTLING)
        except TimeoutError:
            logger.debug("auditing the cache at the interval")
        intake.listed.clear()
        await _audit_all(world, intake, catalogs, chosen)


def _pause(catalogs: CatalogController | None) -> float:
    """Return the seconds until an audit that nothing calls for."""
    if catalogs is not None and catalogs.awaited:
        return RETRY
    return INTERVAL * random.uniform(0.9, 1.1)  # noqa: S311 only jitter


async def _audit_all(
    world: ReconcileContext,
    intake: ProviderController,
    catalogs: CatalogController | None,
    namespaces: tuple[str, ...],
) -> None:
    """Audit, again until the cluster can be read."""
    while True:
        try:
            await audit(world, intake, namespaces)
            if catalogs is not None:
                await audit_awaited(world, catalogs)
                await audit_catalogs(world, catalogs)
        except (Unavailable, Rejected) as error:
            logger.warning("the audit has to be tried again: %s", error)
            await asyncio.sleep(RETRY)
        else:
            return


async def audit(
    world: ReconcileContext, intake: ProviderController, namespaces: tuple[str, ...]
) -> None:
    """Hand to the intake, as gone, what the cache held before the cluster was read and it lacks."""
    providers = tuple(world.cache.providers.values())
    published = dict(world.cache.published)

    there = await _uids(world, ("vllmproviders",), namespaces)
    for resource in providers:
        if resource.uid not in there:
            intake.on_provider_deleted(resource)
    there = await _uids(world, ("configmaps",), namespaces)
    for key, config_map in published.items():
        if config_map.uid not in there:
            intake.on_config_map_deleted(key, config_map)
    await audit_services(world, intake, namespaces)


async def audit_services(
    world: ReconcileContext, intake: ProviderController, namespaces: tuple[str, ...]
) -> None:
    """Do the same for Services, and read those that no watch has shown yet.

    Such a one may be gone again before it is taken in: the next audit then finds that.
    """
    known, cache = dict(world.cache.services), world.cache.services
    listed = _listed(world, "services", namespaces)
    there = {key_of(item): item["metadata"]["uid"] async for item in listed}
    for key, service in known.items():
        if key not in there:
            intake.on_service_deleted(key, service)
    unseen = {key for key, uid in there.items() if key not in cache or cache[key].uid != uid}
    around = sorted({key.namespace for key in unseen})  # a Service may be listed, but not got
    if around:
        async for manifest in world.cluster.list_objects("services", around):
            intake.service("MODIFIED", manifest)


async def audit_awaited(world: ReconcileContext, catalogs: CatalogController) -> None:
    """Await no longer what was deleted before a watch could show it."""
    if not catalogs.awaited:
        return
    there = await _uids(world, AWAITED)
    catalogs.retain(there)  # less what was shown meanwhile
    if catalogs.awaited:
        said = "VllmCatalogs wait until the watches have shown %d objects from before the start"
        logger.info(said, len(catalogs.awaited))


async def audit_catalogs(world: ReconcileContext, catalogs: CatalogController) -> None:
    """Do the same for catalogues and namespaces; remove what catalogues that are gone have left."""
    known, namespaces = tuple(world.cache.catalogs.values()), dict(world.cache.namespaces)
    published = tuple(world.cache.published.items())  # of no catalogue that is newer than the list
    uids = await _uids(world, ("vllmcatalogs",))
    for catalog in known:
        if catalog.uid not in uids:
            catalogs.on_catalog_deleted(catalog)
    names = {item["metadata"]["name"] async for item in _listed(world, "namespaces", ())}
    for name, namespace in namespaces.items():
        if name not in names:
            catalogs.on_namespace_deleted(namespace)
    for key, found in published:
        if is_orphan(found, uids):
            await delete_orphan(key, found, world)


async def _uids(
    world: ReconcileContext, kinds: Iterable[str], namespaces: tuple[str, ...] = ()
) -> set[str]:
    """Return the uids of all that there is of these kinds."""
    return {
        item["metadata"]["uid"] for kind in kinds async for item in _listed(world, kind, namespaces)
    }


def _listed(
    world: ReconcileContext, kind: str, namespaces: tuple[str, ...]
) -> AsyncIterator[dict[str, Any]]:
    selector = SELECTOR if kind == "configmaps" else ""
    return world.cluster.list_objects(kind, namespaces, selector=selector, metadata_only=True)
