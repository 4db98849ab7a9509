"""Status of a VllmProvider: conditions, endpoint, published and rejected models.

A field that a reconcile does not determine keeps its value: a status never loses a model list
because a server was down while the operator started.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openclaw_vllm.api.conditions import Condition, Reason
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import (
    MAX_MODELS,
    MAX_REJECTED_MODELS,
    ConfigMapStatus,
    ConsumersStatus,
    CredentialsStatus,
    EndpointStatus,
    ModelStatus,
    RejectedModel,
    VllmProviderStatus,
)
from openclaw_vllm.core.discovery.ids import Rejection
from openclaw_vllm.core.discovery.models import Model
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.publication.notes import server_notes
from openclaw_vllm.core.status.conditions import Outcomes, stalled_conditions, suspended_conditions
from openclaw_vllm.core.status.replicas import (
    replicas_status,
    with_partial_models,
)

MAX_SHOWN_ID = 512
ABILITIES = {True: "Supported", False: "Unsupported", None: "Unknown"}


@dataclass(frozen=True, slots=True)
class Publication:
    """The published models."""

    models: tuple[Model, ...]
    primary: str  # its id
    digest: str  # of the ConfigMap


def summarize(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    conditions: tuple[Condition, ...],
    server: ServerState,
    publication: Publication | None,
    consumers: ConsumersStatus | None = None,
) -> VllmProviderStatus:
    """Return the new status; unknown fields keep their last value."""
    changes: dict[str, object] = {
        "observed_generation": provider.generation,
        "conditions": conditions,
        "consumers": consumers,
        "credentials": _credentials(spec),
    }
    changes |= _build_endpoint(provider, spec, server)
    if server.discovery.rejected is not None:
        changes["rejected_models"] = _build_rejected(server.discovery.left_out)
    if publication is not None:
        changes |= _build_published(provider, spec, publication, server)
    return provider.status.model_copy(update=changes)


def inactive_status(provider: VllmProvider, now: str) -> VllmProviderStatus:
    """Return the status of a VllmProvider that is not reconciled: suspended, or unreadable."""
    spec, before = provider.spec, provider.status.conditions
    if isinstance(spec, Problem):
        conditions = stalled_conditions(spec, provider.generation, before, now)
    else:
        conditions = suspended_conditions(provider.generation, before, now)
    changes = {"conditions": conditions, "observed_generation": provider.generation}
    return provider.status.model_copy(update=changes)


def outcomes_of(
    spec: VllmProviderSpec,
    server: ServerState,
    published: Problem | None,
    note: str,
    reason: Reason = Reason.SUCCEEDED,
) -> Outcomes:
    """Return the outcomes of a reconcile; `published`, `note` and `reason` are about the
    ConfigMap."""
    return Outcomes(
        endpoint=server.discovery.endpoint.problem,
        server=server.discovery.problem,
        published=published,
        note=note,
        reason=reason,
        skipped=bool(spec.models),
        tolerated=server.is_within_threshold or _may_sleep(spec, server),
    )


def _may_sleep(spec: VllmProviderSpec, server: ServerState) -> bool:
    """Return whether the server sleeps, and is healthy then: it has answered before."""
    keeps_ready = spec.discovery.when_scaled_to_zero == "KeepReady"
    return keeps_ready and server.discovery.has_good_answer and server.is_asleep


def _build_endpoint(
    provider: VllmProvider, spec: VllmProviderSpec, server: ServerState
) -> dict[str, object]:
    discovery, before = server.discovery, provider.status.endpoint
    if discovery.connection is None:
        return {}
    last = before.replicas if before and before.base_url == discovery.connection.base_url else None
    is_current = not spec.models and not discovery.has_moved  # known from this endpoint
    endpoint = EndpointStatus(
        base_url=discovery.connection.base_url,
        server_version=(discovery.info.version or None) if is_current else None,
        task=discovery.info.task if is_current else None,
        replicas=replicas_status(spec, last, server),
        notes=None if discovery.has_moved else server_notes(spec, discovery) or None,
    )
    return {"endpoint": endpoint}


def _build_rejected(left_out: Mapping[str, Rejection]) -> tuple[RejectedModel, ...]:
    rejected = sorted(left_out.items())[:MAX_REJECTED_MODELS]
    return tuple(RejectedModel(id=id_[:MAX_SHOWN_ID], reason=why.value) for id_, why in rejected)


def _build_published(
    provider: VllmProvider, spec: VllmProviderSpec, publication: Publication, server: ServerState
) -> dict[str, object]:
    primary = f"{spec.provider_id}/{publication.primary}" if publication.primary else None
    models = with_partial_models(
        (_build_model(spec, model) for model in publication.models), spec, server
    )
    return {
        "model_count": len(publication.models),
        "models": models[:MAX_MODELS],
        "primary_model": primary,
        "config_map": ConfigMapStatus(name=provider.config_map.name, digest=publication.digest),
    }


def _build_model(spec: VllmProviderSpec, model: Model) -> ModelStatus:
    probed = spec.discovery.capabilities == "Probe" and not spec.models
    return ModelStatus(
        id=model.id,
        ref=f"{spec.provider_id}/{model.id}",
        context_window=model.context_window,
        context_window_source=model.source,
        max_tokens=model.max_tokens,
        max_tokens_source=model.max_tokens_source,
        parent=model.parent[:MAX_SHOWN_ID],
        state="Missing" if model.missing else "Served",
        **_build_capabilities(model, probed=probed),
        note="SmallContext" if model.is_small else None,
    )


def _build_capabilities(model: Model, *, probed: bool) -> dict[str, Any]:
    """Return whether a model supports tools and images, by the spec or else by a probe, which may
    have left it open."""
    compat, capabilities = model.settings.compat, model.capabilities
    sources = {
        "tools": (None if compat is None else compat.supports_tools, capabilities.tools),
        "images": (
            "image" in model.settings.input if model.settings.input else None,
            capabilities.images,
        ),
    }
    fields = {}
    for name, (override, result) in sources.items():
        supported = result if override is None else override
        if supported is not None or probed:
            fields[name] = ABILITIES[supported]
            fields[f"{name}_source"] = "Probe" if override is None else "Override"
    return fields


def _credentials(spec: VllmProviderSpec) -> CredentialsStatus | None:
    if spec.auth is None:
        return None
    ref = spec.auth.api_key_secret_ref
    return CredentialsStatus(
        env=spec.auth.api_key_env,
        secret_name=ref.name if ref else None,
        secret_key=ref.key if ref else None,
    )
