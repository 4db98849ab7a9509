"""The user's own configuration, into which ours is merged: read as JSON5, never guessed at.

Ours in the merged document are `models.providers.<our id>` and, in `agents.defaults`, the default
model, our models' entries and the allow list. All else is the user's and stays as it is written.
What we could only guess at, or what would break the document for a JavaScript reader, is refused.
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
MAX_DEPTH = 100  # levels; json's writer takes a frame of the stack, of 1000, for each
PLACE = re.compile(r"<string>:(\d+) Unexpected (end of input|.*) at column (\d+)", re.DOTALL)

TOO_DEEP = "it is nested too deeply"
NOT_JSON = (
    "it holds what no reader of JSON can: NaN, Infinity, a number beyond 1.8e308, or half a "
    "surrogate pair"
)

Json = dict[str, Any]
Base = Mapping[str, Any]


def parse(text: str) -> Base | Problem:
    """Read a base configuration; slow for JSON5 of tens of KB, so keep it off the event loop."""
    if not text.strip():
        return _invalid("it is empty; write at least {}")
    try:
        document = _read(text)
        json.dumps(document, ensure_ascii=False, allow_nan=False).encode()
    except RecursionError:
        return _invalid(TOO_DEEP)
    except ValueError as error:
        return _invalid(_complaint(error))
    if not isinstance(document, dict):
        return _invalid("it has to be an object: { ... }")
    flaw = _flaw(document)
    return _invalid(flaw) if flaw else document


def merge(base: Base | None, ours: Collection[str], models: Json, agents: Json) -> Json | Problem:
    """Return the whole configuration; a Problem when the base leaves no place for ours.

    `ours` are the ids of the providers that are ours to write, published now or not.
    """
    document: Json = dict(base or {})
    for path in (("models", "providers"), ("agents", "defaults", "models")):
        if problem := _blocked(document, path):
            return problem
    others = document.get("models", {}).get("providers", {})
    clash = next((key for key in others if _normalized(key) in ours), None)
    if clash is not None:
        name = clash.strip()
        return _invalid(f"it has models.providers.{name}, which is ours to write; remove it")
    providers = {**others, **models["providers"]}
    document["models"] = {**document.get("models", {}), "providers": providers}
    if agents:
        theirs = document.get("agents", {}).get("defaults", {})
        entries = {"models": {**theirs.get("models", {}), **agents.get("models", {})}}
        merged = {**theirs, **agents, **(entries if entries["models"] else {})}
        if "modelPolicy" in theirs and not agents.get("modelPolicy", {}).get("allow"):
            merged["modelPolicy"] = theirs["modelPolicy"]
        document["agents"] = {**document.get("agents", {}), "defaults": merged}
    return document


def _read(text: str) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        if len(text) > MAX_JSON5:
            raise
        return json5.loads(text)


def _complaint(error: ValueError) -> str:
    """Say where a parser stopped, without repeating what stands there.

    json5 0.17 points one character too far where it tried to read a key, or on after a number.
    """
    if isinstance(error, json.JSONDecodeError):
        place = f"line {error.lineno}, column {error.colno} is not strict JSON"
        return f"{place}, and JSON5 may have at most {MAX_JSON5} characters"
    found = PLACE.fullmatch(str(error))
    if found is None:
        return NOT_JSON
    line, what, column = found.groups()
    end = " (its end)" if what == "end of input" else ""
    return f"it stops being JSON5 at line {line}, column {column}{end}, or one character before"


def _invalid(why: str) -> Problem:
    return Problem(Reason.BASE_CONFIG_INVALID, f"the base configuration cannot be used: {why}")


def _blocked(document: Json, path: tuple[str, ...]) -> Problem | None:
    here: Any = document
    for depth, key in enumerate(path, start=1):
        here = here.get(key, {})
        if not isinstance(here, dict):
            return _invalid(f"its {'.'.join(path[:depth])} has to be an object")
    return None


def _normalized(provider_id: str) -> str:
    """Write a provider's id as OpenClaw compares it (normalizeProviderId of 2026.9.6)."""
    return provider_id.strip().lower()


def _flaw(value: object, depth: int = 1) -> str:
    """Say what would break a JavaScript reader or our own writer, empty for nothing."""
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        return NOT_JSON
    if not isinstance(value, dict | list):
        return ""
    if depth > MAX_DEPTH:
        return TOO_DEEP
    if isinstance(value, dict) and "__proto__" in value:
        return "it has a key __proto__; remove it"
    inner = value.values() if isinstance(value, dict) else value
    return next(filter(None, (_flaw(each, depth + 1) for each in inner)), "")
