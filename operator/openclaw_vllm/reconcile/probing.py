"""Asking a server for its models: references, permission, address, question, and one second try.

A 401 may mean that the key was rotated, a failed handshake that the CA was: both are read anew and
the question is asked once more within the same deadline, so that a rotation never shows as a
failure.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import Resource
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import SecretKeyRef, VllmProviderSpec
from openclaw_vllm.api.status import Task
from openclaw_vllm.core.answer import Served, parse, parse_version
from openclaw_vllm.core.destination import key_refusal
from openclaw_vllm.core.endpoint import Endpoint, resolve, service_named_by
from openclaw_vllm.core.openclaw import Connection
from openclaw_vllm.edges.prober import Answer, Question, Trust
from openclaw_vllm.reconcile.world import World

SECRET_AGE = 3600.0  # seconds: a withdrawn permission takes hold within the hour
CONFIG_MAP_AGE = 600.0


@dataclass(frozen=True, slots=True)
class Target:
    """A server and everything that a request to it needs."""

    endpoint: Endpoint
    trust: Trust
    timeout: float
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    addresses: tuple[str, ...] = ()

    @property
    def connection(self) -> Connection:
        """What agents are told of it."""
        return Connection(self.endpoint.base_url, self.trust.ca_pem)


async def locate(
    resource: Resource, spec: VllmProviderSpec, world: World, *, fresh: bool
) -> Target | Problem:
    """Resolve the endpoint and read the CA bundle, anew if `fresh`; asks the server nothing."""
    namespace = resource.key.namespace
    named = service_named_by(spec, namespace)
    service = world.cache.services.get(named) if named else None
    endpoint = resolve(spec, namespace, service)
    if isinstance(endpoint, Problem):
        return endpoint
    ca_pem = await _ca_bundle(spec, namespace, world, fresh=fresh)
    if isinstance(ca_pem, Problem):
        return ca_pem
    tls = spec.tls
    trust = Trust(
        ca_pem=ca_pem,
        server_name=(tls.server_name if tls else None) or "",
        verify=not (tls and tls.insecure_skip_verify),
    )
    return Target(endpoint, trust, spec.discovery.timeout_seconds)


async def probe(
    resource: Resource, spec: VllmProviderSpec, target: Target, world: World, *, fresh: bool
) -> tuple[Target, tuple[Served, ...]] | Problem:
    """Ask for the models, within the spec's deadline; returns the target as it answered."""
    try:
        async with asyncio.timeout(target.timeout):
            return await _probe(resource, spec, target, world, fresh=fresh)
    except TimeoutError:
        message = f"no complete answer within {spec.discovery.timeout}"
        return Problem(Reason.TIMED_OUT, message)


async def read_details(target: Target, world: World) -> tuple[str, Task]:
    """Read the server's version, and whether it generates or embeds; neither is needed to publish.

    The task shows in which routes exist: 405 to OPTIONS, which needs no key, against 404 (measured
    from vLLM 0.16 on). Anything else counts as Unknown.
    """
    try:
        async with asyncio.timeout(target.timeout):
            version, chat = await asyncio.gather(
                _ask(target, "GET", f"{target.endpoint.server_url}/version", world),
                _ask(target, "OPTIONS", f"{target.endpoint.base_url}/chat/completions", world),
            )
            if _exists(chat):
                return _version(version), "Generate"
            url = f"{target.endpoint.base_url}/embeddings"
            embeds = _exists(await _ask(target, "OPTIONS", url, world))
            absent = isinstance(chat, Answer) and chat.status == HTTPStatus.NOT_FOUND
            return _version(version), "Embed" if embeds and absent else "Unknown"
    except TimeoutError:
        return "", "Unknown"


async def _probe(
    resource: Resource, spec: VllmProviderSpec, target: Target, world: World, *, fresh: bool
) -> tuple[Target, tuple[Served, ...]] | Problem:
    ready = await _prepare(resource, spec, target, world, fresh=fresh)
    if isinstance(ready, Problem):
        return ready
    answer = await _models(ready, world)
    if isinstance(answer, Problem) and answer.reason in (Reason.UNAUTHORIZED, Reason.TLS_FAILED):
        again = await _renew(resource, spec, ready, world)
        if isinstance(again, Problem):
            return again
        if again != ready:
            ready, answer = again, await _models(again, world)
    return answer if isinstance(answer, Problem) else (ready, answer)


async def _prepare(
    resource: Resource, spec: VllmProviderSpec, target: Target, world: World, *, fresh: bool
) -> Target | Problem:
    """Read the secrets that go to the server, and judge where they and the request would go."""
    headers = await _headers(resource, spec, target, world, fresh=fresh)
    if isinstance(headers, Problem):
        return headers
    endpoint = target.endpoint
    addresses = await world.prober.lookup(endpoint.host, endpoint.port)
    if isinstance(addresses, Problem):
        return addresses
    if problem := world.policy.judge(endpoint.host, addresses):
        return problem
    return replace(target, headers=headers, addresses=addresses)


async def _renew(
    resource: Resource, spec: VllmProviderSpec, target: Target, world: World
) -> Target | Problem:
    located = await locate(resource, spec, world, fresh=True)
    if isinstance(located, Problem):
        return located
    return await _prepare(resource, spec, located, world, fresh=True)


async def _ca_bundle(
    spec: VllmProviderSpec, namespace: str, world: World, *, fresh: bool
) -> str | Problem:
    ref = spec.tls.ca_bundle_ref if spec.tls else None
    if ref is None:
        return ""
    age = 0.0 if fresh else CONFIG_MAP_AGE
    data = await world.config_maps.get(ObjectKey(namespace, ref.name), max_age=age)
    if isinstance(data, Problem):
        return Problem(Reason.CA_BUNDLE_NOT_FOUND, data.message)
    if ref.key not in data:
        message = f"ConfigMap {ref.name} has no key {ref.key}; add the CA's certificates under it"
        return Problem(Reason.CA_BUNDLE_NOT_FOUND, message)
    return data[ref.key]


async def _headers(
    resource: Resource, spec: VllmProviderSpec, target: Target, world: World, *, fresh: bool
) -> dict[str, str] | Problem:
    headers = {header.name: header.value for header in spec.headers if header.value is not None}
    secret = {h.name: h.value_from.secret_key_ref for h in spec.headers if h.value_from is not None}
    if spec.auth is not None and spec.auth.api_key_secret_ref is not None:
        secret["Authorization"] = spec.auth.api_key_secret_ref
    for name, ref in secret.items():
        value = await _secret_value(resource, ref, target, world, fresh=fresh)
        if isinstance(value, Problem):
            return value
        headers[name] = f"Bearer {value}" if name == "Authorization" else value
    return headers


async def _secret_value(
    resource: Resource, ref: SecretKeyRef, target: Target, world: World, *, fresh: bool
) -> str | Problem:
    key = ObjectKey(resource.key.namespace, ref.name)
    secret = await world.secrets.get(key, max_age=0.0 if fresh else SECRET_AGE)
    if isinstance(secret, Problem):
        return secret
    if problem := key_refusal(
        target.endpoint, key, secret.allowed_hosts, world.policy, verified=target.trust.verify
    ):
        world.secrets.forget([key])  # allowing it heals at the next try
        return problem
    raw = secret.data.get(ref.key)
    if raw is None:
        world.secrets.forget([key])
        message = f"Secret {ref.name} has no key {ref.key}; add it"
        return Problem(Reason.SECRET_KEY_NOT_FOUND, message)
    text = raw.decode("latin-1")
    if not text or not text.isascii() or not text.isprintable():
        world.secrets.forget([key])
        message = (
            f"key {ref.key} of Secret {ref.name} is empty or holds characters that no HTTP header "
            "may carry, such as a line break at its end; write it anew"
        )
        return Problem(Reason.SECRET_KEY_NOT_FOUND, message)
    return text


async def _models(target: Target, world: World) -> tuple[Served, ...] | Problem:
    answer = await _ask(target, "GET", f"{target.endpoint.base_url}/models", world)
    if isinstance(answer, Problem):
        return answer
    match answer.status:
        case 200:
            return parse(answer.body)
        case 401:
            return Problem(Reason.UNAUTHORIZED, "status 401: the server wants another key")
        case 301 | 302 | 303 | 307 | 308:
            message = f"status {answer.status}: a redirect is never followed; write the final URL"
            return Problem(Reason.REDIRECTED, message)
    message = f"status {answer.status} to GET /v1/models, where 200 is expected"
    return Problem(Reason.UNEXPECTED_STATUS, message)


async def _ask(target: Target, method: str, url: str, world: World) -> Answer | Problem:
    question = Question(method, url, target.addresses, target.trust, target.headers)
    return await world.prober.ask(question)


def _exists(route: Answer | Problem) -> bool:
    """Tell by an answer to OPTIONS whether the server has the route."""
    return isinstance(route, Answer) and route.status == HTTPStatus.METHOD_NOT_ALLOWED


def _version(answer: Answer | Problem) -> str:
    return parse_version(answer.body) if isinstance(answer, Answer) else ""
