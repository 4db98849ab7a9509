"""Files to objects: YAML as `kubectl` reads it, which is not quite as PyYAML does.

Duplicate keys are refused instead of dropped, `1e3` is a number, a date stays text, and a file of
a few bytes that aliases blow up to millions of values is refused: in a pipeline it may come from
anybody.
"""

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

MAX_VALUES = 200_000
RESOLVED_ANEW = ("tag:yaml.org,2002:timestamp", "tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
INTEGER = re.compile(r"[-+]?(0b[01_]+|0o?[0-7_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*)$")
NUMBER = re.compile(
    r"[-+]?((\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|\.(inf|Inf|INF))$|\.(nan|NaN|NAN)$"
)

Manifest = dict[str, Any]


class Unreadable(Exception):
    """A file is no YAML that Kubernetes would take; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Found:
    """An object and the file that it was found in."""

    file: str
    manifest: Manifest

    @property
    def kind(self) -> str:
        """The object's kind; empty when it says none."""
        return str(self.manifest.get("kind") or "")

    @property
    def name(self) -> str:
        """The object's name; empty when it has none."""
        return self._metadata("name")

    @property
    def namespace(self) -> str:
        """The object's namespace; empty when it says none."""
        return self._metadata("namespace")

    def _metadata(self, field: str) -> str:
        metadata = self.manifest.get("metadata")
        return str(metadata.get(field) or "") if isinstance(metadata, dict) else ""

    def __str__(self) -> str:
        return f"{self.kind or 'an object without kind'} {self.name or '(without name)'}"


def read(file: str, text: str) -> list[Found]:
    """Return a file's objects, those of lists included; raises Unreadable."""
    found = []
    for number, document in enumerate(_documents(file, text), start=1):
        if document is None:
            continue
        if not isinstance(document, dict):
            raise Unreadable(f"{file}: document {number} is not an object")
        found += [Found(file, item) for item in _items(file, document)]
    return found


def _documents(file: str, text: str) -> Iterator[object]:
    try:
        for document in yaml.load_all(text, Loader=_Loader):
            _check(document)
            yield document
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        place = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        raise Unreadable(f"{file}{place}: {error.problem or 'it is not YAML'}") from error
    except RecursionError as error:
        raise Unreadable(f"{file}: it is nested too deeply") from error
    except (yaml.YAMLError, ValueError) as error:
        raise Unreadable(f"{file}: {str(error).splitlines()[0]}") from error


def _items(file: str, document: Manifest) -> list[Manifest]:
    """Return the objects of a list such as `kubectl get -o yaml` writes, else the one there is."""
    if not str(document.get("kind", "")).endswith("List"):
        return [document]
    items = document.get("items") or []
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Unreadable(f"{file}: the items of a {document['kind']} have to be objects")
    return items


def _check(document: object) -> None:
    """Raise ValueError for what is no JSON, or more of it than any object of Kubernetes holds."""
    waiting, seen = [document], 0
    while waiting:
        seen += 1
        if seen > MAX_VALUES:
            raise ValueError(f"it holds more than {MAX_VALUES} values")
        match waiting.pop():
            case dict() as mapping:
                if odd := next((key for key in mapping if not isinstance(key, str)), None):
                    raise ValueError(f"the key {odd!r} has to be text: put it into quotes")
                waiting.extend(mapping.values())
            case list() as items:
                waiting.extend(items)


class _Loader(yaml.SafeLoader):
    """Reads YAML as the parser of Kubernetes' clients does."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 PyYAML's signature
        seen = set()
        for key, _ in node.value:
            if isinstance(key, yaml.ScalarNode):
                if key.value in seen:
                    problem = f"the key {key.value!r} is written twice"
                    raise yaml.constructor.ConstructorError(None, None, problem, key.start_mark)
                seen.add(key.value)
        return super().construct_mapping(node, deep)


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in RESOLVED_ANEW]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:int", INTEGER, list("-+0123456789"))
_Loader.add_implicit_resolver("tag:yaml.org,2002:float", NUMBER, list("-+.0123456789"))
