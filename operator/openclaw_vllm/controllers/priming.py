"""Priming of the cache: what reconciles look at is read before the first event may cause one."""

import logging

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.endpoint_slice import EndpointSlice
from openclaw_vllm.api.service import Service
from openclaw_vllm.controllers.catalog import CatalogController
from openclaw_vllm.controllers.events import key_of
from openclaw_vllm.controllers.listing import LABEL_SELECTORS, uids_of
from openclaw_vllm.controllers.missing_rights import WITHOUT_SLICES
from openclaw_vllm.edges.kube.paths import SLICES
from openclaw_vllm.edges.kube.replies import Rejected
from openclaw_vllm.reconcile.context import ReconcileContext

AWAITED_KINDS = ("vllmproviders", "vllmcatalogs")

logger = logging.getLogger(__name__)


async def prime_caches(context: ReconcileContext, namespaces: tuple[str, ...]) -> None:
    """Read ConfigMaps, Services and EndpointSlices.

    Without it each restart would find no ConfigMap and no Service, and write everything again.
    """
    selector = LABEL_SELECTORS["configmaps"]
    async for manifest in context.cluster.list_objects("configmaps", namespaces, selector=selector):
        context.record_at_start(key_of(manifest), ConfigMapState.read(manifest))
    async for manifest in context.cluster.list_objects("services", namespaces):
        context.cache.services[key_of(manifest)] = Service.read(manifest)
    await _prime_slices(context, namespaces)


async def _prime_slices(context: ReconcileContext, namespaces: tuple[str, ...]) -> None:
    """Read EndpointSlices, without which a Service that sleeps would be asked at each start."""
    manifests = context.cluster.list_objects(SLICES, namespaces, selector=LABEL_SELECTORS[SLICES])
    try:
        async for manifest in manifests:
            context.cache.slices.upsert(key_of(manifest), EndpointSlice.read(manifest))
    except Rejected as error:
        logger.warning("%s: %s", error, WITHOUT_SLICES)


async def prime_catalog_caches(context: ReconcileContext, catalogs: CatalogController) -> None:
    """Read what catalogs look at beside that, for the same reason."""
    async for manifest in context.cluster.list_objects("namespaces", ()):
        catalogs.on_namespace_event("ADDED", manifest)
    catalogs.expect(await uids_of(context, AWAITED_KINDS))
