"""Base configuration: the user's own, in JSON5, into which ours is merged.

Ours in the merged document are `models.providers.<our id>` and, in `agents.defaults`, the default
model, our models' entries and the allow list. All else is the user's and stays as it is. What is
ambiguous, or would break the document for a JavaScript parser, is refused.
"""

import json
import re
import sys
from collections.abc import Collection, Mapping
from typing import Any

import json5

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem

MAX_JSON5 = 65_536  # characters; 200 KB take json5 seconds (measured), strict JSON takes none
MAX_DEPTH = 100  # levels; json's serializer takes one of 1000 stack frames for each
JSON5_ERROR = re.compile(r"<string>:(\d+) Unexpected (end of input|.*) at column (\d+)", re.DOTALL)

TOO_DEEP = "it is nested too deeply"
NOT_JSON = (
    "it holds what no reader of JSON can: NaN, Infinity, a number beyond 1.8e308, or half a "
    "surrogate pair"
)

Json = dict[str, Any]
Base = Mapping[str, Any]


def parse(text: str) -> Base | Problem:
    """Parse a base configuration; slow for JSON5 of tens of KB, so not for the event loop."""
    if not text.strip():
        return _base_problem("it is empty; write at least {}")
    try:
        document = _parse(text)
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError:
        return _base_problem(TOO_DEEP)
    except ValueError as error:
        return _base_problem(_describe_parse_error(error))
    if not isinstance(document, dict):
        return _base_problem("it has to be an object: { ... }")
    flaw = _find_flaw(document)
    return _base_problem(flaw) if flaw else document


def merge(
    base: Base | None, provider_ids: Collection[str], models: Json, agents: Json
) -> Json | Problem:
    """Return the whole configuration; a Problem when the base conflicts with ours.

    `provider_ids` are the providers that are ours to write, published now or not.
    """
    document: Json = dict(base or {})
    for path in (("models", "providers"), ("agents", "defaults", "models")):
        if problem := _check_path(document, path):
            return problem
    base_providers = document.get("models", {}).get("providers", {})
    conflict = next((key for key in base_providers if _normalize(key) in provider_ids), None)
    if conflict is not None:
        name = conflict.strip()
        return _base_problem(f"it has models.providers.{name}, which is ours to write; remove it")
    providers = {**base_providers, **models["providers"]}
    document["models"] = {**document.get("models", {}), "providers": providers}
    if agents:
        base_defaults = document.get("agents", {}).get("defaults", {})
        entries = {"models": {**base_defaults.get("models", {}), **agents.get("models", {})}}
        merged = {**base_defaults, **agents, **(entries if entries["models"] else {})}
        if "modelPolicy" in base_defaults and not agents.get("modelPolicy", {}).get("allow"):
            merged["modelPolicy"] = base_defaults["modelPolicy"]
        document["agents"] = {**document.get("agents", {}), "defaults": merged}
    return document


def default_model(base: Base | None) -> str | None:
    """Return the reference of agents' primary model in a base configuration: empty where it sets
    agents.defaults.model without one, None where it leaves that to us."""
    defaults = _agents_defaults(base)
    if "model" not in defaults:
        return None
    model = defaults["model"]
    primary = model.get("primary") if isinstance(model, dict) else model
    return primary if isinstance(primary, str) else ""


def allows_some(base: Base | None) -> bool:
    """Return whether a base configuration has an allow list of models."""
    policy = _agents_defaults(base).get("modelPolicy")
    return isinstance(policy, dict) and bool(policy.get("allow"))


def _agents_defaults(base: Base | None) -> Json:
    node: Any = base
    for key in ("agents", "defaults"):
        node = node.get(key) if isinstance(node, dict) else None
    return node if isinstance(node, dict) else {}


def _parse(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        if len(text) > MAX_JSON5:
            raise
        return json5.loads(text)


def _describe_parse_error(error: ValueError) -> str:
    """Return where a parser stopped, without quoting the text.

    json5 0.17 reports one column too many where it expected a key, or after a number.
    """
    if isinstance(error, json.JSONDecodeError):
        place = f"line {error.lineno}, column {error.colno} is not strict JSON"
        return f"{place}, and JSON5 may have at most {MAX_JSON5} characters"
    match = JSON5_ERROR.fullmatch(str(error))
    if match is None:
        return NOT_JSON
    line, unexpected, column = match.groups()
    end = " (its end)" if unexpected == "end of input" else ""
    return f"it stops being JSON5 at line {line}, column {column}{end}, or one character before"


def _base_problem(message: str) -> Problem:
    return Problem(Reason.BASE_CONFIG_INVALID, f"the base configuration cannot be used: {message}")


def _check_path(document: Json, path: tuple[str, ...]) -> Problem | None:
    node: Any = document
    for depth, key in enumerate(path, start=1):
        node = node.get(key, {})
        if not isinstance(node, dict):
            return _base_problem(f"its {'.'.join(path[:depth])} has to be an object")
    return None


def _normalize(provider_id: str) -> str:
    """Return a provider's id as OpenClaw compares it (normalizeProviderId of 2026.9.6)."""
    return provider_id.strip().lower()


def _find_flaw(value: object, depth: int = 1) -> str:
    """Return what would break a JavaScript parser or our own serializer, empty if nothing."""
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        return NOT_JSON
    if not isinstance(value, dict | list):
        return ""
    if depth > MAX_DEPTH:
        return TOO_DEEP
    if isinstance(value, dict) and "__proto__" in value:
        return "it has a key __proto__; remove it"
    inner = value.values() if isinstance(value, dict) else value
    return next(filter(None, (_find_flaw(item, depth + 1) for item in inner)), "")
