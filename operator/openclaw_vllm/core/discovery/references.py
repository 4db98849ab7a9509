"""References of a VllmProvider: the objects whose changes affect it."""

import base64
from collections import defaultdict
from dataclasses import dataclass

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey, Reference
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import Auth, SecretKeyRef, VllmProviderSpec
from openclaw_vllm.core.discovery.endpoint import service_named_by
from openclaw_vllm.core.discovery.service_names import ServiceNames

AUTHORIZATION = "Authorization"  # the API key's header
REFERENCE_REASONS = frozenset(  # about Secrets and ConfigMaps, whose changes no watch delivers
    {
        Reason.SECRET_NOT_FOUND,
        Reason.SECRET_KEY_NOT_FOUND,
        Reason.CA_BUNDLE_NOT_FOUND,
        Reason.KEY_NOT_ALLOWED,
    }
)
CLIENT_CERTIFICATE, CLIENT_KEY = "tls.crt", "tls.key"  # of a Secret of type kubernetes.io/tls


def awaits_reference(problem: Problem | None) -> bool:
    """Return whether a Secret or ConfigMap has to come, or to change, before a server is asked."""
    return problem is not None and problem.reason in REFERENCE_REASONS


def references_of(provider: VllmProvider, names: ServiceNames) -> frozenset[Reference]:
    """Return every object that the provider refers to, and the ConfigMap that it publishes."""
    spec, namespace = provider.spec, provider.key.namespace
    references = {Reference("Published", provider.config_map)}
    if isinstance(spec, Problem):
        return frozenset(references)
    if service := service_named_by(spec, namespace, names):
        references.add(Reference("Service", service))
    references.update(
        Reference("ConfigMap", ObjectKey(namespace, name)) for name in config_maps_named_by(spec)
    )
    refs = [*secret_refs(spec).values(), *client_secret_refs(spec).values()]
    secrets = {ref.name for ref in refs} | secrets_with_ca(spec)
    references.update(Reference("Secret", ObjectKey(namespace, name)) for name in secrets)
    return frozenset(references)


def config_maps_named_by(spec: VllmProviderSpec) -> frozenset[str]:
    """Return the names of the user's ConfigMaps: of the CA bundle and the base configuration."""
    ca, base = spec.tls.ca_bundle_ref if spec.tls else None, spec.output.base_config_ref
    names = [ca.name] if ca is not None and ca.kind == "ConfigMap" else []
    return frozenset([*names, base.name] if base is not None else names)


def secrets_with_ca(spec: VllmProviderSpec) -> frozenset[str]:
    """Return the name of the Secret with the CA bundle, if it is in one."""
    ca = spec.tls.ca_bundle_ref if spec.tls else None
    return frozenset([ca.name] if ca is not None and ca.kind == "Secret" else [])


def secret_refs(spec: VllmProviderSpec) -> dict[str, SecretKeyRef]:
    """Return the Secret keys of the headers with secret values, by the header's name."""
    refs = {h.name: h.value_from.secret_key_ref for h in spec.headers if h.value_from is not None}
    if spec.auth is not None and spec.auth.api_key_secret_ref is not None:
        refs[AUTHORIZATION] = spec.auth.api_key_secret_ref
    return refs


def client_secret_refs(spec: VllmProviderSpec) -> dict[str, SecretKeyRef]:
    """Return the Secret keys of the client certificate, by OpenClaw's keys for them."""
    ref = spec.tls.client_certificate_ref if spec.tls else None
    if ref is None:
        return {}
    names = {"cert": CLIENT_CERTIFICATE, "key": CLIENT_KEY}
    return {part: SecretKeyRef(name=ref.name, key=key) for part, key in names.items()}


def ambiguous_variables(spec: VllmProviderSpec) -> tuple[str, ...]:
    """Return the variables of agents that would have to hold the values of several Secret keys."""
    values: defaultdict[str, set[SecretKeyRef]] = defaultdict(set)
    for header in spec.headers:
        if header.env is not None and header.value_from is not None:
            values[header.env].add(header.value_from.secret_key_ref)
    if spec.auth is not None and spec.auth.api_key_secret_ref is not None:
        values[spec.auth.api_key_env].add(spec.auth.api_key_secret_ref)
    client = spec.tls.client_certificate_ref if spec.tls else None
    if client is not None:
        refs = client_secret_refs(spec)
        values[client.certificate_env].add(refs["cert"])
        values[client.key_env].add(refs["key"])
    return tuple(sorted(env for env, refs_of_env in values.items() if len(refs_of_env) > 1))


def credentials_problem(auth: Auth, value: str) -> Problem | None:
    """Return what is wrong with the value of a Secret's key as credentials of the auth's scheme."""
    ref = auth.api_key_secret_ref
    if ref is None or auth.scheme.lower() != "basic" or _is_base64_of_pair(value):
        return None
    message = (
        f"key {ref.key} of Secret {ref.name} is not the Base64 of user:password, as auth.scheme: "
        f"{auth.scheme} wants; write what this prints: "
        "printf %s user:password | base64 | tr -d '\\n'"
    )
    return Problem(Reason.SECRET_KEY_NOT_FOUND, message)


def _is_base64_of_pair(value: str) -> bool:
    try:
        return b":" in base64.b64decode(value, validate=True)
    except ValueError:
        return False


@dataclass(frozen=True, slots=True)
class SentCredentials:
    """What a server is sent, as messages name it; empty for nothing."""

    secrets: str = ""  # which keys of which Secrets
    client: str = ""  # which client certificate


NOTHING_SENT = SentCredentials()


def sent_credentials(spec: VllmProviderSpec) -> SentCredentials:
    """Return the credentials that a request carries."""
    refs = sorted({(ref.name, ref.key) for ref in secret_refs(spec).values()})
    secrets = " and ".join(f"key {key} of Secret {name}" for name, key in refs)
    client = spec.tls.client_certificate_ref if spec.tls else None
    return SentCredentials(
        secrets, f"the client certificate of Secret {client.name}" if client else ""
    )
