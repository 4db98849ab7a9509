"""The commands for pipelines as tests call them: files in a folder, a runner, what it printed."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from click.testing import CliRunner, Result

from openclaw_vllm.cli import main
from tests import builders

Wire = dict[str, Any]

KIND = {"apiVersion": "openclaw-vllm.dev/v1alpha1", "kind": "VllmProvider"}
SNAPSHOT = "models.json"


def provider(spec: Wire | None = None, name: str = "vllm", **metadata: Any) -> Wire:
    """A VllmProvider as a file holds it, in the namespace of `builders` unless changed."""
    named = {"name": name, "namespace": builders.NAMESPACE, **metadata}
    return {**KIND, "metadata": named, "spec": builders.wire_spec() if spec is None else spec}


def config_map(name: str, **data: str) -> Wire:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": builders.NAMESPACE},
        "data": data,
    }


def service(name: str, **ports: int) -> Wire:
    offered = [{"name": port, "port": number} for port, number in ports.items()]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": builders.NAMESPACE},
        "spec": {"ports": offered},
    }


@dataclass(frozen=True)
class Desk:
    """A folder with files, and the command line in it."""

    folder: Path

    def put(self, name: str, *objects: Wire) -> str:
        """Write objects into one YAML file; return its path."""
        return self.write(name, yaml.safe_dump_all(objects))

    def write(self, name: str, content: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def snapshot(self, *cards: Any) -> str:
        return self.write(SNAPSHOT, builders.answer(*cards))

    def call(self, *words: str, stdin: str | bytes = "", **environment: str) -> Result:
        return CliRunner().invoke(main, words, input=stdin, env=environment)

    def json(self, *words: str, **options: Any) -> Wire:
        """Call with -o json and return what is said of the one VllmProvider."""
        found: list[Wire] = json.loads(self.call(*words, "-o", "json", **options).stdout)[
            "providers"
        ]
        assert len(found) == 1, found
        return found[0]


def published(data: dict[str, str], name: str = "vllm-openclaw") -> Wire:
    """The ConfigMap that holds these documents."""
    return config_map(name) | {"data": data}
