"""Last publication of a VllmProvider: as its ConfigMap shows it, else from memory, else as the
status tells."""

from dataclasses import dataclass

from openclaw_vllm.api.configmap import MODELS, PRIMARY_PATTERNS, ConfigMapState
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.core.config.read_back import read_models, read_primary
from openclaw_vllm.core.publication.agents_form import FORMER, had_no_primary
from openclaw_vllm.core.publication.last_published import LastPublished


@dataclass(frozen=True, slots=True)
class PublishedBefore:
    """What is known of the last publication."""

    existing: ConfigMapState | None  # the ConfigMap, maybe damaged; None where there is none
    last: LastPublished  # as this process remembers it
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
        return None if primary and recorded in FORMER else recorded  # None: annotation was removed

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
