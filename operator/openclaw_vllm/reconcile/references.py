"""Reading what a VllmProvider names: CA bundle, base configuration, secrets."""

from dataclasses import replace

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import ConfigMapKeyRef, SecretKeyRef, VllmProviderSpec
from openclaw_vllm.core.discovery.destination import key_refusal
from openclaw_vllm.core.discovery.endpoint import Endpoint
from openclaw_vllm.core.discovery.references import AUTHORIZATION, config_maps_named_by, secret_refs
from openclaw_vllm.reconcile.readers import Readers

SECRET_AGE = 3600.0  # seconds: a withdrawn permission takes hold within the hour
CONFIG_MAP_AGE = 600.0


def requeue_delay(spec: VllmProviderSpec, delay: float) -> float:
    """Return the seconds until the next reconcile of a spec whose server is asked after `delay`.

    No watch shows the ConfigMaps that it names, unless they are labelled: so they are read again
    at their own age, however rarely the server is asked.
    """
    return min(delay, CONFIG_MAP_AGE) if config_maps_named_by(spec) else delay


async def read_ca(resource: VllmProvider, spec: VllmProviderSpec, inputs: Readers) -> str | Problem:
    """Return the CA's certificates as PEM text, empty when the spec names none."""
    ref = spec.tls.ca_bundle_ref if spec.tls else None
    if ref is None:
        return ""
    named = ObjectKey(resource.key.namespace, ref.name)
    return await _config_map_value(named, ref.key, inputs, missing=Reason.CA_BUNDLE_NOT_FOUND)


async def read_base(
    namespace: str, ref: ConfigMapKeyRef | None, inputs: Readers
) -> str | Problem | None:
    """Return the text of the user's base configuration, None when the spec names none."""
    if ref is None:
        return None
    named = ObjectKey(namespace, ref.name)
    return await _config_map_value(named, ref.key, inputs, missing=Reason.BASE_CONFIG_INVALID)


async def read_headers(
    resource: VllmProvider, spec: VllmProviderSpec, endpoint: Endpoint, inputs: Readers
) -> dict[str, str] | Problem:
    """Return the headers of a request, each secret one only if it may go to the endpoint."""
    headers = {header.name: header.value for header in spec.headers if header.value is not None}
    verified = not (spec.tls and spec.tls.insecure_skip_verify)
    for name, ref in secret_refs(spec).items():
        key = ObjectKey(resource.key.namespace, ref.name)
        value = await _secret_value(key, ref, endpoint, inputs, verified=verified)
        if isinstance(value, Problem):
            inputs.secrets.forget([key])  # mending it heals at the next try
            return value
        headers[name] = f"Bearer {value}" if name == AUTHORIZATION else value
    return headers


async def _secret_value(
    key: ObjectKey,
    ref: SecretKeyRef,
    endpoint: Endpoint,
    inputs: Readers,
    *,
    verified: bool,
) -> str | Problem:
    secret = await inputs.secrets.get(key, max_age=0.0 if inputs.fresh else SECRET_AGE)
    if isinstance(secret, Problem):
        return secret
    allowed = secret.allowed_hosts
    if problem := key_refusal(endpoint, key, allowed, inputs.policy, verified=verified):
        return problem
    if ref.key not in secret.data:
        message = f"Secret {ref.name} has no key {ref.key}; add it"
        return Problem(Reason.SECRET_KEY_NOT_FOUND, message)
    text = secret.data[ref.key].decode("latin-1")
    if not text or not text.isascii() or not text.isprintable():
        message = (
            f"key {ref.key} of Secret {ref.name} is empty or holds characters that no HTTP header "
            "may carry, such as a line break at its end; write it anew"
        )
        return Problem(Reason.SECRET_KEY_NOT_FOUND, message)
    return text


async def _config_map_value(
    named: ObjectKey, key: str, inputs: Readers, *, missing: Reason
) -> str | Problem:
    data = await inputs.config_maps.get(named, max_age=0.0 if inputs.fresh else CONFIG_MAP_AGE)
    if isinstance(data, Problem):
        return replace(data, reason=missing)
    if key not in data:
        inputs.config_maps.forget([named])
        return Problem(missing, f"ConfigMap {named.name} has no key {key}; add it")
    return data[key]
