"""Objects of YAML files, read as `kubectl` reads them, which is not quite as PyYAML does.

Duplicate keys are rejected instead of dropped, `y` is true, `1e3` is 1000, a date stays text: all
as kubectl 1.37 reads them. A file of a few bytes whose aliases expand to millions of values is
rejected too: in a pipeline it may come from anybody.
"""

import re
import sys
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml
from typing_extensions import override

MAX_VALUES = 200_000
TOO_MANY = f"it holds more than {MAX_VALUES} values"
TAG = "tag:yaml.org,2002:"
REPLACED_TAGS = tuple(f"{TAG}{kind}" for kind in ("bool", "int", "float", "timestamp", "value"))
BOOL = re.compile(
    r"([yYnN]|yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$"
)
INTEGER = re.compile(r"[-+]?(0b[01_]+|0o?[0-7_]*|0x[0-9a-fA-F_]+|[1-9][0-9_]*)$")
NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9][0-9_]*(\.[0-9]*)?)([eE][-+]?[0-9]+)?$")

Manifest = dict[str, Any]


class Unreadable(Exception):
    """A file is no YAML that Kubernetes would take; the message says where and why."""


@dataclass(frozen=True, slots=True)
class FileObject:
    """An object and the file that it comes from."""

    file: str
    manifest: Manifest

    @property
    def kind(self) -> str:
        """The object's kind; empty when it has none."""
        return str(self.manifest.get("kind") or "")

    @property
    def name(self) -> str:
        """The object's name; empty when it has none."""
        return self._metadata("name")

    @property
    def namespace(self) -> str:
        """The object's namespace; empty when it has none."""
        return self._metadata("namespace")

    def _metadata(self, field: str) -> str:
        metadata = self.manifest.get("metadata")
        return str(metadata.get(field) or "") if isinstance(metadata, dict) else ""

    def __str__(self) -> str:
        return f"{self.kind or 'an object without kind'} {self.name or '(without name)'}"


def read(file: str, text: str) -> list[FileObject]:
    """Return a file's objects, those of lists included; raises Unreadable."""
    objects = []
    for number, document in enumerate(_documents(file, text), start=1):
        if document is None:
            continue
        if not isinstance(document, dict):
            raise Unreadable(f"{file}: document {number} is not an object")
        objects += [FileObject(file, item) for item in _items(file, document)]
    return objects


def _documents(file: str, text: str) -> Iterator[object]:
    try:
        for document in yaml.load_all(text, Loader=_Loader):
            _check_json(document)
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


def _check_json(document: object) -> None:
    """Raise ValueError for a value that is not JSON, or for more values than an object holds."""
    pending, count = [document], 0
    while pending:
        count += 1
        if count > MAX_VALUES:
            raise ValueError(TOO_MANY)
        match pending.pop():
            case int() | float() as number if not abs(number) <= sys.float_info.max:
                raise ValueError("it holds a number that no JSON of Kubernetes does")
            case None | bool() | int() | float() | str():
                continue
            case dict() as mapping:
                pending.extend(mapping.values())
            case list() as items:
                pending.extend(items)
            case other:
                raise ValueError(f"it holds a value that is no JSON: {type(other).__name__}")


class _Loader(yaml.SafeLoader):
    """Loader that reads YAML as the parser of Kubernetes' clients does."""

    _pairs = 0  # keys and values of a document, again wherever they are merged (<<)

    def construct_document(self, node: yaml.Node) -> object:
        """Read one document."""
        self._pairs = 0
        return super().construct_document(node)

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        """Merge, counting as PyYAML goes: merges of merges multiply before there are values."""
        super().flatten_mapping(node)
        self._pairs += len(node.value)
        if self._pairs > MAX_VALUES:
            raise ValueError(TOO_MANY)

    def construct_scalar(self, node: yaml.ScalarNode | yaml.MappingNode) -> str:
        """Read a text; JSON writes a character beyond 16 bits as two halves, here made one."""
        text = str(super().construct_scalar(node))
        try:
            return text.encode("utf-16", "surrogatepass").decode("utf-16")
        except UnicodeDecodeError:
            raise _error("a text holds half a surrogate pair", node) from None

    @override
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = set()
        for index, (key, value) in enumerate(node.value):
            if isinstance(key, yaml.ScalarNode) and key.tag != f"{TAG}merge":
                text = self._as_text(key)
                if text in keys:
                    raise _error(f"the key {text!r} is written twice", key)
                keys.add(text)
                text_key = yaml.ScalarNode(f"{TAG}str", text, key.start_mark, key.end_mark)
                node.value[index] = (text_key, value)
        return super().construct_mapping(node, deep)

    def _as_text(self, key: yaml.ScalarNode) -> str:
        """Return a key as JSON has it: `on: 1` is {"true": 1} to kubectl."""
        match self.construct_object(key):
            case bool() as flag:
                return str(flag).lower()
            case str() | int() | float() as value:
                return str(value)
        raise _error("a key has to be text", key)


def _error(problem: str, node: yaml.Node) -> yaml.MarkedYAMLError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def _bool(loader: _Loader, node: yaml.ScalarNode) -> bool:
    return node.value[0] in "yYtT" or node.value.lower() == "on"


def _number(loader: _Loader, node: yaml.ScalarNode) -> int | float:
    """Read a number; one without a fraction is an integer, as it is in JSON."""
    value: float = loader.construct_yaml_float(node)
    return int(value) if value.is_integer() else value


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag not in REPLACED_TAGS]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver(f"{TAG}bool", BOOL, list("yYnNtTfFoO"))
_Loader.add_implicit_resolver(f"{TAG}int", INTEGER, list("-+0123456789"))
_Loader.add_implicit_resolver(f"{TAG}float", NUMBER, list("-+.0123456789"))
_Loader.add_constructor(f"{TAG}bool", _bool)
_Loader.add_constructor(f"{TAG}float", _number)
