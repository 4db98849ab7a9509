"""Inputs of a reconcile without a cluster: files, options, the environment.

Keys come from environment variables, never from arguments, which every process of a machine can
see. Where they may go is decided as in the cluster: in a pipeline a file's author chooses the URL.
"""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import SecretKeyRef, VllmProviderSpec
from openclaw_vllm.api.secret import Secret
from openclaw_vllm.api.service import Service
from openclaw_vllm.core.discovery.destination import Destinations
from openclaw_vllm.core.discovery.endpoint import service_named_by
from openclaw_vllm.core.discovery.references import client_secret_refs
from openclaw_vllm.core.discovery.service_names import ServiceNames
from openclaw_vllm.edges.kube.cache import Cache
from openclaw_vllm.edges.kube.readings import Read, Readings, Value
from openclaw_vllm.edges.kube.store import Store
from openclaw_vllm.edges.vllm.probe_request import ProberProtocol
from openclaw_vllm.reconcile.readers import Clock, Readers


@dataclass(frozen=True)
class LocalInputs:
    """The user's inputs: objects of the files, texts for the ConfigMaps that a spec names, keys.

    `key_env` is another environment variable than `spec.auth.apiKeyEnv`; `key_hosts` are globs on
    hosts that keys may be sent to, as in the Secret's annotation.
    """

    services: Mapping[ObjectKey, Service] = field(default_factory=dict)
    config_maps: Mapping[ObjectKey, Mapping[str, str]] = field(default_factory=dict)
    base_config: str | None = None
    ca_bundle: str | None = None
    key_env: str | None = None
    key_hosts: tuple[str, ...] = ()
    policy: Destinations = field(default_factory=Destinations)
    service_names: ServiceNames = field(default_factory=ServiceNames)


class ObjectReader(Protocol):
    """Source of the objects that are not among the user's inputs: a cluster, or none."""

    async def read_service(self, key: ObjectKey) -> Service | None:
        """Read a Service by name."""

    async def read_config_map(self, key: ObjectKey) -> Mapping[str, str] | Problem:
        """Read a ConfigMap's data by name."""

    async def read_secret(self, key: ObjectKey) -> Secret | Problem:
        """Read a Secret by name."""


@dataclass(frozen=True)
class NoClusterReader:
    """No cluster: a Service is assumed to be as the spec has it, all else is missing."""

    spec: VllmProviderSpec

    async def read_service(self, key: ObjectKey) -> Service | None:
        """Return a Service with the numeric port of the spec; None for a named one."""
        port = self.spec.service_ref.port if self.spec.service_ref else 0
        return Service("ClusterIP", (("", port),)) if isinstance(port, int) else None

    async def read_config_map(self, key: ObjectKey) -> Mapping[str, str] | Problem:
        """Return the Problem that says how to provide it."""
        how = "add its manifest with -f, or give the text with --base-config or --ca-file"
        return Problem(Reason.CA_BUNDLE_NOT_FOUND, f"ConfigMap {key.name} is not given: {how}")

    async def read_secret(self, key: ObjectKey) -> Secret | Problem:
        """Return the Problem that says how to provide it."""
        envs = ", ".join(_variables(self.spec, None).get(key.name, {}).values())
        how = f"set {envs} in the environment" if envs else "give the text with --ca-file"
        message = f"the value of Secret {key.name} is not given: {how}"
        return Problem(Reason.SECRET_NOT_FOUND, message)


async def build_readers(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    local_inputs: LocalInputs,
    reader: ObjectReader,
    prober: ProberProtocol,
) -> Readers:
    """Return readers that take the user's inputs first, and what `reader` reads else."""
    namespace = provider.key.namespace
    config_maps = _config_maps(namespace, spec, local_inputs)
    secrets = _secrets(namespace, spec, local_inputs)
    cache = Cache(services=Store(local_inputs.services))
    service_key = service_named_by(spec, namespace, local_inputs.service_names)
    if service_key is not None and service_key not in cache.services:
        service = await reader.read_service(service_key)
        cache.services |= {} if service is None else {service_key: service}
    return Readers(
        cache=cache,
        prober=prober,
        secrets=Readings(_local_first(secrets, reader.read_secret)),
        config_maps=Readings(_local_first(config_maps, reader.read_config_map)),
        policy=local_inputs.policy,
        clock=Clock(time.monotonic, time.time),
        service_names=local_inputs.service_names,
    )


def _local_first(local: Mapping[ObjectKey, Value], read: Read[Value]) -> Read[Value]:
    async def read_local_first(key: ObjectKey) -> Value | Problem:
        return local[key] if key in local else await read(key)

    return read_local_first


def assumed_service(
    provider: VllmProvider, spec: VllmProviderSpec, local_inputs: LocalInputs
) -> str:
    """Return the key of the Service that is assumed to exist without a cluster, or "".

    One of another namespace is not: the operator may not watch that namespace.
    """
    key = service_named_by(spec, provider.key.namespace, local_inputs.service_names)
    if key is None or key in local_inputs.services or key.namespace != provider.key.namespace:
        return ""
    return str(key)


def _config_maps(
    namespace: str, spec: VllmProviderSpec, local_inputs: LocalInputs
) -> dict[ObjectKey, Mapping[str, str]]:
    """Return the ConfigMaps of the files; a text of an option stands in the one it belongs to."""
    config_maps = dict(local_inputs.config_maps)
    ca = spec.tls.ca_bundle_ref if spec.tls else None
    texts = (
        (spec.output.base_config_ref, local_inputs.base_config),
        (ca if ca is not None and ca.kind == "ConfigMap" else None, local_inputs.ca_bundle),
    )
    for ref, text in texts:
        if ref is not None and text is not None:
            key = ObjectKey(namespace, ref.name)
            config_maps[key] = {**config_maps.get(key, {}), ref.key: text}
    return config_maps


def _secrets(
    namespace: str, spec: VllmProviderSpec, local_inputs: LocalInputs
) -> dict[ObjectKey, Secret]:
    """Return the Secrets all of whose values are in the environment, and the one with the CA."""
    secrets, hosts = {}, ",".join(local_inputs.key_hosts)
    for name, variables in _variables(spec, local_inputs.key_env).items():
        values = {key: os.environ.get(variable, "") for key, variable in variables.items()}
        if all(values.values()):
            data = {key: value.encode(errors="surrogateescape") for key, value in values.items()}
            secrets[ObjectKey(namespace, name)] = Secret(hosts, data)
    ca = spec.tls.ca_bundle_ref if spec.tls else None
    if ca is not None and ca.kind == "Secret" and local_inputs.ca_bundle is not None:
        key = ObjectKey(namespace, ca.name)
        others = secrets[key].data if key in secrets else {}
        bundle = {ca.key: local_inputs.ca_bundle.encode()}
        secrets[key] = Secret(hosts, {**others, **bundle})
    return secrets


def _variables(spec: VllmProviderSpec, key_env: str | None) -> dict[str, dict[str, str]]:
    """Return, by Secret and key, the environment variable that holds the value here.

    It is the one that agents read it from; `key_env` replaces that of the API key.
    """
    variables: dict[str, dict[str, str]] = {}
    for ref, variable in _secret_references(spec, key_env):
        variables.setdefault(ref.name, {})[ref.key] = variable
    return variables


def _secret_references(
    spec: VllmProviderSpec, key_env: str | None
) -> Iterable[tuple[SecretKeyRef, str]]:
    if spec.auth is not None and spec.auth.api_key_secret_ref is not None:
        yield spec.auth.api_key_secret_ref, key_env or spec.auth.api_key_env
    for header in spec.headers:
        if header.value_from is not None and header.env is not None:
            yield header.value_from.secret_key_ref, header.env
    client = spec.tls.client_certificate_ref if spec.tls else None
    if client is not None:
        refs = client_secret_refs(spec)
        yield refs["cert"], client.certificate_env
        yield refs["key"], client.key_env
