"""What a person is told of a configuration that is published and yet not all that was asked for.

A field that changes nothing is no mistake worth stopping for, but whoever wrote it has to hear of
it: the message of ConfigPublished says so.
"""

from collections.abc import Iterable, Iterator

from openclaw_vllm.api.provider import Discovery, ModelSettings, VllmProviderSpec
from openclaw_vllm.core.config.agents import ResolvedDefaults
from openclaw_vllm.core.discovery.models import Model

MAX_PATTERNS = 5  # named in a message


def note(spec: VllmProviderSpec, models: Iterable[Model], choice: ResolvedDefaults) -> str:
    """Return the message for what is published with this choice; empty when all has its effect."""
    remarks = "; ".join(_remarks(spec, models, choice))
    return f"published; {remarks}" if remarks else ""


def _remarks(
    spec: VllmProviderSpec, models: Iterable[Model], choice: ResolvedDefaults
) -> Iterator[str]:
    if choice.unmatched:
        patterns = ", ".join(choice.unmatched[:MAX_PATTERNS])
        yield f"no model matches these patterns of spec.agents: {patterns}"
    if spec.agents is None and any(model.settings.params for model in models):
        yield "params of modelDefaults and modelOverrides need spec.agents"
    if spec.models and (idle := ", ".join(_for_discovered_models(spec))):
        yield f"beside spec.models these change nothing: {idle}"


def _for_discovered_models(spec: VllmProviderSpec) -> Iterator[str]:
    """Name the fields that say something about discovered models only, where they are set."""
    asked, default = spec.discovery, Discovery()
    settings = {
        "discovery.include": asked.include != default.include,
        "discovery.exclude": asked.exclude != default.exclude,
        "discovery.capabilities": asked.capabilities != default.capabilities,
        "modelDefaults": spec.model_defaults != ModelSettings(),
        "modelOverrides": bool(spec.model_overrides),
    }
    return (field for field, is_set in settings.items() if is_set)
