"""Relist: the cache compared with the cluster, for what no watch tells.

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
from openclaw_vllm.reconcile.targets import delete_orphan

AWAITED = ("vllmproviders", "vllmcatalogs")
INTERVAL = 600.0  # seconds
SETTLING = 2.0  # seconds that a list gets before it is compared
RETRY = 5.0  # seconds; also while catalogs wait for what may be gone

logger = logging.getLogger(__name__)


async def prime_caches(context: ReconcileContext, namespaces: Iterable[str]) -> None:
    """Read what reconciles look at, before the first event may cause one.

    Without it each restart would find no ConfigMap and no Service, and write everything anew.
    """
    chosen = tuple(namespaces)
    async for manifest in context.cluster.list_objects("configmaps", chosen, selector=SELECTOR):
        context.record_at_start(key_of(manifest), ConfigMapState.read(manifest))
    async for manifest in context.cluster.list_objects("services", chosen):
        context.cache.services[key_of(manifest)] = Service.read(manifest)


async def prime_catalog_caches(context: ReconcileContext, catalogs: CatalogController) -> None:
    """Read what catalogs look at beside that, for the same reason."""
    async for manifest in context.cluster.list_objects("namespaces", ()):
        catalogs.on_namespace_event("ADDED", manifest)
    catalogs.expect(await _uids(context, AWAITED))


async def run(
    context: ReconcileContext,
    providers: ProviderController,
    catalogs: CatalogController | None,
    namespaces: Iterable[str],
) -> None:
    """Relist after each list of a watch and at the interval, for ever; again until it succeeds."""
    chosen = tuple(namespaces)
    while True:
        try:
            await asyncio.wait_for(providers.listed.wait(), _pause(catalogs))
            await asyncio.sleep(SETTLING)
        except TimeoutError:
            logger.debug("relisting at the interval")
        providers.listed.clear()
        await _relist_until_read(context, providers, catalogs, chosen)


def _pause(catalogs: CatalogController | None) -> float:
    """Return the seconds until a relist that nothing calls for."""
    if catalogs is not None and catalogs.awaited:
        return RETRY
    return INTERVAL * random.uniform(0.9, 1.1)  # noqa: S311 only jitter


async def _relist_until_read(
    context: ReconcileContext,
    providers: ProviderController,
    catalogs: CatalogController | None,
    namespaces: tuple[str, ...],
) -> None:
    """Relist, again until the cluster can be read."""
    while True:
        try:
            await relist(context, providers, namespaces)
            if catalogs is not None:
                await relist_awaited(context, catalogs)
                await relist_catalogs(context, catalogs)
        except (Unavailable, Rejected) as error:
            logger.warning("the relist has to be tried again: %s", error)
            await asyncio.sleep(RETRY)
        else:
            return


async def relist(
    context: ReconcileContext, providers: ProviderController, namespaces: tuple[str, ...]
) -> None:
    """Drop what the cache held before the cluster was read, and the cluster lacks."""
    cached = tuple(context.cache.providers.values())
    published = dict(context.cache.published)

    uids = await _uids(context, ("vllmproviders",), namespaces)
    for provider in cached:
        if provider.uid not in uids:
            providers.on_provider_deleted(provider)
    uids = await _uids(context, ("configmaps",), namespaces)
    for key, config_map in published.items():
        if config_map.uid not in uids:
            providers.on_config_map_deleted(key, config_map.uid)
    await relist_services(context, providers, namespaces)


async def relist_services(
    context: ReconcileContext, providers: ProviderController, namespaces: tuple[str, ...]
) -> None:
    """Do the same for Services, and read those that no watch has shown yet.

    Such a one may be gone again before it is taken in: the next relist then shows that.
    """
    before, cache = dict(context.cache.services), context.cache.services
    listed = _listed(context, "services", namespaces)
    uids = {key_of(item): item["metadata"]["uid"] async for item in listed}
    for key, service in before.items():
        if key not in uids:
            providers.on_service_deleted(key, service.uid)
    unseen = {key for key, uid in uids.items() if key not in cache or cache[key].uid != uid}
    unseen_in = sorted({key.namespace for key in unseen})  # a Service may be listed, but not got
    if unseen_in:
        async for manifest in context.cluster.list_objects("services", unseen_in):
            providers.on_service_event("MODIFIED", manifest)


async def relist_awaited(context: ReconcileContext, catalogs: CatalogController) -> None:
    """Await no longer what was deleted before a watch could show it."""
    if not catalogs.awaited:
        return
    catalogs.retain(await _uids(context, AWAITED))  # less what was shown meanwhile
    if catalogs.awaited:
        message = "VllmCatalogs wait until the watches have shown %d objects from before the start"
        logger.info(message, len(catalogs.awaited))


async def relist_catalogs(context: ReconcileContext, catalogs: CatalogController) -> None:
    """Do the same for catalogs and namespaces; remove what catalogs that are gone have left."""
    cached, namespaces = tuple(context.cache.catalogs.values()), dict(context.cache.namespaces)
    published = tuple(context.cache.published.items())  # of no catalog that is newer than the list
    uids = await _uids(context, ("vllmcatalogs",))
    for catalog in cached:
        if catalog.uid not in uids:
            catalogs.on_catalog_deleted(catalog)
    names = {item["metadata"]["name"] async for item in _listed(context, "namespaces", ())}
    for name, namespace in namespaces.items():
        if name not in names:
            catalogs.on_namespace_deleted(namespace)
    for key, config_map in published:
        if is_orphan(config_map, uids):
            await delete_orphan(key, config_map, context)


async def _uids(
    context: ReconcileContext, kinds: Iterable[str], namespaces: tuple[str, ...] = ()
) -> set[str]:
    """Return the uids of all that there is of these kinds."""
    return {
        item["metadata"]["uid"]
        for kind in kinds
        async for item in _listed(context, kind, namespaces)
    }


def _listed(
    context: ReconcileContext, kind: str, namespaces: tuple[str, ...]
) -> AsyncIterator[dict[str, Any]]:
    selector = SELECTOR if kind == "configmaps" else ""
    return context.cluster.list_objects(kind, namespaces, selector=selector, metadata_only=True)
