"""Models to publish, from a server's list: filters, overrides, numbers and where they come from.

The order of the steps is the order of the functions: `is_selected`, then `build_model`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from openclaw_vllm.api.provider import (
    DiscoverySpec,
    ExplicitModel,
    ModelCompat,
    ModelCost,
    ModelSettings,
    VllmProviderSpec,
)
from openclaw_vllm.core.discovery.capabilities import UNKNOWN, Capabilities
from openclaw_vllm.core.discovery.globs import first_match, matches_any
from openclaw_vllm.core.discovery.models_response import ServedModel

DEFAULT_CONTEXT = 128_000  # OpenClaw's own assumption where a server says nothing
DEFAULT_MAX_TOKENS = 8192  # OpenClaw's own default for vLLM models
MAX_REASONING_TOKENS = 32_768
SMALL_CONTEXT = 28_000  # 19 thousand of an empty agent turn (2026.9.6, measured), 8 of an answer
Source = Literal["Override", "Server", "Parent", "Default"]
MaxTokensSource = Literal["Override", "Server", "Default"]


@dataclass(frozen=True, slots=True)
class Model:
    """A model as it is published; `missing` if retained though the server does not list it."""

    id: str
    context_window: int
    source: Source
    settings: ModelSettings
    parent: str = ""
    missing: bool = False
    capabilities: Capabilities = UNKNOWN
    max_output: int | None = None  # the server's limit, in tokens
    has_former_length: bool = False  # the longest output is that of an earlier version

    @property
    def name(self) -> str:
        """The displayed name: the override's, else the id."""
        return self.settings.name or self.id

    @property
    def max_tokens(self) -> int:
        """The longest output: as overridden, else a quarter of the context, at most 8192, at least
        1, and no more than the server allows.

        A model that thinks spends most of an output before its answer begins: Qwen3's card advises
        32 768 tokens. It gets that, as far as half of the context allows it.
        """
        if self.settings.max_tokens:
            return self.settings.max_tokens
        thinks = self.settings.reasoning and not self.has_former_length
        longest, share = (MAX_REASONING_TOKENS, 2) if thinks else (DEFAULT_MAX_TOKENS, 4)
        return max(1, min(longest, self.context_window // share, self.max_output or longest))

    @property
    def max_tokens_source(self) -> MaxTokensSource:
        """Where that length comes from; the server only where its limit is the lowest."""
        if self.settings.max_tokens:
            return "Override"
        return "Server" if self.max_output == self.max_tokens else "Default"

    @property
    def input(self) -> tuple[str, ...]:
        """What the model takes: as overridden, else text, and images where the server took one."""
        return self.settings.input or (("text", "image") if self.capabilities.images else ("text",))

    @property
    def tools(self) -> bool | None:
        """Whether it takes tools: as overridden, else as the server's answers show, else None."""
        compat = self.settings.compat
        override = compat.supports_tools if compat else None
        return self.capabilities.tools if override is None else override

    @property
    def is_small(self) -> bool:
        """Whether an agent's first turn leaves no room for an answer."""
        return self.context_window < SMALL_CONTEXT


def is_selected(id_: str, discovery: DiscoverySpec) -> bool:
    """Return whether the id passes `include`, then `exclude`."""
    return matches_any(discovery.include, id_) and not matches_any(discovery.exclude, id_)


def select_models(
    models: Iterable[ServedModel], discovery: DiscoverySpec
) -> tuple[ServedModel, ...]:
    """Return the models that pass the filters, and the base models of adapters that are."""
    listed = tuple(models)
    ids = {name for m in listed if is_selected(m.id, discovery) for name in (m.id, m.parent)}
    return tuple(model for model in listed if model.id in ids)


def build_model(
    model: ServedModel,
    siblings: Mapping[str, ServedModel],
    spec: VllmProviderSpec,
    capabilities: Capabilities,
    *,
    missing: bool = False,
) -> Model:
    """Give a model its numbers: the override's, the server's, the parent's, then a default."""
    settings = settings_for(model.id, spec)
    parent = siblings.get(model.parent)
    candidates: tuple[tuple[int | None, Source], ...] = (
        (settings.context_window, "Override"),
        (model.context, "Server"),
        (parent.context if parent else None, "Parent"),
        (DEFAULT_CONTEXT, "Default"),
    )
    context, source = next((value, origin) for value, origin in candidates if value)
    return Model(
        id=model.id,
        context_window=context or DEFAULT_CONTEXT,
        source=source,
        settings=settings,
        parent=model.parent,
        missing=missing,
        capabilities=capabilities,
        max_output=model.max_output,
    )


def settings_for(id_: str, spec: VllmProviderSpec) -> ModelSettings:
    """Lay the first override that matches the id over `modelDefaults`, field by field."""
    place = first_match((override.match for override in spec.model_overrides), id_)
    if place is None:
        return spec.model_defaults
    override = spec.model_overrides[place]
    changes = {name: getattr(override, name) for name in ModelSettings.model_fields}
    overrides = {name: value for name, value in changes.items() if value is not None}
    return spec.model_defaults.model_copy(
        update=_merge_compat(spec.model_defaults.compat, overrides)
    )


def _merge_compat(defaults: ModelCompat | None, overrides: dict[str, object]) -> dict[str, object]:
    compat = overrides.get("compat")
    if defaults is not None and isinstance(compat, ModelCompat):
        overrides["compat"] = defaults.model_copy(
            update=compat.model_dump(exclude_none=True, by_alias=False)
        )
    return overrides


def build_explicit(model: ExplicitModel) -> Model:
    """Take a model of `spec.models` as it is written; nothing about it is discovered."""
    settings = ModelSettings(
        name=model.name,
        reasoning=model.reasoning,
        input=model.input,
        cost=model.cost or ModelCost(),
        context_window=model.context_window,
        max_tokens=model.max_tokens,
        compat=model.compat,
    )
    context = model.context_window or DEFAULT_CONTEXT
    return Model(model.id, context, "Override" if model.context_window else "Default", settings)
