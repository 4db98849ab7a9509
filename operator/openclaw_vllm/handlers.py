"""Watches by kopf: login, settings, and handlers that pass events to a controller.

The only module that imports kopf. It uses `on.event` handlers and a cache of our own, since kopf's
other handlers add finalizers and annotations to the user's objects and cost a PATCH per change.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

import kopf

from openclaw_vllm.controllers.controllers import Controllers
from openclaw_vllm.controllers.listing import LABEL_SELECTORS, PROVIDERS
from openclaw_vllm.edges.backoffs import EndlessBackoffs
from openclaw_vllm.edges.kube.connection import Connection
from openclaw_vllm.edges.kube.paths import group_of
from openclaw_vllm.edges.kube.watch_events import OnEvent
from openclaw_vllm.edges.kube.watch_session import session
from openclaw_vllm.edges.kube.watch_streams import FallBack
from openclaw_vllm.edges.kube.watches import Watches
from openclaw_vllm.shutdown import cancel_until_done

# Its expiration makes each login differ from the last: kopf refuses a repeated one.
LOGIN_LIFETIME = timedelta(minutes=10)

# For peering, which is off; kopf's default fails where a container's user has no name.
IDENTITY: Any = "openclaw-vllm-operator"

logger = logging.getLogger(__name__)


def registry_for(
    controllers: Controllers,
    watches: Watches,
    connection: Connection,
    end_tasks: Callable[[], Awaitable[None]],
    fall_back: FallBack | None = None,
) -> kopf.OperatorRegistry:
    """Return kopf's registry; kinds without a controller are not watched.

    `end_tasks` ends our own tasks before kopf waits for them; `fall_back` is called when lists by
    watching do not work.
    """
    registry = kopf.OperatorRegistry()
    event_handlers = controllers.event_handlers

    @kopf.on.login(errors=kopf.ErrorsMode.TEMPORARY, backoff=2, registry=registry)
    async def log_in(**_: Any) -> kopf.AiohttpSession:
        return kopf.AiohttpSession(
            server=connection.server,
            aiohttp_session=session(watches, connection, fall_back, event_handlers),
            expiration=datetime.now(UTC) + LOGIN_LIFETIME,
        )

    @kopf.on.cleanup(registry=registry)
    async def clean_up(**_: Any) -> None:
        await end_tasks()

    for plural, on_event in event_handlers.items():
        _register_event_handler(registry, watches, plural, on_event)
    return registry


def _register_event_handler(
    registry: kopf.OperatorRegistry, watches: Watches, plural: str, on_event: OnEvent
) -> None:
    """Have kopf watch a kind, and pass to `on_event` what it lists before it watches; what comes by
    a watch that begins with the list is handled before kopf sees it (`watch_events`)."""
    group, version = group_of(plural)

    async def event_handler(event: kopf.RawEvent, **_: Any) -> None:
        watches.record_event()
        on_event(event["type"], dict(event["object"]))

    kopf.on.event(group, version, plural, id=plural, registry=registry)(event_handler)


def settings_for(*, streaming: bool, shard_selector: str = "") -> kopf.OperatorSettings:
    """Return kopf's settings, each with a measured effect.

    `streaming` lists by watching, which halves the memory and needs Kubernetes 1.34 or newer. With
    a `shard_selector` a VllmProvider that loses its label is delivered as deleted.
    """
    settings = kopf.OperatorSettings()
    settings.persistence.progress_storage = settings.persistence.diffbase_storage = _NoStorage()
    settings.queueing.idle_timeout = 0.1
    # kopf's default ends the process after a minute of 5xx
    settings.networking.error_backoffs = EndlessBackoffs()
    settings.networking.request_timeout = 60
    settings.networking.connect_timeout = 5
    settings.watching.inactivity_timeout = 70  # the API server sends a bookmark each minute
    settings.watching.reconnect_backoff = 0.1
    settings.watching.initial_streaming = streaming
    for plural, selector in LABEL_SELECTORS.items():
        settings.watching.label_selectors[*group_of(plural), plural] = selector
    if shard_selector:
        settings.watching.label_selectors[*group_of(PROVIDERS), PROVIDERS] = shard_selector
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.peering.standalone = True
    return settings


def fall_back_to_lists(settings: kopf.OperatorSettings) -> FallBack:
    """Return the callback that makes every watch list first from now on, and logs it once."""

    def fall_back(reason: str) -> None:
        if settings.watching.initial_streaming:
            settings.watching.initial_streaming = False
            advice = "objects are listed before they are watched; --watch-list=off does so at once"
            logger.warning("a list by watching does not work (%s): %s", reason, advice)

    return fall_back


async def watch(
    registry: kopf.OperatorRegistry,
    settings: kopf.OperatorSettings,
    namespaces: Iterable[str],
    *,
    ready: asyncio.Event,
    stop: asyncio.Event,
) -> None:
    """Watch until `stop` is set or a signal arrives; raises the error that ends kopf."""
    names, others = tuple(namespaces), asyncio.all_tasks()
    tasks = await kopf.spawn_tasks(
        registry=registry,
        settings=settings,
        identity=IDENTITY,
        standalone=True,
        clusterwide=not names,
        namespaces=names,
        ready_flag=ready,
        stop_flag=stop,
    )
    running = asyncio.create_task(kopf.run_tasks(tasks, ignored=others))
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    except asyncio.CancelledError:
        running.cancel()
        raise
    finally:
        await cancel_until_done(running, others, spared="pause-waiter")
    await running


class _NoStorage(kopf.ProgressStorage, kopf.DiffBaseStorage):
    """Stores nothing on the user's object, and computes no differences, which would copy every
    object of every event."""

    def fetch(self, **_: Any) -> None:
        return None

    store = purge = touch = fetch

    def clear(self, *, essence: Any) -> Any:
        return essence

    def build(self, **_: Any) -> Any:
        return {}
