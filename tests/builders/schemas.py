"""Nodes of a structural schema, for tests that judge each of them."""

from collections.abc import Iterator
from typing import Any

Node = dict[str, Any]


def walk(node: Node, path: str = "") -> Iterator[tuple[str, Node]]:
    """Give every node below this one; `[]` in a path is a list's item, `{}` a map's value."""
    children = {f".{name}": child for name, child in node.get("properties", {}).items()}
    for keyword, step in (("items", "[]"), ("additionalProperties", "{}")):
        if keyword in node:
            children[step] = node[keyword]
    for step, child in children.items():
        yield path + step, child
        yield from walk(child, path + step)
