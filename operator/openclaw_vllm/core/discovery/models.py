"""From what a server lists to published models: rejects, filters, overrides, provenance.

Ids are untrusted: one that OpenClaw could not refer to, or that would mean more than itself there,
is rejected and shown in the status. The order of the steps is the order of the functions: `admit`,
`select`, `describe`; each number of a model remembers where it came from.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from openclaw_vllm.api.provider import (
    Discovery,
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
SMALL_CONTEXT = 24_000  # an empty agent turn needs 10 to 16 thousand tokens (measured on 2026.9.6)
MAX_ID_LENGTH = 512
# control characters, lone surrogates, line separators, bidirectional marks; per character would be
# slow: a crafted MiB of ids held the event loop for a third of a second
UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
BYTE_ORDER_MARK = "\ufeff"  # white space to JavaScript, which trims ids, though not to Python

Source = Literal["Override", "Server", "Parent", "Default"]


class Rejection(StrEnum):
    """Why an id cannot be published."""

    INVALID_REFERENCE = "InvalidReference"
    INVALID_CHARACTERS = "InvalidCharacters"
    TOO_LONG = "TooLong"
    WILDCARD = "Wildcard"


@dataclass(frozen=True, slots=True)
class Model:
    """A model as it is published; `missing` while kept although the server does not list it."""

    id: str
    context_window: int
    source: Source
    settings: ModelSettings
    parent: str = ""
    missing: bool = False
    found: Capabilities = UNKNOWN

    @property
    def name(self) -> str:
        """What people see: the override's name, else the id."""
        return self.settings.name or self.id

    @property
    def max_tokens(self) -> int:
        """The longest output: as overridden, else a quarter of the context, at most 8192, at least
        1."""
        return self.settings.max_tokens or max(1, min(DEFAULT_MAX_TOKENS, self.context_window // 4))

    @property
    def input(self) -> tuple[str, ...]:
        """What the model takes: as overridden, else text, and images where the server took one."""
        return self.settings.input or (("text", "image") if self.found.images else ("text",))

    @property
    def tools(self) -> bool | None:
        """Whether it takes tools: as overridden, else as found out, else None."""
        compat = self.settings.compat
        said = compat.supports_tools if compat else None
        return self.found.tools if said is None else said

    @property
    def is_small(self) -> bool:
        """Whether an agent's first turn leaves no room for an answer."""
        return self.context_window < SMALL_CONTEXT


@dataclass(frozen=True, slots=True)
class ModelList:
    """An answer's usable models, the first of each id, and the ids that are rejected."""

    models: tuple[ServedModel, ...]
    rejected: Mapping[str, Rejection]

    @property
    def is_empty(self) -> bool:
        """Whether the server lists nothing at all."""
        return not self.models and not self.rejected


def validate_ids(answer: Iterable[ServedModel]) -> ModelList:
    """Judge every id of an answer and drop duplicates."""
    accepted: dict[str, ServedModel] = {}
    rejected: dict[str, Rejection] = {}
    for model in answer:
        if reason := rejection(model.id):
            rejected[model.id] = reason
        else:
            accepted.setdefault(model.id, model)
    return ModelList(tuple(accepted.values()), rejected)


def rejection(id_: str) -> Rejection | None:
    """Judge an id by what the real client does with it (measured on 2026.9.6)."""
    if len(id_) > MAX_ID_LENGTH:
        return Rejection.TOO_LONG
    if id_ != id_.strip().strip(BYTE_ORDER_MARK) or UNFIT.search(id_):
        return Rejection.INVALID_CHARACTERS
    if "@" in id_:
        return Rejection.INVALID_REFERENCE
    return Rejection.WILDCARD if "*" in id_ else None


def select(id_: str, discovery: Discovery) -> bool:
    """Tell whether the id passes `include`, then `exclude`."""
    return matches_any(discovery.include, id_) and not matches_any(discovery.exclude, id_)


def selected(models: Iterable[ServedModel], discovery: Discovery) -> tuple[ServedModel, ...]:
    """Return the models that are selected, and the base models of adapters that are."""
    listed = tuple(models)
    wanted = {name for m in listed if select(m.id, discovery) for name in (m.id, m.parent)}
    return tuple(model for model in listed if model.id in wanted)


def build_model(
    model: ServedModel,
    siblings: Mapping[str, ServedModel],
    spec: VllmProviderSpec,
    found: Capabilities,
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
        model.id, context or DEFAULT_CONTEXT, source, settings, model.parent, missing, found
    )


def settings_for(id_: str, spec: VllmProviderSpec) -> ModelSettings:
    """Lay the first override that matches the id over `modelDefaults`, field by field."""
    place = first_match((override.match for override in spec.model_overrides), id_)
    if place is None:
        return spec.model_defaults
    override = spec.model_overrides[place]
    changes = {name: getattr(override, name) for name in ModelSettings.model_fields}
    selected = {name: value for name, value in changes.items() if value is not None}
    return spec.model_defaults.model_copy(
        update=_merge_compat(spec.model_defaults.compat, selected)
    )


def _merge_compat(defaults: ModelCompat | None, selected: dict[str, object]) -> dict[str, object]:
    compat = selected.get("compat")
    if defaults is not None and isinstance(compat, ModelCompat):
        selected["compat"] = defaults.model_copy(
            update=compat.model_dump(exclude_none=True, by_alias=False)
        )
    return selected


def explicit(model: ExplicitModel) -> Model:
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
