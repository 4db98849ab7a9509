"""Entries of models.providers in a catalog: as a source has published them, or as discovered."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import ModelSettings, VllmProviderSpec
from openclaw_vllm.core.catalog.variables import Credential, rename_variables
from openclaw_vllm.core.config.entry import provider_entry
from openclaw_vllm.core.config.escaping import unescape
from openclaw_vllm.core.discovery.models import Model, settings_for
from openclaw_vllm.core.discovery.references import client_secret_refs, secret_refs
from openclaw_vllm.core.discovery.state import DiscoveryState
from openclaw_vllm.core.publication.selection import models_of, no_chat_models

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class ProviderEntry:
    """An entry of models.providers, and what goes with it."""

    document: Json
    models: tuple[Model, ...] = ()  # ids are references
    credentials: tuple[Credential, ...] = ()


def discovered_entry(spec: VllmProviderSpec, discovery: DiscoveryState) -> ProviderEntry | Reason:
    """Return the entry of a Service, or the reason why it has none."""
    models, connection = models_of(spec, discovery), discovery.connection
    if isinstance(models, Problem):
        return models.reason
    if not models or connection is None:
        return Reason.NO_CHAT_MODELS if no_chat_models(discovery) else Reason.NO_MODELS
    document = provider_entry(spec, connection, sorted(models, key=lambda model: model.id))
    secret = spec.auth.api_key_secret_ref if spec.auth else None
    credentials = (Credential(spec.auth.api_key_env, secret),) if spec.auth else ()
    return ProviderEntry(document, _with_references(spec.provider_id, models), credentials)


def published_entry(
    spec: VllmProviderSpec | Problem,
    provider_id: str,
    own_id: str,
    published: Json,
    parents: Mapping[str, str],
) -> ProviderEntry:
    """Return a published entry under an id of the catalog, with variables named after `own_id`;
    `parents` are those of adapters, by id."""
    secrets, client = (
        ({}, {}) if isinstance(spec, Problem) else (secret_refs(spec), client_secret_refs(spec))
    )
    document, credentials = rename_variables(published, own_id, secrets, client)
    models = _with_references(provider_id, _read_models(spec, document, parents))
    return ProviderEntry(document, models, credentials)


def _read_models(
    spec: VllmProviderSpec | Problem, document: Json, parents: Mapping[str, str]
) -> tuple[Model, ...]:
    """Return the models of a published entry, as far as agents' defaults need them."""
    discovery_spec = None if isinstance(spec, Problem) or spec.models else spec
    models = []
    for model in document["models"]:
        id_ = unescape(model["id"])
        settings = settings_for(id_, discovery_spec) if discovery_spec else ModelSettings()
        window = int(model["contextWindow"])
        models.append(Model(id_, window, "Server", settings, parents.get(id_, "")))
    return tuple(models)


def _with_references(provider_id: str, models: tuple[Model, ...]) -> tuple[Model, ...]:
    return tuple(replace(model, id=f"{provider_id}/{model.id}") for model in models)
