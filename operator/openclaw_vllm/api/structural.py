"""Structural schemas for Kubernetes, from pydantic's JSON schemas.

References are inlined, `X | None` becomes X, integers get a format. What a structural schema cannot
express (unions, unknown keywords) is refused here and not by a user's API server.
"""

from typing import Any

from pydantic import BaseModel

Schema = dict[str, Any]

# The keywords that may appear, in the order in which they are written.
KEYWORDS = (
    "description",
    "type",
    "format",
    "enum",
    "default",
    "minLength",
    "maxLength",
    "pattern",
    "minimum",
    "maximum",
    "minItems",
    "maxItems",
    "maxProperties",
    "required",
    "properties",
    "items",
    "additionalProperties",
    "x-kubernetes-int-or-string",
    "x-kubernetes-list-type",
    "x-kubernetes-list-map-keys",
    "x-kubernetes-preserve-unknown-fields",
    "x-kubernetes-validations",
)
NULL = {"type": "null"}


def structural(model: type[BaseModel]) -> Schema:
    """Return the structural schema of a model; raises ValueError for what it cannot express."""
    schema = model.model_json_schema()
    definitions = schema.pop("$defs", {})
    return _convert(schema, definitions, in_list=False)


def _convert(schema: Schema, definitions: Schema, *, in_list: bool) -> Schema:
    node = _normalize(_resolve(schema, definitions), in_list=in_list)
    if "items" in node:
        node["items"] = _convert(node["items"], definitions, in_list=True)
    if values := node.get("additionalProperties"):
        node["additionalProperties"] = _convert(values, definitions, in_list=in_list)
    if properties := node.get("properties"):
        node["properties"] = {
            name: _convert(value, definitions, in_list=in_list)
            for name, value in properties.items()
        }
    return {keyword: node[keyword] for keyword in KEYWORDS if keyword in node}


def _resolve(schema: Schema, definitions: Schema) -> Schema:
    """Inline the node's references; a keyword beside a reference overrides it."""
    node = dict(schema)
    if node.get("x-kubernetes-int-or-string"):
        del node["anyOf"]
    if choices := node.pop("anyOf", None):
        present = [choice for choice in choices if choice != NULL]
        if len(present) != 1:
            raise ValueError(f"a structural schema has no unions: {schema}")
        node = _resolve(present[0], definitions) | node
    if reference := node.pop("$ref", None):
        node = _resolve(definitions[reference.removeprefix("#/$defs/")], definitions) | node
    return node


def _normalize(node: Schema, *, in_list: bool) -> Schema:
    """Rewrite the keywords of one node as Kubernetes has them; its children stay."""
    node.pop("title", None)
    if "const" in node:
        node["enum"] = [node.pop("const")]
    if unknown := node.keys() - set(KEYWORDS):
        raise ValueError(f"a structural schema cannot say {sorted(unknown)}: {node}")
    if "description" in node:
        node["description"] = " ".join(node["description"].split())
    if node.get("type") == "integer":
        node["format"] = "int64"
    # GitOps tools compare a list as a whole: a default inside an item would always differ. Defaults
    # of objects follow from those of their members.
    if in_list or node.get("default") in (None, []) or node.get("type") == "object":
        node.pop("default", None)
    return node
