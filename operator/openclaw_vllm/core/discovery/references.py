"""References of a VllmProvider: the objects whose changes affect it."""

from openclaw_vllm.api.keys import ObjectKey, Reference
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import SecretKeyRef, VllmProviderSpec
from openclaw_vllm.core.discovery.endpoint import service_named_by

AUTHORIZATION = "Authorization"  # the API key's header


def references_of(provider: VllmProvider) -> frozenset[Reference]:
    """Return every object that the provider refers to, and the ConfigMap that it publishes."""
    spec, namespace = provider.spec, provider.key.namespace
    references = {Reference("Published", provider.config_map)}
    if isinstance(spec, Problem):
        return frozenset(references)
    if service := service_named_by(spec, namespace):
        references.add(Reference("Service", service))
    references.update(
        Reference("ConfigMap", ObjectKey(namespace, name)) for name in config_maps_named_by(spec)
    )
    references.update(
        Reference("Secret", ObjectKey(namespace, ref.name)) for ref in secret_refs(spec).values()
    )
    return frozenset(references)


def config_maps_named_by(spec: VllmProviderSpec) -> frozenset[str]:
    """Return the names of the user's ConfigMaps: of the CA bundle and the base configuration."""
    refs = (spec.tls.ca_bundle_ref if spec.tls else None, spec.output.base_config_ref)
    return frozenset(ref.name for ref in refs if ref is not None)


def secret_refs(spec: VllmProviderSpec) -> dict[str, SecretKeyRef]:
    """Return the Secret keys of the headers with secret values, by the header's name."""
    refs = {h.name: h.value_from.secret_key_ref for h in spec.headers if h.value_from is not None}
    if spec.auth is not None and spec.auth.api_key_secret_ref is not None:
        refs[AUTHORIZATION] = spec.auth.api_key_secret_ref
    return refs
