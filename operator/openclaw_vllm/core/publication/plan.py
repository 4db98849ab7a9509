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
from openclaw_vllm.core.discovery.connection import Connection
from openclaw_vllm.core.discovery.models import Model
from openclaw_vllm.core.discovery.state import DiscoveryState
from openclaw_vllm.core.publication.agents_form import AgentsForm, agents_form
from openclaw_vllm.core.publication.former_lengths import keep_former_lengths
from openclaw_vllm.core.publication.last_published import (
    NOTHING_PUBLISHED,
    LastPublished,
    PublishedBefore,
)
from openclaw_vllm.core.publication.notes import note, server_notes, with_domain_note
from openclaw_vllm.core.publication.ownership import has_expected_metadata
from openclaw_vllm.core.publication.selection import (
    filtered_primary,
    models_of,
    no_chat_models,
    no_models,
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
    before = PublishedBefore(existing, last, provider.status, provider.is_observed)
    form = agents_form(spec.agents, base, before.recorded_patterns(spec))
    spec = spec.model_copy(update={"agents": form.agents})
    plan = _plan(provider, spec, discovery, base, before, form)
    return replace(plan, patterns=form.patterns)


def _plan(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    discovery: DiscoveryState,
    base: Base | Problem | None,
    before: PublishedBefore,
    form: AgentsForm,
) -> Plan:
    connection = discovery.connection_for(provider.generation)
    if connection is None or is_unchanged_since_start(provider, spec, discovery, base, before):
        return keep_status(before, discovery)
    publish = _render(spec, connection, discovery, base, before, form)
    if isinstance(publish, Problem):
        return KeepPublished(publish)
    if publish.models:
        return publish
    return _without_models(publish, discovery, replaces_models=before.lists_models(spec))


def _render(
    spec: VllmProviderSpec,
    connection: Connection,
    discovery: DiscoveryState,
    base: Base | Problem | None,
    before: PublishedBefore,
    form: AgentsForm,
) -> Publish | Problem:
    """Return what is known of the server now, rendered, or why nothing new may be published."""
    if isinstance(base, Problem):
        return base
    models = models_of(spec, discovery)
    if isinstance(models, Problem):
        return models
    models = keep_former_lengths(models, before, spec.provider_id)
    last_primary = before.primary(spec, form.patterns)
    defaults = _defaults(form, spec, discovery, models, last_primary)
    if isinstance(defaults, Problem):
        return defaults
    documents = _documents(spec, connection, models, defaults, base)
    if isinstance(documents, Problem):
        return documents
    message = note(spec, models, defaults, server_notes(spec, discovery))
    return Publish(documents, None, models, defaults.primary, message)


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


def keep_status(before: PublishedBefore, discovery: DiscoveryState) -> KeepPublished:
    """Repeat the status' last word, while nothing newer is known about an unchanged spec."""
    pending = KeepPublished(Problem(Reason.PENDING, "the endpoint has to be resolved first"))
    if not before.is_observed:
        return pending
    for condition in before.status.conditions:
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
    before: PublishedBefore,
) -> bool:
    """Return whether, since a start, nothing is known that could change what is published.

    Only what was read back could be rendered then, so unmodified documents are left alone,
    unless the base configuration that they were merged into is another one.
    """
    existing = before.existing
    if discovery.answered_at or spec.models or existing is None or isinstance(base, Problem):
        return False
    if not provider.confirms(existing) or not has_expected_metadata(provider, existing, spec):
        return False
    return spec.output.base_config_ref is None or was_rendered_from(existing, spec, base)
