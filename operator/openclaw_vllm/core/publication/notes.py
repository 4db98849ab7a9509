"""Message of ConfigPublished about fields of the spec that have no effect.

Such a field is no reason to stop publishing, but its author has to be told.
"""

from collections.abc import Iterable, Iterator

from openclaw_vllm.api.provider import Discovery, ModelSettings, VllmProviderSpec
from openclaw_vllm.core.config.agents import ResolvedDefaults
from openclaw_vllm.core.discovery.models import Model

MAX_PATTERNS = 5  # named in a message


def note(spec: VllmProviderSpec, models: Iterable[Model], defaults: ResolvedDefaults) -> str:
    """Return the message for these models and defaults; empty when all fields have an effect."""
    remarks = "; ".join(_write_remarks(spec, models, defaults))
    return f"published; {remarks}" if remarks else ""


def _write_remarks(
    spec: VllmProviderSpec, models: Iterable[Model], defaults: ResolvedDefaults
) -> Iterator[str]:
    if defaults.unmatched:
        patterns = ", ".join(defaults.unmatched[:MAX_PATTERNS])
        yield f"no model matches these patterns of spec.agents: {patterns}"
    if spec.agents is None and any(model.settings.params for model in models):
        yield "params of modelDefaults and modelOverrides need spec.agents"
    if spec.models and (fields := ", ".join(_list_discovery_fields(spec))):
        yield f"beside spec.models these change nothing: {fields}"


def _list_discovery_fields(spec: VllmProviderSpec) -> Iterator[str]:
    """Yield the fields that are set and apply to discovered models only."""
    discovery, default_discovery = spec.discovery, Discovery()
    settings = {
        "discovery.include": discovery.include != default_discovery.include,
        "discovery.exclude": discovery.exclude != default_discovery.exclude,
        "discovery.capabilities": discovery.capabilities != default_discovery.capabilities,
        "modelDefaults": spec.model_defaults != ModelSettings(),
        "modelOverrides": bool(spec.model_overrides),
    }
    return (field for field, is_set in settings.items() if is_set)
