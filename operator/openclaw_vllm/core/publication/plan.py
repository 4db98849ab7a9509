"""Plan of a publication: documents, or the reason to leave everything as it is.

Whatever is wrong, the published documents stay: with a Problem nothing new is written.
"""

from dataclasses import dataclass, replace
from typing import ClassVar

from openclaw_vllm.api.conditions import ConditionType, Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.agents import ResolvedDefaults, resolve_defaults
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.config.documents import MAX_BYTES, Documents, render, was_rendered_from
from openclaw_vllm.core.config.read_back import read_models
from openclaw_vllm.core.discovery.models import Model
from openclaw_vllm.core.discovery.state import Connection, DiscoveryState
from openclaw_vllm.core.publication.agents_form import AgentsForm, agents_form, recorded_patterns
from openclaw_vllm.core.publication.former_lengths import (
    keep_former_lengths,
    published_models_json,
)
from openclaw_vllm.core.publication.last_published import NOTHING_PUBLISHED, LastPublished
from openclaw_vllm.core.publication.notes import note, server_notes, with_domain_note
from openclaw_vllm.core.publication.ownership import has_expected_metadata
from openclaw_vllm.core.publication.selection import (
    filtered_primary,
    models_of,
    no_chat_models,
    no_models,
    sticky_primary,
)


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish these documents; without a model, `problem` or else `reason` says why."""

    documents: Documents
    problem: Problem | None = None
    models: tuple[Model, ...] = ()
    primary: str = ""
    note: str = ""
    patterns: str = ""  # hash to record, of the patterns that choose the primary model
    reason: Reason = Reason.SUCCEEDED


@dataclass(frozen=True, slots=True)
class KeepPublished:
    """Leave what is published; `problem` says why, None while nothing newer is known."""

    problem: Problem | None = None
    note: str = ""
    patterns: str = ""  # hash to record with empty documents
    reason: Reason = Reason.SUCCEEDED
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
    last: LastPublished = NOTHING_PUBLISHED,
) -> Plan:
    """Decide what the ConfigMap is to hold; `existing` is the one that is published."""
    form = agents_form(spec.agents, base, recorded_patterns(provider, existing, last))
    spec = spec.model_copy(update={"agents": form.agents})
    before = _Before(existing, form, published_models_json(existing, last))
    plan = _plan(provider, spec, discovery, base, before)
    return replace(plan, patterns=form.patterns)


@dataclass(frozen=True, slots=True)
class _Before:
    """What is published, and the forms that it fixes."""

    existing: ConfigMapState | None
    form: AgentsForm
    models_json: str


def _plan(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    discovery: DiscoveryState,
    base: Base | Problem | None,
    before: _Before,
) -> Plan:
    existing, form = before.existing, before.form
    connection = discovery.connection_for(provider.generation)
    if connection is None or is_unchanged_since_start(provider, spec, discovery, base, existing):
        return keep_status(provider, discovery)
    if isinstance(base, Problem):
        return KeepPublished(base)
    models = models_of(spec, discovery)
    if isinstance(models, Problem):
        return KeepPublished(models)
    models = keep_former_lengths(
        models, before.models_json, spec.provider_id, provider.status.models
    )
    sticky = sticky_primary(provider, spec, existing, form.patterns)
    defaults = _defaults(form, spec, discovery, models, sticky)
    if isinstance(defaults, Problem):
        return KeepPublished(defaults)
    documents = _documents(spec, connection, models, defaults, base)
    if isinstance(documents, Problem):
        return KeepPublished(documents)
    message = note(spec, models, defaults, server_notes(spec, discovery))
    publish = Publish(documents, None, models, defaults.primary, message)
    replaces = not models and _lists_models(spec, existing)
    return publish if models else _without_models(publish, discovery, replaces_models=replaces)


def _without_models(publish: Publish, discovery: DiscoveryState, *, replaces_models: bool) -> Plan:
    if absence := no_chat_models(discovery):
        remarks = (absence, *publish.note.split("; ")[1:])
        return replace(publish, note="; ".join(remarks), reason=Reason.NO_CHAT_MODELS)
    problem, keep = no_models(discovery), replaces_models and not discovery.lists_other_kinds_only
    return KeepPublished(problem) if keep else Publish(publish.documents, problem)


def _defaults(
    form: AgentsForm,
    spec: VllmProviderSpec,
    discovery: DiscoveryState,
    models: tuple[Model, ...],
    sticky: str,
) -> ResolvedDefaults | Problem:
    defaults = resolve_defaults(spec.agents, models, sticky, form.default_primary)
    if isinstance(defaults, Problem):
        return defaults
    defaults = replace(defaults, base_primary=form.base_primary)
    return filtered_primary(spec, discovery, defaults) or defaults


def published_by_other_instance(
    plan: Plan, provider: VllmProvider, spec: VllmProviderSpec, existing: ConfigMapState | None
) -> bool:
    """Return whether another operator has published other documents than the plan's: no damage."""
    if isinstance(plan, KeepPublished) or existing is None or existing.immutable:
        return False
    whole = existing.is_unmodified and has_expected_metadata(provider, existing, spec)
    return whole and existing.digest != plan.documents.digest


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


def keep_status(provider: VllmProvider, discovery: DiscoveryState) -> KeepPublished:
    """Repeat the status' last word, while nothing newer is known about an unchanged spec."""
    pending = KeepPublished(Problem(Reason.PENDING, "the endpoint has to be resolved first"))
    if not provider.is_observed:
        return pending
    for condition in provider.status.conditions:
        if condition.type == ConditionType.CONFIG_PUBLISHED:
            reason = Reason.parse(condition.reason)
            if condition.status == "True":
                message = with_domain_note(condition.message, discovery)
                return KeepPublished(note=message, reason=reason or Reason.SUCCEEDED)
            return KeepPublished(Problem(reason or Reason.PENDING, condition.message))
    return pending


def is_unchanged_since_start(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    discovery: DiscoveryState,
    base: Base | Problem | None,
    existing: ConfigMapState | None,
) -> bool:
    """Return whether, since a start, nothing is known that could change what is published.

    Only what was read back could be rendered then, so unmodified documents are left alone,
    unless the base configuration that they were merged into is another one.
    """
    status = provider.status
    if discovery.answered_at or spec.models or existing is None or isinstance(base, Problem):
        return False
    if not provider.is_observed or status.config_map is None:
        return False
    is_own = existing.is_unmodified and existing.digest == status.config_map.digest
    if not is_own or not has_expected_metadata(provider, existing, spec):
        return False
    return spec.output.base_config_ref is None or was_rendered_from(existing, spec, base)


def _lists_models(spec: VllmProviderSpec, existing: ConfigMapState | None) -> bool:
    return existing is not None and bool(
        read_models(existing.models_json, spec.provider_id).contexts
    )
