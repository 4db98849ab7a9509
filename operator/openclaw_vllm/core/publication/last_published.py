"""Last publication of a VllmProvider or VllmCatalog: the documents and their primary model."""

from dataclasses import dataclass

from openclaw_vllm.api.configmap import PRIMARY_PATTERNS, ConfigMapState
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.config.documents import Documents, empty_documents, rerender


@dataclass(frozen=True, slots=True)
class LastPublished:
    """The last publication; the same for both kinds."""

    documents: Documents | None = None  # None: nothing, or not known to this process
    primary: str = ""  # of a VllmCatalog, by reference; a VllmProvider's is read from its ConfigMap
    patterns_hash: str = ""  # of the patterns that the primary model was chosen by
    found_at_start: ConfigMapState | None = None  # an earlier process's, until it is rendered

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
