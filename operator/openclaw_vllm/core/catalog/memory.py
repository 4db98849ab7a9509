"""What is remembered of a VllmCatalog between two reconciles; `recall` makes it anew from what is
published, so that a restart changes no byte."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from openclaw_vllm.api.catalog_status import MAX_PROVIDERS, CatalogProvider
from openclaw_vllm.api.conditions import ConditionType
from openclaw_vllm.api.configmap import PRIMARY_PATTERNS, ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmCatalog
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.config.agents import patterns_hash
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.config.documents import Documents
from openclaw_vllm.core.config.read_back import entries_of, read_primary

Json = dict[str, Any]
SourceName = tuple[str, ObjectKey]  # its kind and key


@dataclass(frozen=True, slots=True)
class CatalogMemory:
    """`entries` are those of models.providers that were published last, `sources` whose
    they are, `reasons` what was said of their freshness, by provider id; `primary` is a reference,
    chosen by `patterns`; `base` is the user's configuration that `base_text` holds. `documents` are
    the bytes, None if this process has not published yet. Until the first reconcile of a process
    all of it `is_recalled`, and `was_well` says whether all could be published before."""

    uid: str
    generation: int = -1
    requested_at: str = ""
    entries: Mapping[str, Json] = field(default_factory=dict)
    sources: Mapping[str, SourceName] = field(default_factory=dict)
    reasons: Mapping[str, str] = field(default_factory=dict)
    primary: str = ""
    patterns: str = ""
    base_text: str | None = None
    base: Base | Problem | None = None
    documents: Documents | None = None
    is_restored: bool = False
    was_well: bool = False

    def is_asked_by(self, catalog: VllmCatalog) -> bool:
        """Whether nobody has edited the catalogue or asked anew since."""
        asked = (catalog.generation, catalog.requested_at)
        return asked == (self.generation, self.requested_at)

    def entry_of(self, provider_id: str, source: SourceName) -> Json | None:
        """Return what was published of this source; an id says nothing, for it may be another's
        now."""
        same = self.sources.get(provider_id, source) == source
        return self.entries.get(provider_id) if same else None

    def is_known(self, provider_id: str, source: SourceName) -> bool:
        """Whether the process before has left what there is to say of a Service until it is asked:
        why its list is not fresh, or the list."""
        left = self.reasons.get(provider_id) or self.entry_of(provider_id, source)
        return self.was_well and bool(left)

    def is_fresh(self, catalog: VllmCatalog, provider_id: str, source: SourceName) -> bool:
        """Whether a Service, unasked after a restart, may wait for the phase of its interval."""
        same = self.is_restored and self.is_asked_by(catalog)
        well = self.reasons.get(provider_id) == ""
        return same and well and self.is_known(provider_id, source)

    def sticky(self, patterns: str) -> str:
        """Return the primary model to stay with, unless the patterns were edited."""
        return self.primary if patterns == self.patterns else ""


def restore_catalog_memory(catalog: VllmCatalog, published: ConfigMapState | None) -> CatalogMemory:
    """Make the first memory of a process, from a ConfigMap of the catalogue and its status."""
    shown = catalog.status.providers
    memory = CatalogMemory(
        catalog.uid,
        is_restored=True,
        was_well=any(
            condition.type == ConditionType.CONFIG_PUBLISHED and condition.status == "True"
            for condition in catalog.status.conditions
        ),
        sources={one.id: (one.kind, ObjectKey(one.namespace, one.name)) for one in shown},
        reasons={one.id: one.reason for one in shown},
    )
    if published is None or not published.is_unmodified:
        return memory
    entries = entries_of(published.models_json)
    return replace(
        memory,
        reasons={**_unnamed(shown, entries), **memory.reasons},
        generation=catalog.status.observed_generation,
        requested_at=catalog.requested_at,
        entries=entries,
        primary=read_primary(published.agents_json, ""),
        patterns=published.annotations.get(PRIMARY_PATTERNS, patterns_hash(None)),
    )


def _unnamed(shown: Sequence[CatalogProvider], published: Iterable[str]) -> dict[str, str]:
    """Return what a status that is cut leaves unsaid: those that fail are named before others, so
    where others are named too, the rest is fresh."""
    is_cut = len(shown) == MAX_PROVIDERS
    return dict.fromkeys(published, "") if is_cut and not all(one.reason for one in shown) else {}
