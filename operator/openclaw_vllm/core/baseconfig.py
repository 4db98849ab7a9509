"""The user's own configuration, into which ours is merged: read as JSON5, never guessed at.

Ours in the merged document are `models.providers.<our id>` and, in `agents.defaults`, the default
model, our models' entries and the allow list. All else is the user's and stays as it is written.
What we could only guess at, or what would break the document for a JavaScript reader, is refused.
"""

import json
import re
from collections.abc import Collection, Mapping
from typing import Any

import json5

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem

MAX_JSON5 = 65_536  # characters; 200 KB take json5 seconds (measured), strict JSON takes none
PLACE = re.compile(r"^<string>:(\d+) .*? at column (\d+)", re.DOTALL)

Json = dict[str, Any]
Base = Mapping[str, Any]


def parse(text: str) -> Base | Problem:
    """Read a base configuration; slow for JSON5 of tens of KB, so keep it off the event loop."""
    document: object
    try:
        document = _read(text)
        json.dumps(document, allow_nan=False).encode()
        json.dumps(document, ensure_ascii=False).encode()
    except RecursionError:
        return _invalid("it is nested too deeply")
    except ValueError as error:
        return _invalid(_place(str(error)) if text.strip() else "it is empty; write at least {}")
    if not isinstance(document, dict):
        return _invalid("it has to be an object: { ... }")
    return _invalid("it has a key __proto__; remove it") if _poisoned(document) else document


def merge(base: Base | None, ours: Collection[str], models: Json, agents: Json) -> Json | Problem:
    """Return the whole configuration; a Problem when the base leaves no place for ours.

    `ours` are the ids of the providers that are ours to write, published now or not.
    """
    document: Json = dict(base or {})
    for path in (("models", "providers"), ("agents", "defaults", "models")):
        if problem := _blocked(document, path):
            return problem
    others = document.get("models", {}).get("providers", {})
    clash = next((key for key in others if key.lower() in ours), None)
    if clash is not None:
        return _invalid(f"it has models.providers.{clash}, which is ours to write; remove it")
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
    except ValueError:
        if len(text) > MAX_JSON5:
            message = f"it is JSON5 of more than {MAX_JSON5} characters; shorten it or write JSON"
            raise ValueError(message) from None
        return json5.loads(text)


def _place(complaint: str) -> str:
    """Say where json5 stopped, without repeating what stands there."""
    found = PLACE.match(complaint)
    if found:
        return f"line {found[1]}, column {found[2]} is not JSON5"
    return complaint if complaint.startswith("it is JSON5") else "it holds values that are not JSON"


def _invalid(why: str) -> Problem:
    return Problem(Reason.BASE_CONFIG_INVALID, f"the base configuration cannot be used: {why}")


def _blocked(document: Json, path: tuple[str, ...]) -> Problem | None:
    here: Any = document
    for depth, key in enumerate(path, start=1):
        here = here.get(key, {})
        if not isinstance(here, dict):
            return _invalid(f"its {'.'.join(path[:depth])} has to be an object")
    return None


def _poisoned(value: object) -> bool:
    match value:
        case dict():
            return "__proto__" in value or any(map(_poisoned, value.values()))
        case list():
            return any(map(_poisoned, value))
    return False
