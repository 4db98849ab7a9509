"""Watches by kopf: login, settings, and handlers that pass every event to a controller.

The only module that imports kopf. It uses `on.event` handlers and a cache of our own, since kopf's
other handlers add finalizers and annotations to the user's objects and cost a PATCH per change.
"""

import asyncio
import ssl
from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import kopf

from openclaw_vllm.api.configmap import GROUP, SELECTOR, VERSION
from openclaw_vllm.controllers.catalog import CatalogController
from openclaw_vllm.controllers.provider import ProviderController
from openclaw_vllm.edges.kube.connection import Credentials
from openclaw_vllm.edges.kube.paths import CUSTOM_KINDS
from openclaw_vllm.edges.kube.watch_session import session
from openclaw_vllm.edges.kube.watches import Watch, Watches

KINDS = ("vllmproviders", "services", "configmaps")
CATALOG_KINDS = ("vllmcatalogs", "namespaces")
OnEvent = Callable[[str | None, dict[str, Any]], None]
# Its expiration makes each login differ from the last: kopf refuses a repeated one.
LOGIN_LIFETIME = timedelta(minutes=10)

# For peering, which is off; kopf's default fails where a container's user has no name.
IDENTITY: Any = "openclaw-vllm-operator"


def registry_for(
    providers: ProviderController,
    catalogs: CatalogController | None,
    watches: Watches,
    login: Callable[[], Awaitable[Credentials]],
    end_tasks: Callable[[], Awaitable[None]],
) -> kopf.OperatorRegistry:
    """Return kopf's registry; without `catalogs`, their kinds are not watched.

    `end_tasks` ends our own tasks before kopf waits for them.
    """
    registry = kopf.OperatorRegistry()

    @kopf.on.login(errors=kopf.ErrorsMode.TEMPORARY, backoff=2, registry=registry)
    async def log_in(**_: Any) -> kopf.AiohttpSession:
        return _create_session(await login(), watches)

    @kopf.on.cleanup(registry=registry)
    async def clean_up(**_: Any) -> None:
        await end_tasks()

    for plural, on_event in (
        ("vllmproviders", providers.on_provider_event),
        ("services", providers.on_service_event),
        ("configmaps", providers.on_config_map_event),
    ):
        _register_event_handler(registry, watches, plural, on_event)
    if catalogs is not None:
        _register_event_handler(registry, watches, "vllmcatalogs", catalogs.on_catalog_event)
        _register_event_handler(registry, watches, "namespaces", catalogs.on_namespace_event)
    return registry


def _register_event_handler(
    registry: kopf.OperatorRegistry, watches: Watches, plural: str, on_event: OnEvent
) -> None:
    """Pass every event of a kind to `on_event`; readiness waits until all were handled."""
    group, version = (GROUP, VERSION) if plural in CUSTOM_KINDS else ("", "v1")

    async def event_handler(event: kopf.RawEvent, **_: Any) -> None:
        watches.record_event()
        on_event(event["type"], dict(event["object"]))

    kopf.on.event(group, version, plural, id=plural, registry=registry)(event_handler)


def expected(namespaces: Iterable[str], *, catalogs: bool) -> list[Watch]:
    """Return the expected watches: of each kind in each namespace, or in all."""
    scopes = tuple(namespaces) or ("",)
    watches = [Watch(kind, namespace) for kind in KINDS for namespace in scopes]
    return [*watches, *(Watch(kind) for kind in CATALOG_KINDS if catalogs)]


def settings_for(*, streaming: bool) -> kopf.OperatorSettings:
    """Return kopf's settings, each with a measured effect.

    `streaming` lists by watching, which halves the memory and needs Kubernetes 1.34 or newer.
    """
    settings = kopf.OperatorSettings()
    settings.persistence.progress_storage = _NoProgress()
    settings.persistence.diffbase_storage = _NoDiffBase()
    settings.queueing.idle_timeout = 0.1
    settings.networking.error_backoffs = _CappedForever()
    settings.networking.request_timeout = 60
    settings.networking.connect_timeout = 5
    settings.watching.inactivity_timeout = 70  # the API server sends a bookmark each minute
    settings.watching.reconnect_backoff = 0.1
    settings.watching.initial_streaming = streaming
    settings.watching.label_selectors["", "v1", "configmaps"] = SELECTOR
    settings.scanning.disabled = True
    settings.posting.enabled = False
    settings.peering.standalone = True
    return settings


async def watch(
    registry: kopf.OperatorRegistry,
    settings: kopf.OperatorSettings,
    namespaces: Iterable[str],
    *,
    ready: asyncio.Event,
    stop: asyncio.Event,
) -> None:
    """Watch until `stop` is set or a signal arrives; raises the error that ends kopf."""
    names = tuple(namespaces)
    await kopf.operator(
        registry=registry,
        settings=settings,
        identity=IDENTITY,
        standalone=True,
        clusterwide=not names,
        namespaces=names,
        ready_flag=ready,
        stop_flag=stop,
    )


class _CappedForever:
    """Endless backoffs: kopf's default ends the process after a minute of 5xx."""

    def __iter__(self) -> Iterator[float]:
        yield from (0.2, 0.5, 1.0)
        while True:
            yield 2.0


class _NoProgress(kopf.ProgressStorage):
    """Stores nothing on the user's object."""

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        return None

    def purge(self, **_: Any) -> None:
        return None

    def touch(self, **_: Any) -> None:
        return None

    def clear(self, *, essence: Any) -> Any:
        return essence


class _NoDiffBase(kopf.DiffBaseStorage):
    """Computes no differences, which would copy every object of every event."""

    def build(self, **_: Any) -> Any:
        return {}

    def fetch(self, **_: Any) -> None:
        return None

    def store(self, **_: Any) -> None:
        return None


class _Connection(kopf.ConnectionInfo):
    """Accepts CAs without keyUsage, which some clusters have and Python 3.13 refuses."""

    def as_ssl_context(self) -> ssl.SSLContext:
        context = super().as_ssl_context()
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return context


def _create_session(credentials: Credentials, watches: Watches) -> kopf.AiohttpSession:
    """Return a session for kopf, which closes it; like its own, but records watch activity."""
    connection = _Connection(
        server=credentials.server,
        ca_path=credentials.ca_path,
        ca_data=credentials.ca_data,
        insecure=credentials.insecure,
        token=credentials.token,
        certificate_path=credentials.certificate_path,
        private_key_path=credentials.private_key_path,
    )
    context, headers = connection.as_ssl_context(), connection.as_http_headers()
    return kopf.AiohttpSession(
        server=credentials.server,
        aiohttp_session=session(watches, context, headers, credentials.proxy_url),
        expiration=datetime.now(UTC) + LOGIN_LIFETIME,
    )
