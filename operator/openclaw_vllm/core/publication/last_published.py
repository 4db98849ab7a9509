"""Last publication of a VllmProvider or VllmCatalog: as its ConfigMap shows it, else from memory,
else as the status tells."""

from dataclasses import dataclass

from openclaw_vllm.api.catalog_status import VllmCatalogStatus
from openclaw_vllm.api.configmap import MODELS, PRIMARY_PATTERNS, ConfigMapState
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import ConfigMapKeyRef, VllmProviderSpec
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.core.config.agents import hash_patterns
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.config.documents import Documents, empty_documents, rerender
from openclaw_vllm.core.config.read_back import read_models, read_primary

NO_PRIMARY = ("", hash_patterns(()))  # hashes that earlier versions recorded beside no primary


@dataclass(frozen=True, slots=True)
class LastPublished:
    """The last publication as this process remembers it; the same for both kinds."""

    documents: Documents | None = None  # None: nothing, or not known to this process
    primary: str = ""  # of a VllmCatalog, by reference; a VllmProvider's is read from its ConfigMap
    patterns_hash: str = ""  # of the patterns that the primary model was chosen by
    found_at_start: ConfigMapState | None = None  # an earlier process's, until it is rendered

    @property
    def recorded_patterns(self) -> str | None:
        """The hash recorded with what a VllmCatalog has published, None where nothing is."""
        is_removed = bool(self.primary) and self.patterns_hash in NO_PRIMARY
        return None if is_removed else self.patterns_hash or None

    def with_base(self, spec: VllmProviderSpec, base: Base | Problem | None) -> "LastPublished":
        """Render again what an earlier process has published, as soon as the base configuration
        that it was merged into can be read; empty documents count as nothing."""
        if self.found_at_start is None or isinstance(base, Problem):
            return self
        documents = rerender(self.found_at_start, [spec.provider_id], base)
        patterns = self.found_at_start.annotations.get(PRIMARY_PATTERNS, "")
        is_empty = documents == empty_documents(spec, base)
        return LastPublished(None if is_empty else documents, "", patterns)


NOTHING_PUBLISHED = LastPublished()


def had_no_primary(
    status: VllmProviderStatus | VllmCatalogStatus, base_config_ref: ConfigMapKeyRef | None
) -> bool:
    """Return whether the status of the present spec tells of models that were published without a
    primary, which no base configuration explains."""
    return bool(status.models) and not status.primary_model and base_config_ref is None


@dataclass(frozen=True, slots=True)
class PublishedBefore:
    """What is known of the last publication of a VllmProvider."""

    existing: ConfigMapState | None  # the ConfigMap, maybe damaged; None where there is none
    last: LastPublished
    status: VllmProviderStatus
    is_observed: bool  # the status speaks of the present spec

    @property
    def models_json(self) -> str:
        """The models, empty where neither an unmodified ConfigMap nor memory has them."""
        if self.existing is not None and self.existing.is_unmodified:
            return self.existing.models_json
        return self.last.documents.data.get(MODELS, "") if self.last.documents is not None else ""

    def lists_models(self, spec: VllmProviderSpec) -> bool:
        """Return whether the ConfigMap lists models."""
        models_json = self.existing.models_json if self.existing is not None else ""
        return bool(read_models(models_json, spec.provider_id).contexts)

    def recorded_patterns(self, spec: VllmProviderSpec) -> str | None:
        """Return the hash of the primary's patterns that is recorded, None where nothing is."""
        existing, last = self.existing, self.last
        if existing is None and last.documents is not None:
            return last.patterns_hash
        if existing is None:
            base = spec.output.base_config_ref
            return "" if self.is_observed and had_no_primary(self.status, base) else None
        recorded = existing.annotations.get(PRIMARY_PATTERNS, "")
        if existing.is_unmodified:
            primary: str | None = read_primary(existing.agents_json, "")
        else:
            primary = self.status.primary_model
        return None if primary and recorded in NO_PRIMARY else recorded  # None: it was removed

    def primary(self, spec: VllmProviderSpec, patterns: str) -> str:
        """Return the primary model's id, which stays unless the patterns were edited since."""
        existing = self.existing
        if existing is None:
            edited = not self.is_observed
        else:
            edited = existing.annotations.get(PRIMARY_PATTERNS, "") != patterns
        if edited:
            return ""
        if existing is not None and existing.is_unmodified:
            if published := read_primary(existing.agents_json, f"{spec.provider_id}/"):
                return published
            if existing.publishes_agents:
                return ""
        return (self.status.primary_model or "").removeprefix(f"{spec.provider_id}/")
