"""The whole status: conditions from `core.conditions`, what was found, what is published.

What a reconcile did not find out keeps its last value: a status never loses a model list because a
server was down while the operator started.
"""

from dataclasses import dataclass
from typing import Any

from openclaw_vllm.api.conditions import Condition
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import (
    MAX_MODELS,
    MAX_REJECTED_MODELS,
    ConfigMapStatus,
    CredentialsStatus,
    EndpointStatus,
    ModelStatus,
    RejectedModel,
    VllmProviderStatus,
)
from openclaw_vllm.core.discovery.memory import Memory
from openclaw_vllm.core.discovery.models import Model
from openclaw_vllm.core.status.conditions import Outcomes, stalled_conditions, suspended_conditions

MAX_SHOWN_ID = 512


@dataclass(frozen=True, slots=True)
class Publication:
    """What is published now: the models, the primary's id, and the ConfigMap's digest."""

    models: tuple[Model, ...]
    primary: str
    digest: str


def summarize(
    resource: VllmProvider,
    spec: VllmProviderSpec,
    conditions: tuple[Condition, ...],
    memory: Memory,
    publication: Publication | None,
) -> VllmProviderStatus:
    """Return the status to show; what is not known keeps its last value."""
    changes: dict[str, object] = {
        "observed_generation": resource.generation,
        "conditions": conditions,
        "credentials": _credentials(spec),
    }
    if memory.connection is not None:
        told = not spec.models and not memory.has_moved  # by the server that is there
        changes["endpoint"] = EndpointStatus(
            base_url=memory.connection.base_url,
            server_version=(memory.version or None) if told else None,
            task=memory.task if told else None,
        )
    if memory.rejected is not None:
        shown = sorted(memory.rejected.items())[:MAX_REJECTED_MODELS]
        changes["rejected_models"] = tuple(
            RejectedModel(id=id_[:MAX_SHOWN_ID], reason=reason.value) for id_, reason in shown
        )
    if publication is not None:
        changes |= _published(resource, spec, publication)
    return resource.status.model_copy(update=changes)


def inactive_status(resource: VllmProvider, now: str) -> VllmProviderStatus:
    """Return the status of a VllmProvider that nothing is done for: suspended, or not readable."""
    spec, before = resource.spec, resource.status.conditions
    if isinstance(spec, Problem):
        said = stalled_conditions(spec, resource.generation, before, now)
    else:
        said = suspended_conditions(resource.generation, before, now)
    changes = {"conditions": said, "observed_generation": resource.generation}
    return resource.status.model_copy(update=changes)


def outcomes_of(
    spec: VllmProviderSpec, memory: Memory, published: Problem | None, note: str
) -> Outcomes:
    """Return what came of a reconcile, `published` and `note` being about the ConfigMap."""
    return Outcomes(
        endpoint=memory.endpoint,
        server=memory.server,
        published=published,
        note=note,
        skipped=bool(spec.models),
        tolerated=memory.is_tolerated,
    )


def _published(
    resource: VllmProvider, spec: VllmProviderSpec, publication: Publication
) -> dict[str, object]:
    primary = f"{spec.provider_id}/{publication.primary}" if publication.primary else None
    shown = sorted(publication.models, key=lambda model: model.id)[:MAX_MODELS]
    return {
        "model_count": len(publication.models),
        "models": tuple(_model(spec.provider_id, model) for model in shown),
        "primary_model": primary,
        "config_map": ConfigMapStatus(name=resource.config_map.name, digest=publication.digest),
    }


def _model(provider_id: str, model: Model) -> ModelStatus:
    return ModelStatus(
        id=model.id,
        ref=f"{provider_id}/{model.id}",
        context_window=model.context_window,
        context_window_source=model.source,
        max_tokens=model.max_tokens,
        max_tokens_source="Override" if model.settings.max_tokens else "Default",
        parent=model.parent[:MAX_SHOWN_ID],
        state="Missing" if model.missing else "Served",
        **_abilities(model),
        note="SmallContext" if model.is_small else None,
    )


def _abilities(model: Model) -> dict[str, Any]:
    """Say what a model can where the resource says so, or else where the server was asked."""
    compat, found = model.settings.compat, model.found
    said = {
        "tools": (None if compat is None else compat.supports_tools, found.tools),
        "images": ("image" in model.settings.input if model.settings.input else None, found.images),
    }
    shown = {}
    for name, (override, probed) in said.items():
        able = probed if override is None else override
        if able is not None:
            shown[name] = "Supported" if able else "Unsupported"
            shown[f"{name}_source"] = "Probe" if override is None else "Override"
    return shown


def _credentials(spec: VllmProviderSpec) -> CredentialsStatus | None:
    if spec.auth is None:
        return None
    ref = spec.auth.api_key_secret_ref
    return CredentialsStatus(
        env=spec.auth.api_key_env,
        secret_name=ref.name if ref else None,
        secret_key=ref.key if ref else None,
    )
