"""The commands for pipelines as tests run them: a folder with files, and their output."""

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
    named_metadata = {"name": name, "namespace": builders.NAMESPACE, **metadata}
    return {
        **KIND,
        "metadata": named_metadata,
        "spec": builders.wire_spec() if spec is None else spec,
    }


def config_map(name: str, **data: str) -> Wire:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": name, "namespace": builders.NAMESPACE},
        "data": data,
    }


def service(name: str, **ports: int) -> Wire:
    items = [{"name": port, "port": number} for port, number in ports.items()]
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": name, "namespace": builders.NAMESPACE},
        "spec": {"ports": items},
    }


@dataclass(frozen=True)
class CommandLine:
    """A folder with files, and the command line in it."""

    folder: Path

    def write_yaml(self, name: str, *objects: Wire) -> str:
        """Write objects into one YAML file; return its path."""
        return self.write(name, yaml.safe_dump_all(objects))

    def write(self, name: str, content: str | bytes) -> str:
        path = self.folder / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return str(path)

    def write_snapshot(self, *cards: Any) -> str:
        return self.write(SNAPSHOT, builders.answer(*cards))

    def run(self, *words: str, stdin: str | bytes = "", **environment: str) -> Result:
        return CliRunner().invoke(main, words, input=stdin, env=environment)

    def json(self, *words: str, **options: Any) -> Wire:
        """Run with -o json and return the report on the one VllmProvider."""
        reports: list[Wire] = json.loads(self.run(*words, "-o", "json", **options).stdout)[
            "providers"
        ]
        assert len(reports) == 1, reports
        return reports[0]


def published(data: dict[str, str], name: str = "vllm-openclaw") -> Wire:
    """The ConfigMap that holds these documents."""
    return config_map(name) | {"data": data}
