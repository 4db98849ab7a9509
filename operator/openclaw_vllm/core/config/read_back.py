"""Reading back what we have published: the ConfigMap is the operator's only memory.

A document of another form than ours, damaged or written by somebody else, counts as one that says
nothing.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
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
    """What a published `models.json` says: the URL, each model's context, and what it can."""

    base_url: str
    contexts: tuple[tuple[str, int], ...]
    capabilities: Mapping[str, Capabilities]


def read_models(models_json: str, provider_id: str) -> PublishedModels:
    """Read a `models.json` that we wrote; one of another form counts as one without models."""
    try:
        provider = json.loads(models_json)["providers"][provider_id]
        models = {unescape(model["id"]): model for model in provider["models"]}
        return PublishedModels(
            base_url=unescape(provider["baseUrl"]),
            contexts=tuple((id_, int(model["contextWindow"])) for id_, model in models.items()),
            capabilities={id_: _capabilities(model) for id_, model in models.items()},
        )
    except NOT_OURS:
        return PublishedModels("", (), {})


def read_primary(agents_json: str, prefix: str) -> str:
    """Read the primary's id, the reference without its prefix, from an `agents-defaults.json` that
    we wrote; empty without one."""
    try:
        return unescape(json.loads(agents_json)["model"]["primary"]).removeprefix(prefix)
    except NOT_OURS:
        return ""


def read_settings(agents_json: str) -> dict[str, ModelSettings]:
    """Read the parameters of requests, by the model's reference, from an `agents-defaults.json`
    that we wrote; those that could not have been asked for are left out."""
    try:
        models = json.loads(agents_json)["models"].items()
        return {
            ref: ModelSettings(params=unescape_all(model["params"]))
            for ref, model in models
            if "params" in model
        }
    except NOT_OURS:
        return {}


def _capabilities(model: Json) -> Capabilities:
    """Read back what was found out; that a model takes no image is published as nothing."""
    return Capabilities(model["compat"].get("supportsTools"), "image" in model["input"] or None)


def entries_of(models_json: str) -> dict[str, Json]:
    """Read the entries that hold models of a `models.json` that we wrote; those of another form
    are left out."""
    try:
        found = json.loads(models_json)["providers"].items()
    except NOT_OURS:
        return {}
    ours = ((id_, entry) for id_, entry in found if is_provider_id(id_))
    read = ((id_, parse_untrusted_entry(entry)) for id_, entry in ours)
    return {id_: entry for id_, entry in read if entry is not None}
