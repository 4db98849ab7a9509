"""State of one VllmCatalog between reconciles; restored from what is published, so that a restart
changes no byte."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from openclaw_vllm.api.catalog_status import MAX_PROVIDERS, CatalogProvider
from openclaw_vllm.api.conditions import ConditionType
from openclaw_vllm.api.configmap import PRIMARY_PATTERNS, ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmCatalog
from openclaw_vllm.core.config.agents import patterns_hash
from openclaw_vllm.core.config.read_back import entries_of, read_primary
from openclaw_vllm.core.discovery.server import UserRequest
from openclaw_vllm.core.publication.last_published import NOTHING_PUBLISHED, LastPublished

Json = dict[str, Any]
SourceName = tuple[str, ObjectKey]  # its kind and key
NO_REQUEST = UserRequest(-1, "")


@dataclass(frozen=True, slots=True)
class CatalogState:
    """What was published last, of which sources; the mappings are by provider id."""

    uid: str
    request: UserRequest = NO_REQUEST
    last_published: LastPublished = NOTHING_PUBLISHED
    entries: Mapping[str, Json] = field(default_factory=dict)  # of models.providers
    sources: Mapping[str, SourceName] = field(default_factory=dict)  # whose the entries are
    reasons: Mapping[str, str] = field(default_factory=dict)  # why a list is not fresh, or empty
    is_restored: bool = False  # until the first reconcile of a process
    was_published: bool = False  # whether an earlier process could publish all

    def is_requested_by(self, catalog: VllmCatalog) -> bool:
        """Whether nobody has edited the catalog or asked anew since."""
        return self.request == UserRequest(catalog.generation, catalog.requested_at)

    def observe_request(self, catalog: VllmCatalog) -> "CatalogState":
        """Record what a person asked for."""
        return replace(self, request=UserRequest(catalog.generation, catalog.requested_at))

    def entry_of(self, provider_id: str, source: SourceName) -> Json | None:
        """Return what was published of this source; an id says nothing, for it may be another's
        now."""
        same = self.sources.get(provider_id, source) == source
        return self.entries.get(provider_id) if same else None

    def is_known(self, provider_id: str, source: SourceName) -> bool:
        """Whether an earlier process has left what there is to say of a Service until it is asked:
        why its list is not fresh, or the list."""
        recorded = self.reasons.get(provider_id) or self.entry_of(provider_id, source)
        return self.was_published and bool(recorded)

    def is_fresh(self, catalog: VllmCatalog, provider_id: str, source: SourceName) -> bool:
        """Whether a Service, unasked after a restart, may wait for the phase of its interval."""
        same = self.is_restored and self.is_requested_by(catalog)
        fresh = self.reasons.get(provider_id) == ""
        return same and fresh and self.is_known(provider_id, source)

    def sticky(self, patterns: str) -> str:
        """Return the primary model to stay with, unless the patterns were edited."""
        last = self.last_published
        return last.primary if patterns == last.patterns_hash else ""


def restore_catalog_state(catalog: VllmCatalog, published: ConfigMapState | None) -> CatalogState:
    """Return the first state of a process, from a ConfigMap of the catalog and its status."""
    providers = catalog.status.providers
    state = CatalogState(
        catalog.uid,
        is_restored=True,
        was_published=any(
            condition.type == ConditionType.CONFIG_PUBLISHED and condition.status == "True"
            for condition in catalog.status.conditions
        ),
        sources={one.id: (one.kind, ObjectKey(one.namespace, one.name)) for one in providers},
        reasons={one.id: one.reason for one in providers},
    )
    if published is None or not published.is_unmodified:
        return state
    entries = entries_of(published.models_json)
    patterns = published.annotations.get(PRIMARY_PATTERNS, patterns_hash(None))
    return replace(
        state,
        request=UserRequest(catalog.status.observed_generation, catalog.requested_at),
        last_published=LastPublished(None, read_primary(published.agents_json, ""), patterns),
        entries=entries,
        reasons={**_reasons_cut_from(providers, entries), **state.reasons},
    )


def _reasons_cut_from(
    providers: Sequence[CatalogProvider], published: Iterable[str]
) -> dict[str, str]:
    """Return what a status that is cut leaves unsaid: those that fail are named before others, so
    where others are named too, the rest is fresh."""
    is_cut = len(providers) == MAX_PROVIDERS
    rest_is_fresh = is_cut and not all(one.reason for one in providers)
    return dict.fromkeys(published, "") if rest_is_fresh else {}
