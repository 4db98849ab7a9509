"""References of a VllmProvider, read: CA bundle, base configuration, secrets."""

from collections.abc import Mapping
from dataclasses import replace

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import ConfigMapKeyRef, SecretKeyRef, VllmProviderSpec
from openclaw_vllm.api.secret import Secret
from openclaw_vllm.core.discovery.destination import key_refusal
from openclaw_vllm.core.discovery.endpoint import Endpoint
from openclaw_vllm.core.discovery.references import (
    AUTHORIZATION,
    client_secret_refs,
    config_maps_named_by,
    credentials_problem,
    secret_refs,
    secrets_with_ca,
)
from openclaw_vllm.edges.vllm.trust import ClientCertificate, certificates_in
from openclaw_vllm.reconcile.readers import Readers

SECRET_AGE = 3600.0  # seconds: a withdrawn permission takes hold within the hour
CONFIG_MAP_AGE = 600.0
LONGEST_DELAY = 86_400.0  # seconds


def requeue_delay(spec: VllmProviderSpec, delay: float) -> float:
    """Return the seconds until the next reconcile of a spec whose next probe is in `delay`.

    One that is probed on changes alone is looked at once a day. No watch delivers the ConfigMaps
    that it names, unless they are labelled, nor a Secret with the CA bundle: so they are read again
    at their own age, however rarely the server is probed.
    """
    unwatched = config_maps_named_by(spec) | secrets_with_ca(spec)
    return min(delay, CONFIG_MAP_AGE if unwatched else LONGEST_DELAY)


async def read_ca(namespace: str, spec: VllmProviderSpec, readers: Readers) -> str | Problem:
    """Return the CA's certificates as PEM text, empty when the spec names none."""
    ref = spec.tls.ca_bundle_ref if spec.tls else None
    if ref is None:
        return ""
    key = ObjectKey(namespace, ref.name)
    if ref.kind == "Secret":
        return await _certificates_in_secret(key, ref.key, readers)
    return await _config_map_value(key, ref.key, readers, missing=Reason.CA_BUNDLE_NOT_FOUND)


async def _certificates_in_secret(key: ObjectKey, name: str, readers: Readers) -> str | Problem:
    """Return the certificates under a key of a Secret, and nothing else of it: whoever may create
    a VllmProvider reads them in its ConfigMap."""
    secret = await readers.secrets.get(key, max_age=0.0 if readers.fresh else CONFIG_MAP_AGE)
    if isinstance(secret, Problem):
        return replace(secret, reason=Reason.CA_BUNDLE_NOT_FOUND)
    if certificates := certificates_in(secret.data.get(name, b"").decode("latin-1")):
        return certificates
    readers.secrets.forget([key])
    flaw = "holds no certificate in PEM, or a damaged one, under"
    flaw = flaw if name in secret.data else "has no"
    message = f"Secret {key.name} {flaw} key {name}; write the CA's certificate there"
    return Problem(Reason.CA_BUNDLE_NOT_FOUND, message)


async def read_base(
    namespace: str, ref: ConfigMapKeyRef | None, readers: Readers
) -> str | Problem | None:
    """Return the text of the user's base configuration, None when the spec names none."""
    if ref is None:
        return None
    config_map = ObjectKey(namespace, ref.name)
    return await _config_map_value(config_map, ref.key, readers, missing=Reason.BASE_CONFIG_INVALID)


async def read_headers(
    namespace: str, spec: VllmProviderSpec, endpoint: Endpoint, readers: Readers
) -> dict[str, str] | Problem:
    """Return the headers of a request, each secret one only if it may go to the endpoint."""
    headers = {header.name: header.value for header in spec.headers if header.value is not None}
    for name, ref in secret_refs(spec).items():
        key = ObjectKey(namespace, ref.name)
        secret = await _permitted_secret(key, spec, endpoint, readers)
        value = secret if isinstance(secret, Problem) else _header_value(secret, ref)
        if isinstance(value, Problem):
            readers.secrets.forget([key])  # a mended one is read at the next try
            return value
        headers[name] = value
    if spec.auth is None or AUTHORIZATION not in headers:
        return headers
    if problem := credentials_problem(spec.auth, headers[AUTHORIZATION]):
        readers.secrets.forget(ObjectKey(namespace, ref.name) for ref in secret_refs(spec).values())
        return problem
    return {**headers, AUTHORIZATION: f"{spec.auth.scheme} {headers[AUTHORIZATION]}"}


async def read_client_certificate(
    namespace: str, spec: VllmProviderSpec, endpoint: Endpoint, readers: Readers
) -> ClientCertificate | Problem | None:
    """Return what the server is shown, only if it may be; None when the spec names nothing."""
    refs = client_secret_refs(spec)
    if not refs:
        return None
    key = ObjectKey(namespace, refs["key"].name)
    secret = await _permitted_secret(key, spec, endpoint, readers)
    client = secret if isinstance(secret, Problem) else _client_certificate(secret, refs)
    if isinstance(client, Problem):
        readers.secrets.forget([key])  # a mended one is read at the next try
    return client


def _client_certificate(
    secret: Secret, refs: Mapping[str, SecretKeyRef]
) -> ClientCertificate | Problem:
    certificate, key = _text_of(secret, refs["cert"]), _text_of(secret, refs["key"])
    if isinstance(certificate, Problem):
        return certificate
    if isinstance(key, Problem):
        return key
    client = ClientCertificate(certificate, key)
    if not (flaw := client.flaw()):
        return client
    names = f"{refs['cert'].key} and {refs['key'].key} of Secret {refs['key'].name}"
    return Problem(Reason.SECRET_KEY_NOT_FOUND, f"keys {names} {flaw}; write them anew")


async def _permitted_secret(
    key: ObjectKey, spec: VllmProviderSpec, endpoint: Endpoint, readers: Readers
) -> Secret | Problem:
    """Read a Secret, if its values may go to the endpoint."""
    secret = await readers.secrets.get(key, max_age=0.0 if readers.fresh else SECRET_AGE)
    if isinstance(secret, Problem):
        return secret
    allowed, verified = secret.allowed_hosts, not (spec.tls and spec.tls.insecure_skip_verify)
    problem = key_refusal(endpoint, key, allowed, readers.policy, verified=verified)
    return problem or secret


def _text_of(secret: Secret, ref: SecretKeyRef) -> str | Problem:
    if ref.key in secret.data:
        return secret.data[ref.key].decode("latin-1")
    message = f"Secret {ref.name} has no key {ref.key}; add it"
    return Problem(Reason.SECRET_KEY_NOT_FOUND, message)


def _header_value(secret: Secret, ref: SecretKeyRef) -> str | Problem:
    text = _text_of(secret, ref)
    if isinstance(text, Problem) or (text and text.isascii() and text.isprintable()):
        return text
    message = (
        f"key {ref.key} of Secret {ref.name} is empty or holds characters that no HTTP header "
        "may carry, such as a line break at its end; write it anew"
    )
    return Problem(Reason.SECRET_KEY_NOT_FOUND, message)


async def _config_map_value(
    config_map: ObjectKey, key: str, readers: Readers, *, missing: Reason
) -> str | Problem:
    data = await readers.config_maps.get(
        config_map, max_age=0.0 if readers.fresh else CONFIG_MAP_AGE
    )
    if isinstance(data, Problem):
        return replace(data, reason=missing)
    if key not in data:
        readers.config_maps.forget([config_map])
        return Problem(missing, f"ConfigMap {config_map.name} has no key {key}; add it")
    return data[key]
