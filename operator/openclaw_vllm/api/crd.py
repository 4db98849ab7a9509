"""Writes the CRDs from the models of this package: `python -m openclaw_vllm.api.crd [--check]`.

A contributor's tool, run in the root of the repository. The commands for pipelines judge manifests
by the same definition; `openclaw-vllm run` does not import it.
"""

import argparse
import difflib
import sys
from dataclasses import dataclass
from pathlib import Path

import yaml
from pydantic import BaseModel

from openclaw_vllm.api.catalog import VllmCatalogSpec
from openclaw_vllm.api.catalog_status import VllmCatalogStatus
from openclaw_vllm.api.configmap import GROUP, VERSION
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.api.structural import Schema, structural

FOLDERS = (Path("crds"), Path("charts/openclaw-vllm-operator/files/crds"))
HEADER = "# Generated from operator/openclaw_vllm/api by `make crds`. Do not edit.\n"

WIDE = {"priority": 1}  # shown with `-o wide` only
READY = '.status.conditions[?(@.type=="Ready")]'
Column = tuple[str, str, str, Schema]


@dataclass(frozen=True)
class Definition:
    """What a CustomResourceDefinition is made from."""

    kind: str
    short_name: str
    scope: str
    description: str
    spec: type[BaseModel]
    status: type[BaseModel]
    columns: tuple[Column, ...]
    wide_columns: tuple[Column, ...]

    @property
    def plural(self) -> str:
        """The resource's name in paths."""
        return f"{self.kind.lower()}s"

    @property
    def file(self) -> str:
        """The name of the committed file."""
        return f"{GROUP}_{self.plural}.yaml"


PROVIDER = Definition(
    kind="VllmProvider",
    short_name="vllmp",
    scope="Namespaced",
    description="One vLLM server, published to OpenClaw agents as a ConfigMap.",
    spec=VllmProviderSpec,
    status=VllmProviderStatus,
    columns=(("Models", "integer", ".status.modelCount", {}),),
    wide_columns=(
        ("Primary", "string", ".status.primaryModel", WIDE),
        ("Endpoint", "string", ".status.endpoint.baseUrl", WIDE),
        ("ConfigMap", "string", ".status.configMap.name", WIDE),
    ),
)
CATALOG = Definition(
    kind="VllmCatalog",
    short_name="vllmcat",
    scope="Cluster",
    description="Shared vLLM servers of the cluster, published to the namespaces of agents.",
    spec=VllmCatalogSpec,
    status=VllmCatalogStatus,
    columns=(
        ("Providers", "integer", ".status.providerCount", {}),
        ("Models", "integer", ".status.modelCount", {}),
        ("Targets", "integer", ".status.targetCount", {}),
    ),
    wide_columns=(
        ("Failed", "integer", ".status.targets.failed", WIDE),
        ("Primary", "string", ".status.primaryModel", WIDE),
        ("ConfigMap", "string", ".status.configMapName", WIDE),
    ),
)
DEFINITIONS = (PROVIDER, CATALOG)


def definition(of: Definition) -> Schema:
    """Return the CustomResourceDefinition."""
    columns = (
        *of.columns,
        ("Ready", "string", f"{READY}.status", {}),
        ("Reason", "string", f"{READY}.reason", {}),
        *of.wide_columns,
        ("Age", "date", ".metadata.creationTimestamp", {}),
    )
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [
            {"name": name, "type": type_, "jsonPath": path} | wide
            for name, type_, path, wide in columns
        ],
        "schema": {"openAPIV3Schema": _resource(of)},
    }
    names = {
        "kind": of.kind,
        "listKind": f"{of.kind}List",
        "plural": of.plural,
        "singular": of.kind.lower(),
        "shortNames": [of.short_name],
        "categories": ["openclaw"],
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{of.plural}.{GROUP}"},
        "spec": {"group": GROUP, "scope": of.scope, "names": names, "versions": [version]},
    }


def _resource(of: Definition) -> Schema:
    name = {"type": "string", "maxLength": 63}  # it becomes a label's value
    # kstatus waits while observedGeneration is another generation, but not while there is none.
    status = structural(of.status) | {"default": {"observedGeneration": -1}}
    return {
        "description": of.description,
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"description": f"{GROUP}/{VERSION}", "type": "string"},
            "kind": {"description": of.kind, "type": "string"},
            "metadata": {"type": "object", "properties": {"name": name}},
            "spec": structural(of.spec),
            "status": status,
        },
    }


class _Dumper(yaml.SafeDumper):
    """Writes repeated values out: anchors save bytes, not readers."""

    def ignore_aliases(self, data: object) -> bool:
        """Never write an anchor."""
        return True


def render(of: Definition) -> str:
    """Return the text of the committed file."""
    return HEADER + yaml.dump(definition(of), Dumper=_Dumper, sort_keys=False, width=100)


def difference(path: Path, of: Definition) -> str:
    """Return how the file differs from what the models say; empty when it does not."""
    committed = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = committed.splitlines(), render(of).splitlines()
    return "\n".join(difflib.unified_diff(*lines, str(path), "the models", lineterm=""))


def main() -> None:
    """Write the files, or say how they differ."""
    parser = argparse.ArgumentParser(prog="python -m openclaw_vllm.api.crd", description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 1 when a file would change")
    files = [(folder / of.file, of) for folder in FOLDERS for of in DEFINITIONS]
    if parser.parse_args().check:
        if differences := [text for path, of in files if (text := difference(path, of))]:
            sys.exit("\n".join([*differences, "run `make crds` and commit what it writes"]))
        return
    for path, of in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(of), encoding="utf-8")


if __name__ == "__main__":
    main()
