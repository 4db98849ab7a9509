"""Relist: the cache compared with the cluster, for what no watch tells.

A deletion during a gap that ends in a list never arrives: every restart of an API server lists
again (measured), and so does our own start, after the cache was filled. So after a list, and every
ten minutes, metadata is listed and compared with the cache. It writes one thing: what a VllmCatalog
that is gone has left behind is removed.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from functools import partial

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.controllers.catalog import CatalogController
from openclaw_vllm.controllers.controllers import Controllers
from openclaw_vllm.controllers.events import key_of
from openclaw_vllm.controllers.listing import list_metadata, uids_of
from openclaw_vllm.controllers.pods import PodController
from openclaw_vllm.controllers.priming import AWAITED_KINDS
from openclaw_vllm.controllers.provider import ProviderController
from openclaw_vllm.core.catalog.targets import is_orphan
from openclaw_vllm.edges.backoffs import jittered
from openclaw_vllm.edges.kube.apiserver import Unavailable
from openclaw_vllm.edges.kube.paths import SLICES
from openclaw_vllm.edges.kube.replies import Rejected
from openclaw_vllm.edges.kube.store import Versioned
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.targets import delete_orphan

INTERVAL = 600.0  # seconds
SETTLING = 2.0  # seconds that a list gets before it is compared
RETRY = 5.0  # seconds; also while catalogs wait for objects that may have been deleted

logger = logging.getLogger(__name__)


async def run(
    context: ReconcileContext,
    controllers: Controllers,
    listed: asyncio.Event,
    namespaces: tuple[str, ...],
) -> None:
    """Relist after each list of a watch and at the interval, for ever; again until it succeeds."""
    while True:
        try:
            async with asyncio.timeout(_pause(controllers.catalogs)):
                await listed.wait()
            await asyncio.sleep(SETTLING)
        except TimeoutError:
            logger.debug("relisting at the interval")
        listed.clear()
        await _relist_until_read(context, controllers, namespaces)


def _pause(catalogs: CatalogController | None) -> float:
    """Return the seconds until a relist that nothing calls for."""
    if catalogs is not None and catalogs.awaited:
        return RETRY
    return jittered(INTERVAL, 0.1)


async def _relist_until_read(
    context: ReconcileContext,
    controllers: Controllers,
    namespaces: tuple[str, ...],
) -> None:
    """Relist, again until the cluster can be read."""
    while True:
        try:
            await relist(context, controllers.providers, namespaces)
            if controllers.pods is not None:
                await relist_pods(context, controllers.pods, namespaces)
            if controllers.catalogs is not None:
                await relist_awaited(context, controllers.catalogs)
                await relist_catalogs(context, controllers.catalogs)
        except (Unavailable, Rejected) as error:
            logger.warning("the relist has to be tried again: %s", error)
            await asyncio.sleep(RETRY)
        else:
            return


async def relist(
    context: ReconcileContext, providers: ProviderController, namespaces: tuple[str, ...]
) -> None:
    """Drop what the cache held before the cluster was read, and the cluster lacks."""
    cache, drop_missing = context.cache, partial(_drop_missing, context, namespaces)
    uids = await drop_missing("vllmproviders", cache.providers, providers.on_provider_deleted)
    if context.shard_selector:
        context.states.forget_at_start_but(uids)
    await drop_missing("configmaps", cache.published, providers.on_config_map_deleted)
    await relist_services(context, providers, namespaces)
    await relist_slices(context, providers, namespaces)


async def _drop_missing(
    context: ReconcileContext,
    namespaces: tuple[str, ...],
    kind: str,
    cached: Mapping[ObjectKey, Versioned],
    on_deleted: Callable[[ObjectKey, str], None],
) -> set[str]:
    """Drop the cached objects of one kind that the cluster lacks; return the uids that it has."""
    before = dict(cached)
    uids = await uids_of(context, (kind,), namespaces)
    for key, obj in before.items():
        if obj.uid not in uids:
            on_deleted(key, obj.uid)
    return uids


async def relist_slices(
    context: ReconcileContext, providers: ProviderController, namespaces: tuple[str, ...]
) -> None:
    """Do the same for EndpointSlices, where they are known."""
    if slices := context.cache.slices:
        await _drop_missing(context, namespaces, SLICES, slices, providers.slices.on_slice_deleted)


async def relist_services(
    context: ReconcileContext, providers: ProviderController, namespaces: tuple[str, ...]
) -> None:
    """Do the same for Services, and read those that no watch has delivered yet.

    Such a Service may be deleted before it is stored: the next relist then shows that.
    """
    before, cache = dict(context.cache.services), context.cache.services
    listed = list_metadata(context, "services", namespaces)
    uids = {key_of(item): item["metadata"]["uid"] async for item in listed}
    for key, service in before.items():
        if key not in uids:
            providers.on_service_deleted(key, service.uid)
    unseen = {key for key, uid in uids.items() if key not in cache or cache[key].uid != uid}
    unseen_in = sorted({key.namespace for key in unseen})  # a Service may be listed, but not got
    if unseen_in:
        async for manifest in context.cluster.list_objects("services", unseen_in):
            providers.on_service_event("MODIFIED", manifest)


async def relist_pods(
    context: ReconcileContext, pods: PodController, namespaces: tuple[str, ...]
) -> None:
    """Do the same for agents' pods."""
    if cached := context.cache.pods.by_key:
        await _drop_missing(context, namespaces, "pods", cached, pods.on_pod_deleted)


async def relist_awaited(context: ReconcileContext, catalogs: CatalogController) -> None:
    """Await no longer what was deleted before a watch could show it."""
    if not catalogs.awaited:
        return
    catalogs.retain(await uids_of(context, AWAITED_KINDS))  # less what was delivered meanwhile
    if catalogs.awaited:
        message = "VllmCatalogs wait until the watches have shown %d objects from before the start"
        logger.info(message, len(catalogs.awaited))


async def relist_catalogs(context: ReconcileContext, catalogs: CatalogController) -> None:
    """Do the same for catalogs and namespaces; delete what deleted catalogs have left."""
    cache, namespaces = context.cache, dict(context.cache.namespaces)
    published = tuple(cache.published.items())  # of no catalog that is newer than the list
    on_deleted = catalogs.on_catalog_deleted
    uids = await _drop_missing(context, (), "vllmcatalogs", cache.catalogs, on_deleted)
    names = {item["metadata"]["name"] async for item in list_metadata(context, "namespaces", ())}
    for name, namespace in namespaces.items():
        if name not in names:
            catalogs.on_namespace_deleted(name, namespace.uid)
    for key, config_map in published:
        if is_orphan(config_map, uids):
            await delete_orphan(key, config_map, context)
