"""Parsing of the published documents, from which the operator's state is restored.

A document of another form than ours, damaged or written by somebody else, counts as empty.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from openclaw_vllm.api.models import ModelSettings
from openclaw_vllm.api.provider import is_provider_id
from openclaw_vllm.core.config.escaping import unescape, unescape_all
from openclaw_vllm.core.config.untrusted_entry import parse_untrusted_entry
from openclaw_vllm.core.discovery.capabilities import Capabilities

NOT_OURS = (ValueError, KeyError, TypeError, AttributeError, RecursionError)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class PublishedModels:
    """The content of a published `models.json`."""

    base_url: str
    contexts: tuple[tuple[str, int], ...]  # id and context window in tokens
    capabilities: Mapping[str, Capabilities]
    max_tokens: Mapping[str, int] = field(default_factory=dict)  # by id
    thinking: frozenset[str] = frozenset()  # ids of the models with `reasoning`


def read_models(models_json: str, provider_id: str) -> PublishedModels:
    """Parse a `models.json` that we wrote; one of another form counts as one without models."""
    try:
        provider = json.loads(models_json)["providers"][provider_id]
        models = {unescape(model["id"]): model for model in provider["models"]}
        return PublishedModels(
            base_url=unescape(provider["baseUrl"]),
            contexts=tuple((id_, int(model["contextWindow"])) for id_, model in models.items()),
            max_tokens={id_: int(model["maxTokens"]) for id_, model in models.items()},
            thinking=frozenset(id_ for id_, model in models.items() if model["reasoning"] is True),
            capabilities={id_: _read_capabilities(model) for id_, model in models.items()},
        )
    except NOT_OURS:
        return PublishedModels("", (), {})


def read_primary(agents_json: str, prefix: str) -> str:
    """Return the primary's id, the reference without its prefix, from an `agents-defaults.json`
    that we wrote; empty without one."""
    try:
        return unescape(json.loads(agents_json)["model"]["primary"]).removeprefix(prefix)
    except NOT_OURS:
        return ""


def read_settings(agents_json: str) -> dict[str, ModelSettings]:
    """Return the request parameters by the model's reference from an `agents-defaults.json` that we
    wrote; empty for one that no spec could have given."""
    try:
        models = json.loads(agents_json)["models"].items()
        return {
            ref: ModelSettings(params=unescape_all(model["params"]))
            for ref, model in models
            if "params" in model
        }
    except NOT_OURS:
        return {}


def _read_capabilities(model: Json) -> Capabilities:
    """Return the published capabilities; images are unknown unless `input` lists them."""
    return Capabilities(model["compat"].get("supportsTools"), "image" in model["input"] or None)


def entries_of(models_json: str) -> dict[str, Json]:
    """Return the entries with models of a `models.json` that we wrote, by provider id; those of
    another form are left out."""
    try:
        entries = json.loads(models_json)["providers"].items()
    except NOT_OURS:
        return {}
    valid = ((id_, entry) for id_, entry in entries if is_provider_id(id_))
    parsed = ((id_, parse_untrusted_entry(entry)) for id_, entry in valid)
    return {id_: entry for id_, entry in parsed if entry is not None}
