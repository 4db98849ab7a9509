"""Wiring of the operator: its parts, and the order in which they start and end."""

import asyncio
import logging
from functools import partial
from importlib.metadata import version

from openclaw_vllm import handlers
from openclaw_vllm.assembly import create_context, create_controllers
from openclaw_vllm.controllers import priming, relist
from openclaw_vllm.controllers.catalog import CatalogController
from openclaw_vllm.controllers.controllers import Controllers
from openclaw_vllm.controllers.missing_rights import go_on_without
from openclaw_vllm.edges.kube.apiserver import ApiServer, Unavailable
from openclaw_vllm.edges.kube.cluster import Cluster
from openclaw_vllm.edges.kube.connection import Connection, connect_to_cluster
from openclaw_vllm.edges.kube.leader import Election
from openclaw_vllm.edges.kube.replies import Rejected
from openclaw_vllm.edges.kube.watches import Watches, expected_watches
from openclaw_vllm.edges.metrics import http_endpoints
from openclaw_vllm.edges.metrics.metrics import Metrics
from openclaw_vllm.edges.vllm.prober import Prober
from openclaw_vllm.health import Health
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.settings import Settings
from openclaw_vllm.shutdown import listen_for_signals, take_signals_back
from openclaw_vllm.tasks import Tasks

RETRY = 2.0  # seconds

logger = logging.getLogger(__name__)


async def run(
    settings: Settings, *, prober: Prober | None = None, stop: asyncio.Event | None = None
) -> None:
    """Run the operator until SIGTERM, SIGINT or `stop`.

    Raises NoCluster when there is none, OSError when an address is in use, LeadershipLost,
    and what ends kopf: a restart writes nothing, so a fatal error may end the process.
    """
    connection = await connect_to_cluster()
    operator = _Operator(settings, connection, prober or Prober(), stop)
    try:
        await operator.run()
    finally:
        await operator.close()


class _Operator:
    """The parts of one process, from start to end."""

    def __init__(
        self,
        settings: Settings,
        connection: Connection,
        prober: Prober,
        stop: asyncio.Event | None,
    ) -> None:
        self._settings = settings
        self._connection = connection
        self._server = server = ApiServer(connection.configuration())
        self._prober = prober
        self._cluster = Cluster(server)
        self._metrics = Metrics(version("openclaw-vllm-operator"))
        self._watches = Watches()
        self._election: Election | None = None
        if settings.leader_elect and settings.leader_election_namespace:
            self._election = Election(
                server, settings.leader_election_namespace, lease=settings.leader_election_id
            )
        self._stop = stop or asyncio.Event()
        self._tasks = Tasks(self._stop)
        self._health = Health(self._tasks, self._watches, self._election)
        if self._election is not None:
            lease = self._election.lease
            self._metrics.show_leadership(lease, lambda: not self._health.standby)
        self._runners: list[http_endpoints.Runner] = []

    async def run(self) -> None:
        listen_for_signals(self._stop)
        if namespaces := self._settings.namespace:
            names = ", ".join(namespaces)
            logger.info("serving %s; VllmCatalogs and what is elsewhere are ignored", names)
        await self._serve()
        context = await create_context(
            self._settings, self._server, self._cluster, self._prober, self._metrics
        )
        if await self._acquire_lease() and await self._fill_cache(context):
            await self._work(context)
        await self._tasks.end()
        if self._tasks.failure is not None:
            raise self._tasks.failure

    async def _work(self, context: ReconcileContext) -> None:
        controllers = await create_controllers(self._settings, self._cluster, context)
        samples = tuple if self._settings.catalogs_only else context.provider_samples
        self._metrics.show_objects(samples, context.catalog_samples)
        self._metrics.show_queues(controllers.queues)
        for queue in controllers.queues.values():
            self._tasks.keep(queue.run())
        listed, namespaces = self._watches.listed, self._settings.namespace
        self._tasks.keep(relist.run(context, controllers, listed, namespaces))
        self._tasks.keep(take_signals_back(self._stop, after=self._health.watching))
        self._expect_watches(controllers.catalogs)
        self._watches.on_refusal = partial(go_on_without, controllers)
        await self._watch(controllers)

    async def _watch(self, controllers: Controllers) -> None:
        streaming = self._settings.lists_by_watching(await self._cluster.version())
        settings = handlers.settings_for(
            streaming=streaming, shard_selector=self._settings.shard_selector
        )
        fall_back = handlers.fall_back_to_lists(settings) if self._settings.falls_back else None
        registry = handlers.registry_for(
            controllers, self._watches, self._connection, self._tasks.end, fall_back
        )
        await handlers.watch(
            registry,
            settings,
            self._settings.namespace,
            ready=self._health.watching,
            stop=self._stop,
        )

    async def close(self) -> None:
        """End tasks and connections, also after a `run` that raised."""
        await self._tasks.end()
        if self._election is not None:
            await self._election.release()
        for runner in self._runners:
            await runner.cleanup()
        await self._server.close()

    async def _acquire_lease(self) -> bool:
        """Wait for the Lease if there may be other replicas; False after a shutdown."""
        if self._election is None:
            return True
        acquiring = asyncio.create_task(self._election.acquire())
        shutdown = asyncio.create_task(self._stop.wait())
        await asyncio.wait((acquiring, shutdown), return_when=asyncio.FIRST_COMPLETED)
        shutdown.cancel()
        if not acquiring.done():
            acquiring.cancel()
            return False
        await acquiring
        self._health.standby = False
        self._tasks.keep(self._election.hold())
        return True

    async def _fill_cache(self, context: ReconcileContext) -> bool:
        """Wait for the CRD and fill the cache; False after a shutdown."""
        self._expect_watches(None)
        self._metrics.show_watches(self._watches)
        while not self._stop.is_set():
            try:
                if await self._cluster.serves(["vllmproviders"]):
                    await priming.prime_caches(context, self._settings.namespace)
                    return True
                logger.warning(
                    "the CRD vllmproviders.openclaw-vllm.dev is not installed; waiting for it"
                )
            except (Unavailable, Rejected) as error:
                logger.warning("the cluster cannot be read yet: %s", error)
            try:
                await asyncio.wait_for(self._stop.wait(), RETRY)
            except TimeoutError:
                continue
        return False

    def _expect_watches(self, catalogs: CatalogController | None) -> None:
        namespaces = self._settings.namespace
        pods = self._settings.mount_refresh
        expected = expected_watches(namespaces, catalogs=catalogs is not None, pods=pods)
        self._watches.expect(expected)

    async def _serve(self) -> None:
        health = self._settings.health_probe_bind_address
        metrics = self._settings.metrics_bind_address
        probes = {"/healthz": self._health.live, "/readyz": self._health.ready}
        scrapes = {"/metrics": lambda: (200, self._metrics.text())}
        for address, routes in ((health, probes), (metrics, scrapes)):
            if address != http_endpoints.OFF:
                self._runners.append(await http_endpoints.serve(address, routes))
