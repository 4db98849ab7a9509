"""What to publish now: documents, or the reason to leave everything as it is.

Whatever is wrong, the documents that are published stay: a Problem means that nothing new is
written.
"""

from dataclasses import dataclass
from typing import ClassVar

from openclaw_vllm.api.conditions import ConditionType, Reason
from openclaw_vllm.api.configmap import PRIMARY_PATTERNS, ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.agents import ResolvedDefaults, patterns_hash, resolve_defaults
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.config.documents import MAX_BYTES, Documents, render, was_rendered_from
from openclaw_vllm.core.config.read_back import read_models, read_primary
from openclaw_vllm.core.discovery.capabilities import of_model
from openclaw_vllm.core.discovery.globs import matches_any, matching
from openclaw_vllm.core.discovery.models import Model, build_model, explicit, select
from openclaw_vllm.core.discovery.retention import Retained
from openclaw_vllm.core.discovery.state import Connection, DiscoveryState
from openclaw_vllm.core.publication.notes import note, server_notes
from openclaw_vllm.core.publication.ownership import has_expected_metadata


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish these documents; `problem` says why they hold no model."""

    documents: Documents
    problem: Problem | None = None
    models: tuple[Model, ...] = ()
    primary: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class KeepPublished:
    """Leave what is published; `problem` says why, None while nobody knows better."""

    problem: Problem | None = None
    note: str = ""
    documents: ClassVar[None] = None
    models: ClassVar[tuple[Model, ...]] = ()
    primary: ClassVar[str] = ""


Plan = Publish | KeepPublished


def plan_publication(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    discovery: DiscoveryState,
    base: Base | Problem | None,
    existing: ConfigMapState | None,
) -> Plan:
    """Decide what the ConfigMap is to hold; `existing` is the one that is published."""
    connection = discovery.connection_for(provider.generation)
    if connection is None or is_unchanged_since_start(provider, spec, discovery, base, existing):
        return keep_status(provider)
    if isinstance(base, Problem):
        return KeepPublished(base)
    models = models_of(spec, discovery)
    if isinstance(models, Problem):
        return KeepPublished(models)
    defaults = _defaults(provider, spec, discovery, models, existing)
    if isinstance(defaults, Problem):
        return KeepPublished(defaults)
    documents = _documents(spec, connection, models, defaults, base)
    if isinstance(documents, Problem):
        return KeepPublished(documents)
    message = note(spec, models, defaults, server_notes(spec, discovery))
    publish = Publish(documents, None, models, defaults.primary, message)
    return publish if models else _without_models(documents, spec, discovery, existing)


def _without_models(
    documents: Documents,
    spec: VllmProviderSpec,
    discovery: DiscoveryState,
    existing: ConfigMapState | None,
) -> Plan:
    problem = no_models(discovery)
    keep = discovery.info.task != "Embed" and _lists_models(spec, existing)
    return KeepPublished(problem) if keep else Publish(documents, problem)


def _defaults(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    discovery: DiscoveryState,
    models: tuple[Model, ...],
    existing: ConfigMapState | None,
) -> ResolvedDefaults | Problem:
    defaults = resolve_defaults(spec.agents, models, _sticky(provider, spec, existing))
    if isinstance(defaults, Problem):
        return defaults
    return _contradiction(spec, discovery, defaults) or defaults


def published_by_other_instance(
    plan: Plan, provider: VllmProvider, spec: VllmProviderSpec, existing: ConfigMapState | None
) -> bool:
    """Tell whether another operator has published other documents than the plan's: no damage."""
    if isinstance(plan, KeepPublished) or existing is None or existing.immutable:
        return False
    whole = existing.is_unmodified and has_expected_metadata(provider, existing, spec)
    return whole and existing.digest != plan.documents.digest


def models_of(spec: VllmProviderSpec, discovery: DiscoveryState) -> tuple[Model, ...] | Problem:
    """Return the models to publish, or why none are known or too many."""
    if spec.models:
        return tuple(explicit(model) for model in spec.models)
    if discovery.has_good_answer and discovery.retained is not None:
        return _discovered(spec, discovery, discovery.retained)
    return Problem(Reason.PENDING, "no good answer from this server yet")


def _documents(
    spec: VllmProviderSpec,
    connection: Connection,
    models: tuple[Model, ...],
    defaults: ResolvedDefaults,
    base: Base | None,
) -> Documents | Problem:
    documents = render(spec, connection, models, defaults, base)
    if isinstance(documents, Problem) or documents.fits:
        return documents
    message = (
        f"the configuration takes {documents.size} bytes, and a ConfigMap holds {MAX_BYTES}; "
        "narrow spec.discovery.include or shorten the base configuration"
    )
    return Problem(Reason.TOO_LARGE, message)


def _discovered(
    spec: VllmProviderSpec, discovery: DiscoveryState, retained: Retained
) -> tuple[Model, ...] | Problem:
    served = retained.served
    chosen = [
        id_ for id_ in served if discovery.info.task != "Embed" and select(id_, spec.discovery)
    ]
    if len(chosen) > spec.discovery.max_models:
        return _too_many(len(chosen), spec)
    missing = retained.missing
    known = discovery.capabilities.by_model if spec.discovery.capabilities == "Probe" else {}
    return tuple(
        build_model(served[id_], served, spec, of_model(served[id_], known), missing=id_ in missing)
        for id_ in chosen
    )


def keep_status(provider: VllmProvider) -> KeepPublished:
    """Say again what the status says, while nobody knows better about an unchanged spec."""
    pending = KeepPublished(Problem(Reason.PENDING, "the endpoint has to be resolved first"))
    if provider.status.observed_generation != provider.generation:
        return pending
    for condition in provider.status.conditions:
        if condition.type == ConditionType.CONFIG_PUBLISHED:
            if condition.status == "True":
                return KeepPublished(note=condition.message)
            reason = Reason.known(condition.reason) or Reason.PENDING
            return KeepPublished(Problem(reason, condition.message))
    return pending


def is_unchanged_since_start(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    discovery: DiscoveryState,
    base: Base | Problem | None,
    existing: ConfigMapState | None,
) -> bool:
    """Tell whether, since a start, nothing is known that could change what is published.

    What could be rendered then is only what was read back, so bytes that are whole are left alone,
    unless the base configuration that they were merged into is another one.
    """
    status = provider.status
    if discovery.answered_at or spec.models or existing is None or isinstance(base, Problem):
        return False
    if status.observed_generation != provider.generation or status.config_map is None:
        return False
    whole = existing.is_unmodified and existing.digest == status.config_map.digest
    kept = whole and has_expected_metadata(provider, existing, spec)
    return kept and (spec.output.base_config_ref is None or was_rendered_from(existing, spec, base))


def _too_many(count: int, spec: VllmProviderSpec) -> Problem:
    limit = spec.discovery.max_models
    advice = "narrow spec.discovery.include, or raise spec.discovery.maxModels (at most 2000)"
    message = f"{count} models are served and at most {limit} are published; {advice}"
    return Problem(Reason.TOO_MANY_MODELS, message)


def no_models(discovery: DiscoveryState) -> Problem:
    """Say why a good answer leaves nothing to publish."""
    listed = discovery.rejected or (discovery.retained and discovery.retained.models)
    if listed and discovery.info.task == "Embed":
        message = "the server embeds and does not chat: use it for memory.search"
    elif discovery.retained is not None and discovery.retained.models:
        message = "no served model passes spec.discovery.include and exclude"
    elif discovery.rejected:
        message = "every model of the server is rejected; see status.rejectedModels"
    else:
        message = "the server lists no models yet"
    return Problem(Reason.NO_MODELS, message)


def _lists_models(spec: VllmProviderSpec, existing: ConfigMapState | None) -> bool:
    return existing is not None and bool(
        read_models(existing.models_json, spec.provider_id).contexts
    )


def _sticky(provider: VllmProvider, spec: VllmProviderSpec, existing: ConfigMapState | None) -> str:
    """Return the primary from before, unless the patterns were edited since it was chosen.

    An undamaged ConfigMap says what it was; of one that was edited or deleted the status does.
    """
    if existing is None:
        edited = provider.status.observed_generation != provider.generation
    else:
        edited = existing.annotations.get(PRIMARY_PATTERNS) != patterns_hash(spec.agents)
    if edited:
        return ""
    if existing is not None and existing.is_unmodified:
        return read_primary(existing.agents_json, f"{spec.provider_id}/")
    return (provider.status.primary_model or "").removeprefix(f"{spec.provider_id}/")


def _contradiction(
    spec: VllmProviderSpec, discovery: DiscoveryState, defaults: ResolvedDefaults
) -> Problem | None:
    """Say when the primary is sought only among models that the filters leave out."""
    if spec.agents is None or defaults.primary or discovery.retained is None or spec.models:
        return None
    wanted = [id_ for id_ in discovery.retained.served if matches_any(spec.agents.primary, id_)]
    hidden = [id_ for id_ in wanted if not select(id_, spec.discovery)]
    for pattern in spec.agents.primary:
        if any(matching(pattern, hidden)):
            message = (
                f"spec.agents.primary: {pattern} matches only models that spec.discovery leaves "
                "out; change the pattern, or include and exclude"
            )
            return Problem(Reason.INVALID_SPEC, message)
    return None
