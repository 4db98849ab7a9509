"""What a decision is made from where there may be no cluster: files, options, the environment.

Keys come from environment variables, never from arguments, which every process of a machine can
see. Where they may go is judged as in the cluster: in a pipeline the file's author chooses the URL.
"""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import Secret, Service, VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import SecretKeyRef, VllmProviderSpec
from openclaw_vllm.core.discovery.destination import Destinations
from openclaw_vllm.core.discovery.endpoint import service_named_by
from openclaw_vllm.edges.kube.cache import Cache
from openclaw_vllm.edges.kube.readings import Readings
from openclaw_vllm.edges.kube.store import Store
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse, ProberProtocol
from openclaw_vllm.reconcile.readers import Clock, Readers

NOT_ASKED = Problem(Reason.PENDING, "no server is asked: a snapshot is given")


@dataclass(frozen=True)
class LocalInputs:
    """What the user gives: objects of the files, texts for the ConfigMaps that a spec names, keys.

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


class Reads(Protocol):
    """Where objects are that the user does not give: a cluster, or nowhere."""

    async def read_service(self, key: ObjectKey) -> Service | None:
        """Read a Service by name."""

    async def read_config_map(self, key: ObjectKey) -> Mapping[str, str] | Problem:
        """Read a ConfigMap's data by name."""

    async def read_secret(self, key: ObjectKey) -> Secret | Problem:
        """Read a Secret by name."""


@dataclass(frozen=True)
class NoClusterReader:
    """No cluster: a Service is taken to be what the spec says, all else is missing."""

    spec: VllmProviderSpec

    async def read_service(self, key: ObjectKey) -> Service | None:
        """Return a Service with the port that the spec writes as a number."""
        port = self.spec.service_ref.port if self.spec.service_ref else 0
        return Service("ClusterIP", (("", port),)) if isinstance(port, int) else None

    async def read_config_map(self, key: ObjectKey) -> Mapping[str, str] | Problem:
        """Say how to give it."""
        how = "add its manifest with -f, or give the text with --base-config or --ca-file"
        return Problem(Reason.CA_BUNDLE_NOT_FOUND, f"ConfigMap {key.name} is not given: {how}")

    async def read_secret(self, key: ObjectKey) -> Secret | Problem:
        """Say how to give it."""
        envs = ", ".join(_variables(self.spec, None).get(key.name, {}).values())
        message = f"the value of Secret {key.name} is not given: set {envs} in the environment"
        return Problem(Reason.SECRET_NOT_FOUND, message)


class OfflineProber:
    """Asks nobody: with a snapshot, no byte leaves the machine."""

    async def lookup(self, host: str, port: int) -> tuple[str, ...] | Problem:
        """Resolve nothing."""
        return NOT_ASKED

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        """Send nothing."""
        return NOT_ASKED


async def inputs_of(
    resource: VllmProvider,
    spec: VllmProviderSpec,
    given: LocalInputs,
    reads: Reads,
    prober: ProberProtocol,
) -> Readers:
    """Return what the VllmProvider is decided from: what is given, and else what can be read."""
    namespace = resource.key.namespace
    config_maps = _config_maps(namespace, spec, given)
    secrets = _secrets(namespace, spec, given)

    async def read_config_map(key: ObjectKey) -> Mapping[str, str] | Problem:
        return config_maps[key] if key in config_maps else await reads.read_config_map(key)

    async def read_secret(key: ObjectKey) -> Secret | Problem:
        return secrets[key] if key in secrets else await reads.read_secret(key)

    cache = Cache(services=Store(given.services))
    named = service_named_by(spec, namespace)
    if named is not None and named not in cache.services:
        service = await reads.read_service(named)
        cache.services |= {} if service is None else {named: service}
    return Readers(
        cache=cache,
        prober=prober,
        secrets=Readings(read_secret),
        config_maps=Readings(read_config_map),
        policy=given.policy,
        clock=Clock(time.monotonic, time.time),
    )


def assumed_service(resource: VllmProvider, spec: VllmProviderSpec, given: LocalInputs) -> str:
    """Return the Service that has to exist and, without a cluster, is taken to; or nothing.

    One of another namespace does not have to: the operator may not watch that.
    """
    named = service_named_by(spec, resource.key.namespace)
    if named is None or named in given.services or named.namespace != resource.key.namespace:
        return ""
    return str(named)


def _config_maps(
    namespace: str, spec: VllmProviderSpec, given: LocalInputs
) -> dict[ObjectKey, Mapping[str, str]]:
    """Return the given ConfigMaps; a text given by itself stands in the one that it belongs to."""
    found = dict(given.config_maps)
    texts = (
        (spec.output.base_config_ref, given.base_config),
        (spec.tls.ca_bundle_ref if spec.tls else None, given.ca_bundle),
    )
    for ref, text in texts:
        if ref is not None and text is not None:
            key = ObjectKey(namespace, ref.name)
            found[key] = {**found.get(key, {}), ref.key: text}
    return found


def _secrets(namespace: str, spec: VllmProviderSpec, given: LocalInputs) -> dict[ObjectKey, Secret]:
    """Return the Secrets all of whose values are in the environment."""
    found = {}
    for name, variables in _variables(spec, given.key_env).items():
        values = {key: os.environ.get(variable, "") for key, variable in variables.items()}
        if all(values.values()):
            data = {key: value.encode(errors="surrogateescape") for key, value in values.items()}
            found[ObjectKey(namespace, name)] = Secret(",".join(given.key_hosts), data)
    return found


def _variables(spec: VllmProviderSpec, key_env: str | None) -> dict[str, dict[str, str]]:
    """Return, by Secret and key, the environment variable that holds the value here.

    It is the one that agents read it from; `key_env` replaces that of the API key.
    """
    found: dict[str, dict[str, str]] = {}
    for ref, variable in _secret_references(spec, key_env):
        found.setdefault(ref.name, {})[ref.key] = variable
    return found


def _secret_references(
    spec: VllmProviderSpec, key_env: str | None
) -> Iterable[tuple[SecretKeyRef, str]]:
    if spec.auth is not None and spec.auth.api_key_secret_ref is not None:
        yield spec.auth.api_key_secret_ref, key_env or spec.auth.api_key_env
    for header in spec.headers:
        if header.value_from is not None and header.env is not None:
            yield header.value_from.secret_key_ref, header.env
