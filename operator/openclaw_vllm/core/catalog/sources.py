"""Sources of a VllmCatalog: the VllmProviders and Services that it selects.

A model list leaves its namespace only when its owner agrees, by the label `share` on the object
itself: a selector alone could select what nobody shares. A Service is probed as a VllmProvider of
its namespace would be, with the same rules for destinations and keys.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from openclaw_vllm.api.catalog import ServicesSource, VllmCatalogSpec
from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import GROUP
from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.namespace import Namespace
from openclaw_vllm.api.observed import VllmCatalog, VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import (
    Auth,
    DiscoverySpec,
    SecretKeyRef,
    ServiceRef,
    Tls,
    VllmProviderSpec,
)
from openclaw_vllm.api.selector import LabelSelector
from openclaw_vllm.api.service import Service
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.core.catalog.provider_ids import key_variable, qualified_id
from openclaw_vllm.core.catalog.selectors import selects

SHARE = f"{GROUP}/share"
KEY_SECRET = f"{GROUP}/api-key-secret"  # <secret> or <secret>/<key>, on a Service
KEY_SECRET_FORM = re.compile(
    r"(?P<name>[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)(/(?P<key>[-._a-zA-Z0-9]{1,253}))?"
)
DEFAULT_KEY = "api-key"
DEFAULT_PORT = 8000
MAX_MODELS = 2000

Namespaces = Mapping[str, Namespace]


@dataclass(frozen=True, slots=True)
class SharedService:
    """A Service to probe, in the form of a VllmProvider of its namespace."""

    provider: VllmProvider
    spec: VllmProviderSpec  # valid even with a problem
    own_id: str  # reserved for it, whatever id it is published under
    problem: Problem | None = None  # why it cannot be probed


def shared_providers(
    spec: VllmCatalogSpec, namespaces: Namespaces, providers: Iterable[VllmProvider]
) -> list[VllmProvider]:
    """Return the VllmProviders that the catalog publishes."""
    sources = [source.providers for source in spec.sources if source.providers]
    return [
        provider
        for provider in providers
        if _is_shared(provider.labels)
        and any(
            selects(source.selector, provider.labels)
            and _is_selected(source.namespace_selector, provider.key, namespaces)
            for source in sources
        )
    ]


def shared_services(
    catalog: VllmCatalog,
    spec: VllmCatalogSpec,
    namespaces: Namespaces,
    services: Mapping[ObjectKey, Service],
) -> dict[SourceKey, SharedService]:
    """Return the Services to probe; of several sources that give one the same id the first
    counts."""
    shared_by_key: dict[SourceKey, SharedService] = {}
    own_ids: set[tuple[ObjectKey, str]] = set()
    for source in (source.services for source in spec.sources if source.services):
        for key, service in services.items():
            if not _selects_service(source, key, service, namespaces):
                continue
            for source_key, shared in _share_ports(catalog, spec, source, key, service):
                if source_key not in shared_by_key and (key, shared.own_id) not in own_ids:
                    shared_by_key[source_key] = shared
                    own_ids.add((key, shared.own_id))
    return shared_by_key


def source_of(
    key: SourceKey,
    catalogs: Mapping[ObjectKey, VllmCatalog],
    namespaces: Namespaces,
    services: Mapping[ObjectKey, Service],
) -> SharedService | None:
    """Return the Service to probe, None when its catalog does not select it any more."""
    catalog = catalogs.get(ObjectKey("", key.catalog))
    service = services.get(key.service)
    if catalog is None or service is None or catalog.deleting or isinstance(catalog.spec, Problem):
        return None
    return shared_services(catalog, catalog.spec, namespaces, {key.service: service}).get(key)


def _is_shared(labels: Mapping[str, str]) -> bool:
    return labels.get(SHARE) == "true"


def _is_selected(selector: LabelSelector, key: ObjectKey, namespaces: Namespaces) -> bool:
    """Return whether the namespace is selected; one that no watch has delivered is not."""
    namespace = namespaces.get(key.namespace)
    return namespace is not None and selects(selector, namespace.labels)


def _selects_service(
    source: ServicesSource, key: ObjectKey, service: Service, namespaces: Namespaces
) -> bool:
    return (
        _is_shared(service.labels)
        and selects(source.selector, service.labels)
        and _is_selected(source.namespace_selector, key, namespaces)
    )


def _share_ports(
    catalog: VllmCatalog,
    spec: VllmCatalogSpec,
    source: ServicesSource,
    key: ObjectKey,
    service: Service,
) -> Iterator[tuple[SourceKey, SharedService]]:
    for port in source.ports or (source.port or DEFAULT_PORT,):
        source_key = SourceKey(catalog.key.name, key, port)
        port_part = (str(port),) if source.ports else ()
        own_id = qualified_id(key.namespace, key.name, *port_part)
        id_ = own_id if spec.provider_ids == "Qualified" else qualified_id(key.name, *port_part)
        annotation = service.annotations.get(KEY_SECRET)
        auth = _read_auth(annotation, own_id)
        problem = auth if isinstance(auth, Problem) else None
        own_spec = _build_spec(source, key, port, id_, None if isinstance(auth, Problem) else auth)
        provider = VllmProvider(
            key=key,
            uid=f"{catalog.uid} {service.uid} {port}",
            generation=catalog.generation,
            resource_version="",
            created=service.created,
            requested_at=f"{catalog.requested_at} {annotation or ''}",
            spec=own_spec,
            status=VllmProviderStatus(),
        )
        yield source_key, SharedService(provider, own_spec, own_id, problem)


def _build_spec(
    source: ServicesSource, key: ObjectKey, port: int | str, id_: str, auth: Auth | None
) -> VllmProviderSpec:
    """Return the spec that its owner would write in a VllmProvider for the Service."""
    return VllmProviderSpec(
        service_ref=ServiceRef(name=key.name, port=port, scheme=source.scheme, path=source.path),
        api_root=source.api_root,
        provider_id=id_,
        auth=auth,
        tls=Tls(ca_bundle_ref=source.ca_bundle_ref) if source.ca_bundle_ref else None,
        timeout_seconds=source.timeout_seconds,
        discovery=DiscoverySpec(
            interval=source.interval,
            timeout=source.timeout,
            remove_after=source.remove_after,
            max_models=MAX_MODELS,
            mode=source.mode,
            replicas=source.replicas,
            publish=source.publish,
        ),
    )


def _read_auth(annotation: str | None, id_: str) -> Auth | Problem | None:
    """Parse the annotation that names the Secret, which no CEL rule has validated."""
    if annotation is None:
        return None
    form = KEY_SECRET_FORM.fullmatch(annotation)
    if form is None:
        message = f"annotation {KEY_SECRET}: write <secret> or <secret>/<key>, such as vllm-api-key"
        return Problem(Reason.INVALID_SPEC, message)
    ref = SecretKeyRef(name=form["name"], key=form["key"] or DEFAULT_KEY)
    return Auth(api_key_secret_ref=ref, api_key_env=key_variable(id_))
