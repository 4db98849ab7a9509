"""State of one VllmCatalog between reconciles; restored from what is published, so that a restart
changes no byte."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from openclaw_vllm.api.catalog_status import MAX_PROVIDERS, CatalogProvider
from openclaw_vllm.api.conditions import ConditionType
from openclaw_vllm.api.configmap import PRIMARY_PATTERNS, ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import UserRequest, VllmCatalog
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.agents import hash_patterns
from openclaw_vllm.core.config.escaping import unescape
from openclaw_vllm.core.config.read_back import entries_of, read_primary
from openclaw_vllm.core.discovery.endpoint import leads_to
from openclaw_vllm.core.discovery.service_names import ServiceNames
from openclaw_vllm.core.publication.last_published import (
    NOTHING_PUBLISHED,
    LastPublished,
    had_no_primary,
)

Json = dict[str, Any]
SourceName = tuple[str, ObjectKey]  # its kind and key


@dataclass(frozen=True, slots=True)
class CatalogState:
    """What was published last, of which sources; the mappings are by provider id."""

    request: UserRequest
    last_published: LastPublished = NOTHING_PUBLISHED
    entries: Mapping[str, Json] = field(default_factory=dict)  # of models.providers
    sources: Mapping[str, SourceName] = field(default_factory=dict)  # whose the entries are
    reasons: Mapping[str, str] = field(default_factory=dict)  # why a list is not fresh, or empty
    is_restored: bool = False  # until the first reconcile of a process
    was_published: bool = False  # whether an earlier process could publish all
    service_names: ServiceNames = field(default_factory=ServiceNames)  # for the entries' hosts
    base_awaited_since: float | None = None  # when the base configuration could not be used first

    def awaiting_base(self, now: float, *, awaits: bool) -> "CatalogState":
        """Record whether the base configuration is missing, or cannot be used."""
        since = self.base_awaited_since
        return replace(self, base_awaited_since=(since or now) if awaits else None)

    def entry_of(self, provider_id: str, source: SourceName) -> Json | None:
        """Return what was published of this source; an id says nothing, for it may be another's
        now."""
        same = self.sources.get(provider_id, source) == source
        return self.entries.get(provider_id) if same else None

    def leads_to_source(self, entry: Json, spec: VllmProviderSpec, namespace: str) -> bool:
        """Whether the entry has the host of a source."""
        return leads_to(unescape(entry["baseUrl"]), spec, namespace, self.service_names)

    def is_known(self, provider_id: str, source: SourceName) -> bool:
        """Whether an earlier process has left what there is to say of a Service until it is asked:
        why its list is not fresh, or the list."""
        recorded = self.reasons.get(provider_id) or self.entry_of(provider_id, source)
        return self.was_published and bool(recorded)

    def is_fresh(self, catalog: VllmCatalog, provider_id: str, source: SourceName) -> bool:
        """Whether a Service, unasked after a restart, may wait for the phase of its interval."""
        same = self.is_restored and self.request == catalog.request
        fresh = self.reasons.get(provider_id) == ""
        return same and fresh and self.is_known(provider_id, source)


def restore_catalog_state(
    catalog: VllmCatalog, published: ConfigMapState | None, names: ServiceNames
) -> CatalogState:
    """Return the first state of a process, from a ConfigMap of the catalog and its status."""
    state = _restore_from_status(catalog, names)
    if published is None or not published.is_unmodified:
        return state
    entries = entries_of(published.models_json)
    patterns = published.annotations.get(PRIMARY_PATTERNS, hash_patterns(()))
    return replace(
        state,
        request=replace(catalog.request, generation=catalog.status.observed_generation),
        last_published=LastPublished(None, read_primary(published.agents_json, ""), patterns),
        entries=entries,
        service_names=replace(names, any_domain=catalog.status.digest == published.digest),
        reasons={**_reasons_cut_from(catalog.status.providers, entries), **state.reasons},
    )


def _restore_from_status(catalog: VllmCatalog, names: ServiceNames) -> CatalogState:
    """Return the first state where no ConfigMap is known: without entries."""
    status = catalog.status
    return CatalogState(
        UserRequest(catalog.uid, -1, ""),
        last_published=_last_published(catalog),
        sources={
            source.id: (source.kind, ObjectKey(source.namespace, source.name))
            for source in status.providers
        },
        reasons={source.id: source.reason for source in status.providers},
        is_restored=True,
        was_published=any(
            condition.type == ConditionType.CONFIG_PUBLISHED and condition.status == "True"
            for condition in status.conditions
        ),
        service_names=names,
    )


def _last_published(catalog: VllmCatalog) -> LastPublished:
    """Return what the status tells of the last publication: whether it was without a primary."""
    spec = catalog.spec
    if isinstance(spec, Problem) or not catalog.is_observed:
        return NOTHING_PUBLISHED
    without_primary = had_no_primary(catalog.status, spec.target.base_config_ref)
    return LastPublished(patterns_hash=hash_patterns(())) if without_primary else NOTHING_PUBLISHED


def _reasons_cut_from(
    providers: Sequence[CatalogProvider], published: Iterable[str]
) -> dict[str, str]:
    """Return what a status that is cut leaves unsaid: those that fail are named before others, so
    where others are named too, the rest is fresh."""
    is_cut = len(providers) == MAX_PROVIDERS
    rest_is_fresh = is_cut and not all(source.reason for source in providers)
    return dict.fromkeys(published, "") if rest_is_fresh else {}
