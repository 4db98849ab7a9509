"""Resolution of a spec, and the Service that it refers to, to the endpoint of a server.

The URL is used twice, by our probe and by the agents. So it is normalized to the form that OpenClaw
expects: it ends at the root of the API, and has a Service's full name, because OpenClaw gives
`*.local` hosts the timeouts of self-hosted models, and a short name means another Service in the
operator's namespace than in the agents'.
"""

from collections.abc import Mapping
from dataclasses import replace

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import ServiceRef, VllmProviderSpec
from openclaw_vllm.api.service import EXTERNAL_NAME, Service
from openclaw_vllm.core.discovery.api_root import api_root
from openclaw_vllm.core.discovery.endpoint import Endpoint, service_named_by
from openclaw_vllm.core.discovery.hosts import flaw_of
from openclaw_vllm.core.discovery.service_names import ServiceNames
from openclaw_vllm.core.discovery.urls import DEFAULT_PORTS, parse_url

LONGEST_CHAIN = 8  # Services that lead to one another; DNS servers follow about as many


def resolve(
    spec: VllmProviderSpec, namespace: str, service: Service | None, names: ServiceNames
) -> Endpoint | Problem:
    """Resolve `serviceRef` or `baseUrl` to an endpoint.

    `service` is the object of `service_named_by`, if the cluster has it. A Service
    of the provider's namespace has to exist; one of another may be outside of what we watch.
    """
    key = service_named_by(spec, namespace, names)
    if key is not None and (problem := _service_problem(key, namespace, service, names)):
        return problem
    as_written = spec.api_root == "AsWritten"
    if spec.service_ref is not None and service is not None:
        ref = spec.service_ref
        endpoint = _from_service(ref, namespace, service, names, as_written=as_written)
    else:
        endpoint = _from_url(spec.base_url or "", key, names, as_written=as_written)
    if isinstance(endpoint, Problem) or service is None or service.type != EXTERNAL_NAME:
        return endpoint
    target = service.external_name
    return replace(endpoint, external_name=target, service=names.parse_absolute(target))


def follow(
    endpoint: Endpoint, services: Mapping[ObjectKey, Service], names: ServiceNames
) -> Endpoint | Problem:
    """Return the endpoint at the end of a chain of Services of type ExternalName, each of which
    may lead anywhere: every name has to be allowed, and a key follows the last one."""
    for _ in range(LONGEST_CHAIN):
        key = endpoint.service if endpoint.external_name else None
        service = services.get(key) if key else None
        if key is None or service is None or service.type != EXTERNAL_NAME:
            return endpoint
        if not names.allows(service.external_name):
            return _external_problem(key, "GLOB")
        target = service.external_name
        endpoint = replace(endpoint, external_name=target, service=names.parse_absolute(target))
    message = f"Services of type ExternalName lead from {endpoint.host} to one another without end"
    return Problem(Reason.EXTERNAL_NAME_REFUSED, f"{message}; name the last one instead")


def _service_problem(
    key: ObjectKey, namespace: str, service: Service | None, names: ServiceNames
) -> Problem | None:
    is_own = key.namespace == namespace
    if service is None and is_own:
        message = f"Service {key.name} does not exist in namespace {namespace}; create it"
        return Problem(Reason.SERVICE_NOT_FOUND, message)
    if service is None or service.type != EXTERNAL_NAME or names.allows(service.external_name):
        return None
    return _external_problem(key, (is_own and service.external_name) or "GLOB")


def _external_problem(key: ObjectKey, target: str) -> Problem:
    """Refuse a Service; `target` is GLOB for one of others, who may keep theirs private."""
    message = (
        f"Service {key} is of type ExternalName, which may lead anywhere; write the server's own "
        f"URL into spec.baseUrl, or run the operator with --allow-external-names {target} "
        "(chart's value allowExternalNames)"
    )
    return Problem(Reason.EXTERNAL_NAME_REFUSED, message)


def _from_service(
    ref: ServiceRef, namespace: str, service: Service, names: ServiceNames, *, as_written: bool
) -> Endpoint | Problem:
    port = service.port_number(ref.port)
    if port is None:
        message = f"Service {ref.name} has no port {ref.port}; it has {service.described_ports}"
        return Problem(Reason.PORT_NOT_FOUND, message)
    key = ObjectKey(namespace, ref.name)
    host = names.full_name(key)
    if flaw := flaw_of(host):
        return Problem(Reason.INVALID_SPEC, f"the host of spec.serviceRef, {host}, has to {flaw}")
    url = f"{ref.scheme}://{host}:{port}{api_root(ref.path, as_written=as_written)}"
    return Endpoint(url, ref.scheme, host, port, key)


def _from_url(
    base_url: str, key: ObjectKey | None, names: ServiceNames, *, as_written: bool
) -> Endpoint | Problem:
    parts = parse_url(base_url)
    if isinstance(parts, Problem):
        return parts
    host = names.full_name(key) if key else parts.hostname or ""
    url_host = f"[{host}]" if ":" in host else host
    port = f":{parts.port}" if parts.port is not None else ""
    root = api_root(parts.path, as_written=as_written)
    return Endpoint(
        base_url=f"{parts.scheme}://{url_host}{port}{root}",
        scheme=parts.scheme,
        host=host,
        port=parts.port or DEFAULT_PORTS[parts.scheme],
        service=key,
    )
