"""Creation of the context and the controllers of one process, as its options choose them."""

import logging
import time
from functools import partial

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.controllers import priming
from openclaw_vllm.controllers.catalog import CatalogController
from openclaw_vllm.controllers.controllers import Controllers
from openclaw_vllm.controllers.pods import PodController
from openclaw_vllm.controllers.provider import ProviderController
from openclaw_vllm.controllers.workqueue import WorkQueue
from openclaw_vllm.edges.kube.apiserver import ApiServer, Unavailable
from openclaw_vllm.edges.kube.cache import Cache
from openclaw_vllm.edges.kube.cluster import Cluster
from openclaw_vllm.edges.kube.connection import own_namespace
from openclaw_vllm.edges.kube.readings import Readings
from openclaw_vllm.edges.kube.replies import Rejected
from openclaw_vllm.edges.metrics.metrics import Metrics
from openclaw_vllm.edges.vllm.prober import Prober
from openclaw_vllm.policy import policy_of, service_names_of
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.provider import leave_to_shards, reconcile
from openclaw_vllm.reconcile.readers import Clock
from openclaw_vllm.settings import Settings

TRANSIENT_ERRORS = (Unavailable,)  # errors that a retry is for, not a person
LONGEST_BACKOFF = 300.0  # seconds; the alert about errors looks at the last ten minutes

logger = logging.getLogger(__name__)


async def create_context(
    settings: Settings, server: ApiServer, cluster: Cluster, prober: Prober, metrics: Metrics
) -> ReconcileContext:
    """Return the context of all reconciles, with an empty cache."""
    return ReconcileContext(
        cache=Cache(),
        cluster=cluster,
        prober=prober,
        secrets=Readings(cluster.read_secret),
        config_maps=Readings(cluster.read_config_map),
        policy=await policy_of(settings, server, prober),
        clock=Clock(time.monotonic, time.time),
        metrics=metrics,
        service_names=service_names_of(settings),
        own_namespace=own_namespace() or settings.leader_election_namespace,
        shard_selector=settings.shard_selector,
    )


async def create_controllers(
    settings: Settings, cluster: Cluster, context: ReconcileContext
) -> Controllers:
    """Return the controllers of all kinds that are served. Raise Unavailable without an API server.

    The cache of VllmCatalogs is primed; that of VllmProviders has to be.
    """
    queue = WorkQueue[ObjectKey](
        leave_to_shards if settings.catalogs_only else partial(reconcile, context=context),
        slots=settings.max_concurrent_probes,
        transient=TRANSIENT_ERRORS,
        longest_backoff=lambda key: min(context.interval_of(key), LONGEST_BACKOFF),
    )
    catalogs = await _create_catalogs(settings, cluster, context)
    providers = ProviderController(context, queue, catalogs)
    pods = None
    if settings.mount_refresh:
        pods = PodController(context, providers.wake_publishers, transient=TRANSIENT_ERRORS)
    return Controllers(providers, catalogs, pods)


async def _create_catalogs(
    settings: Settings, cluster: Cluster, context: ReconcileContext
) -> CatalogController | None:
    """Return the controller of VllmCatalogs, if they are served and their CRD is installed."""
    if not settings.serves_catalogs:
        return None
    if not await cluster.serves(["vllmcatalogs"]):
        logger.warning(
            "the CRD vllmcatalogs.openclaw-vllm.dev is not installed: VllmCatalogs are not"
            " served until the operator is started again"
        )
        return None
    catalogs = CatalogController(
        context, slots=settings.max_concurrent_probes, transient=TRANSIENT_ERRORS
    )
    try:
        await priming.prime_catalog_caches(context, catalogs)
    except Rejected as error:
        advice = "grant what they need (files/rbac/catalog.yaml), or say --no-catalogs"
        logger.error("VllmCatalogs are not served: %s; %s", error, advice)
        return None
    return catalogs
