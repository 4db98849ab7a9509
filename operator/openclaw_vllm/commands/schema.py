"""Validation by the CRD's structural schema, with the API server's messages.

The schema is the one that `make crds` writes. Pydantic, which the operator reads objects with, is
laxer: it takes "5" for 5 and ignores unknown fields. `jsonschema` (4.26, well maintained) would not
shorten this: its keywords are few lines here, while Kubernetes' own ones, paths, messages and
defaults would stay; it brings five packages, one of them compiled, and takes 0.12 s to import.
"""

import difflib
import json
import math
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from functools import cache
from typing import Any

from openclaw_vllm.api.crd import PROVIDER, definition

Json = Any
Schema = dict[str, Any]

TYPES: dict[str, tuple[type, ...]] = {
    "object": (dict,),
    "array": (list,),
    "string": (str,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
}


@dataclass(frozen=True, slots=True)
class Violation:
    """A rule that a field breaks."""

    path: str
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.message}"


@cache
def provider_schema() -> Schema:
    """Return the CRD's schema of a VllmProvider."""
    schema: Schema = definition(PROVIDER)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return schema


def apply_defaults(value: Json, schema: Schema) -> Json:
    """Return the value as the API server stores it: without nulls, with the schema's defaults,
    an integer beyond 64 bits as a float."""
    match value:
        case dict():
            members = schema.get("properties", {})
            present = {k: v for k, v in value.items() if v is not None or k not in members}
            absent = {
                name: deepcopy(member["default"])
                for name, member in members.items()
                if "default" in member and name not in present
            }
            return {
                k: apply_defaults(v, _member(k, schema) or {})
                for k, v in (present | absent).items()
            }
        case list():
            return [apply_defaults(item, schema.get("items", {})) for item in value]
        case int() if not -(2**63) <= value < 2**63:
            return float(value)
    return value


def violations(value: Json, schema: Schema, path: str) -> Iterator[Violation]:
    """Yield the violations of a structural schema, less those of its CEL rules (`cel_rules`)."""
    if message := _type_message(value, schema):
        yield Violation(path, message)
        return
    for message in (*_bounds(value, schema), *_sizes(value, schema), *_duplicates(value, schema)):
        yield Violation(path, message)
    if isinstance(value, dict):
        yield from _fields(value, schema, path)
    for inner, inner_schema, inner_path in children(value, schema, path):
        yield from violations(inner, inner_schema, inner_path)


def children(value: Json, schema: Schema, path: str) -> Iterator[tuple[Json, Schema, str]]:
    """Yield the parts of a value that the schema describes, each with its schema and its path."""
    match value:
        case dict():
            for key, inner in value.items():
                member = _member(key, schema)
                if member is not None:
                    yield inner, member, f"{path}.{key}"
        case list() if "items" in schema:
            for number, inner in enumerate(value):
                yield inner, schema["items"], f"{path}[{number}]"


def _member(key: str, schema: Schema) -> Schema | None:
    member: Schema | None = schema.get("properties", {}).get(key)
    return schema.get("additionalProperties") if member is None else member


def _type_message(value: Json, schema: Schema) -> str:
    if schema.get("x-kubernetes-int-or-string"):
        fits = isinstance(value, int | str) and not isinstance(value, bool)
        return "" if fits else "must be of type integer or string"
    expected = schema.get("type")
    if expected is None:
        return ""
    is_flag = isinstance(value, bool) and expected != "boolean"
    if is_flag or not isinstance(value, TYPES[expected]):
        return f"must be of type {expected}: {_type_name(value)}"
    return "must be finite" if isinstance(value, float) and not math.isfinite(value) else ""


def _type_name(value: Json) -> str:
    if isinstance(value, bool):
        return '"boolean"'
    names = (name for name, types in TYPES.items() if isinstance(value, types))
    return f'"{next(names, "null")}"'


def _bounds(value: Json, schema: Schema) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        values = ", ".join(json.dumps(choice) for choice in schema["enum"])
        yield f"Unsupported value: {json.dumps(value)}: supported values: {values}"
    if isinstance(value, int | float):
        if value < schema.get("minimum", value):
            yield f"should be greater than or equal to {schema['minimum']}"
        if value > schema.get("maximum", value):
            yield f"should be less than or equal to {schema['maximum']}"


def _sizes(value: Json, schema: Schema) -> Iterator[str]:
    match value:
        case str():
            if len(value) > schema.get("maxLength", len(value)):
                yield f"Too long: may not be more than {schema['maxLength']} bytes"
            if len(value) < schema.get("minLength", 0):
                yield f"should be at least {schema['minLength']} chars long"
        case list() if len(value) > schema.get("maxItems", len(value)):
            yield f"Too many: {len(value)}: must have at most {schema['maxItems']} items"
        case dict() if len(value) > schema.get("maxProperties", len(value)):
            yield f"Too many: {len(value)}: must have at most {schema['maxProperties']} items"


def _duplicates(value: Json, schema: Schema) -> Iterator[str]:
    kind = schema.get("x-kubernetes-list-type")
    if kind not in ("map", "set") or not isinstance(value, list):
        return
    keys = schema.get("x-kubernetes-list-map-keys", ())
    identities = set()
    for item in value:
        identity = [item.get(key) for key in keys] if keys and isinstance(item, dict) else item
        text = json.dumps(identity, sort_keys=True)
        if text in identities:
            yield f"Duplicate value: {text}"
        identities.add(text)


def _fields(value: dict[str, Json], schema: Schema, path: str) -> Iterator[Violation]:
    for name in schema.get("required", ()):
        if name not in value:
            yield Violation(f"{path}.{name}", "Required value")
    properties = schema.get("properties", {})
    if "additionalProperties" in schema or schema.get("x-kubernetes-preserve-unknown-fields"):
        return
    for name in value.keys() - properties.keys():
        near = difflib.get_close_matches(name, properties, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        yield Violation(path, f'unknown field "{path}.{name}"{hint}')
