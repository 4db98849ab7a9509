"""What to publish now: documents, or the reason to leave everything as it is.

Whatever is wrong, the documents that are published stay: a Problem means that nothing new is
written.
"""

from dataclasses import dataclass

from openclaw_vllm.api.conditions import ConditionType, Reason
from openclaw_vllm.api.configmap import PRIMARY_PATTERNS, ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.agents import ResolvedDefaults, patterns_hash, resolve_defaults
from openclaw_vllm.core.config.documents import MAX_BYTES, Documents, render, was_rendered_from
from openclaw_vllm.core.config.read_back import read_models, read_primary
from openclaw_vllm.core.discovery.capabilities import of_model
from openclaw_vllm.core.discovery.globs import matches_any, matching
from openclaw_vllm.core.discovery.memory import Memory
from openclaw_vllm.core.discovery.models import Model, build_model, explicit, select
from openclaw_vllm.core.discovery.retention import Retained
from openclaw_vllm.core.publication.notes import note
from openclaw_vllm.core.publication.ownership import has_expected_metadata


@dataclass(frozen=True, slots=True)
class Plan:
    """Documents to publish, None to leave what there is; and why that is not all that was asked
    for."""

    documents: Documents | None = None
    problem: Problem | None = None
    models: tuple[Model, ...] = ()
    primary: str = ""
    note: str = ""


def decide(
    resource: VllmProvider, spec: VllmProviderSpec, memory: Memory, existing: ConfigMapState | None
) -> Plan:
    """Decide what the ConfigMap is to hold; `existing` is the one that is published."""
    lost = memory.connection is None or memory.resolved_generation != resource.generation
    if lost or is_unchanged_since_start(resource, spec, memory, existing):
        return keep_status(resource)
    if isinstance(memory.base, Problem):
        return Plan(problem=memory.base)
    models = models_of(spec, memory)
    if isinstance(models, Problem):
        return Plan(problem=models)
    choice = resolve_defaults(spec.agents, models, _sticky(resource, spec, existing))
    if isinstance(choice, Problem):
        return Plan(problem=choice)
    if problem := _contradiction(spec, memory, choice):
        return Plan(problem=problem)
    return _fitting(spec, memory, models, choice, existing)


def published_by_other_instance(
    plan: Plan, resource: VllmProvider, spec: VllmProviderSpec, existing: ConfigMapState | None
) -> bool:
    """Tell whether another operator has published other documents than the plan's: no damage."""
    if plan.documents is None or existing is None or existing.immutable:
        return False
    whole = existing.is_unmodified and has_expected_metadata(resource, existing, spec)
    return whole and existing.digest != plan.documents.digest


def models_of(spec: VllmProviderSpec, memory: Memory) -> tuple[Model, ...] | Problem:
    """Return the models to publish, or why none are known or too many."""
    if spec.models:
        return tuple(explicit(model) for model in spec.models)
    if memory.has_good_answer and memory.retained is not None:
        return _discovered(spec, memory, memory.retained)
    return Problem(Reason.PENDING, "no good answer from this server yet")


def _fitting(
    spec: VllmProviderSpec,
    memory: Memory,
    models: tuple[Model, ...],
    choice: ResolvedDefaults,
    existing: ConfigMapState | None,
) -> Plan:
    assert memory.connection is not None  # noqa: S101 `decide` has seen to it
    base = None if isinstance(memory.base, Problem) else memory.base
    documents = render(spec, memory.connection, models, choice, base)
    if isinstance(documents, Problem):
        return Plan(problem=documents)
    if not documents.fits:
        message = (
            f"the configuration takes {documents.size} bytes, and a ConfigMap holds {MAX_BYTES}; "
            "narrow spec.discovery.include or shorten the base configuration"
        )
        return Plan(problem=Problem(Reason.TOO_LARGE, message))
    if not models:
        keep = memory.task != "Embed" and _lists_models(spec, existing)
        return Plan(None if keep else documents, _no_models(memory))
    return Plan(documents, None, models, choice.primary, note(spec, models, choice))


def _discovered(
    spec: VllmProviderSpec, memory: Memory, retained: Retained
) -> tuple[Model, ...] | Problem:
    served = retained.served
    chosen = [id_ for id_ in served if memory.task != "Embed" and select(id_, spec.discovery)]
    if len(chosen) > spec.discovery.max_models:
        return _too_many(len(chosen), spec)
    missing = retained.missing
    known = memory.capabilities if spec.discovery.capabilities == "Probe" else {}
    return tuple(
        build_model(served[id_], served, spec, of_model(served[id_], known), missing=id_ in missing)
        for id_ in chosen
    )


def keep_status(resource: VllmProvider) -> Plan:
    """Say again what the status says, while nobody knows better about an unchanged spec."""
    pending = Plan(problem=Problem(Reason.PENDING, "the endpoint has to be resolved first"))
    if resource.status.observed_generation != resource.generation:
        return pending
    for condition in resource.status.conditions:
        if condition.type == ConditionType.CONFIG_PUBLISHED:
            if condition.status == "True":
                return Plan(note=condition.message)
            reason = Reason.known(condition.reason) or Reason.PENDING
            return Plan(problem=Problem(reason, condition.message))
    return pending


def is_unchanged_since_start(
    resource: VllmProvider, spec: VllmProviderSpec, memory: Memory, existing: ConfigMapState | None
) -> bool:
    """Tell whether, since a start, nothing is known that could change what is published.

    What could be rendered then is only what was read back, so bytes that are whole are left alone,
    unless the base configuration that they were merged into is another one.
    """
    status, base = resource.status, memory.base
    if memory.answered_at or spec.models or existing is None or isinstance(base, Problem):
        return False
    if status.observed_generation != resource.generation or status.config_map is None:
        return False
    whole = existing.is_unmodified and existing.digest == status.config_map.digest
    kept = whole and has_expected_metadata(resource, existing, spec)
    return kept and (spec.output.base_config_ref is None or was_rendered_from(existing, spec, base))


def _too_many(count: int, spec: VllmProviderSpec) -> Problem:
    limit = spec.discovery.max_models
    advice = "narrow spec.discovery.include, or raise spec.discovery.maxModels (at most 2000)"
    message = f"{count} models are served and at most {limit} are published; {advice}"
    return Problem(Reason.TOO_MANY_MODELS, message)


def _no_models(memory: Memory) -> Problem:
    if memory.task == "Embed":
        message = "the server embeds and does not chat: use it for memory.search"
    elif memory.retained is not None and memory.retained.models:
        message = "no served model passes spec.discovery.include and exclude"
    elif memory.rejected:
        message = "every model of the server is rejected; see status.rejectedModels"
    else:
        message = "the server lists no models yet"
    return Problem(Reason.NO_MODELS, message)


def _lists_models(spec: VllmProviderSpec, existing: ConfigMapState | None) -> bool:
    return existing is not None and bool(
        read_models(existing.models_json, spec.provider_id).contexts
    )


def _sticky(resource: VllmProvider, spec: VllmProviderSpec, existing: ConfigMapState | None) -> str:
    """Return the primary from before, unless the patterns were edited since it was chosen.

    An undamaged ConfigMap says what it was; of one that was edited or deleted the status does.
    """
    if existing is None:
        edited = resource.status.observed_generation != resource.generation
    else:
        edited = existing.annotations.get(PRIMARY_PATTERNS) != patterns_hash(spec.agents)
    if edited:
        return ""
    if existing is not None and existing.is_unmodified:
        return read_primary(existing.agents_json, f"{spec.provider_id}/")
    return (resource.status.primary_model or "").removeprefix(f"{spec.provider_id}/")


def _contradiction(
    spec: VllmProviderSpec, memory: Memory, choice: ResolvedDefaults
) -> Problem | None:
    """Say when the primary is sought only among models that the filters leave out."""
    if spec.agents is None or choice.primary or memory.retained is None or spec.models:
        return None
    wanted = [id_ for id_ in memory.retained.served if matches_any(spec.agents.primary, id_)]
    hidden = [id_ for id_ in wanted if not select(id_, spec.discovery)]
    for pattern in spec.agents.primary:
        if any(matching(pattern, hidden)):
            message = (
                f"spec.agents.primary: {pattern} matches only models that spec.discovery leaves "
                "out; change the pattern, or include and exclude"
            )
            return Problem(Reason.INVALID_SPEC, message)
    return None
