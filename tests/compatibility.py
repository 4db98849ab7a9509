"""Tells how a CRD's schema breaks with an older one, as docs/versioning.md promises it will not.

The older schema is walked, not the newer: fields may be added. What is found is a sentence that
begins with the path of the field: `.spec.auth: defaults to "Basic", not "Bearer"`.
"""

import json
from collections.abc import Iterator
from typing import Any

Schema = dict[str, Any]

SAME = (
    *("type", "pattern", "format", "nullable", "default"),
    *("x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"),
    *("x-kubernetes-list-type", "x-kubernetes-list-map-keys"),
)
LARGEST = ("maximum", "maxLength", "maxItems", "maxProperties")
SMALLEST = ("minimum", "minLength", "minItems", "minProperties")
RULES = "x-kubernetes-validations"


def breaks(old: Schema, new: Schema, path: str = "") -> Iterator[str]:
    """Yield what an object that the old schema takes may lose, mean or break under the new one."""
    for message in (*_changed(old, new), *_narrower(old, new), *_demanded(old, new)):
        yield f"{path}: {message}"
    for step, (before, after) in _children(old, new).items():
        if after is None:
            yield f"{path}{step}: is gone"
        else:
            yield from breaks(before, after, path + step)


def _children(old: Schema, new: Schema) -> dict[str, tuple[Schema, Schema | None]]:
    """Pair each node below the old one with that of the new; `[]` is a list's item, `{}` a map's
    value."""
    result = {
        f".{name}": (child, new.get("properties", {}).get(name))
        for name, child in old.get("properties", {}).items()
    }
    for keyword, step in (("items", "[]"), ("additionalProperties", "{}")):
        if keyword in old:
            result[step] = (old[keyword], new.get(keyword))
    return result


def _changed(old: Schema, new: Schema) -> Iterator[str]:
    for keyword in SAME:
        before, after = old.get(keyword), new.get(keyword)
        if before != after:
            yield f"{keyword} is {json.dumps(after)}, was {json.dumps(before)}"


def _narrower(old: Schema, new: Schema) -> Iterator[str]:
    bounds = [name for name in (*LARGEST, *SMALLEST) if name in new and new[name] != old.get(name)]
    for name in bounds:
        is_wider = name in old and (new[name] > old[name]) is (name in LARGEST)
        if not is_wider:
            yield f"{name} is {new[name]}, was {old.get(name, 'none')}"
    if "enum" in new and "enum" not in old:
        yield f"takes {json.dumps(new['enum'])} only"
    for value in old.get("enum", ()):
        if "enum" in new and value not in new["enum"]:
            yield f"takes {json.dumps(value)} no more"


def _demanded(old: Schema, new: Schema) -> Iterator[str]:
    """Yield what an object has to have, or to hold, that it had not."""
    for name in new.get("required", ()):
        if name not in old.get("required", ()):
            yield f"requires {name}"
    rules = {rule["rule"] for rule in old.get(RULES, ())}
    for rule in new.get(RULES, ()):
        if rule["rule"] not in rules:
            yield f"has the rule {rule['rule']}"
