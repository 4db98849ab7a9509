"""Generator of the CRDs from these models: `python -m openclaw_vllm.api.crd [--check]`.

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
    """The parts of a CustomResourceDefinition that differ between our kinds."""

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
        """The name of the resource in paths."""
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
        ("Replicas", "integer", ".status.endpoint.replicas.ready", WIDE),
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


def definition(crd: Definition) -> Schema:
    """Return the CustomResourceDefinition as a manifest."""
    names = {
        "kind": crd.kind,
        "listKind": f"{crd.kind}List",
        "plural": crd.plural,
        "singular": crd.kind.lower(),
        "shortNames": [crd.short_name],
        "categories": ["openclaw"],
    }
    versions = [_build_version(crd)]
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{crd.plural}.{GROUP}"},
        "spec": {"group": GROUP, "scope": crd.scope, "names": names, "versions": versions},
    }


def _build_version(crd: Definition) -> Schema:
    columns = (
        *crd.columns,
        ("Ready", "string", f"{READY}.status", {}),
        ("Reason", "string", f"{READY}.reason", {}),
        *crd.wide_columns,
        ("Age", "date", ".metadata.creationTimestamp", {}),
    )
    return {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [
            {"name": name, "type": type_, "jsonPath": path} | wide
            for name, type_, path, wide in columns
        ],
        "schema": {"openAPIV3Schema": _build_schema(crd)},
    }


def _build_schema(crd: Definition) -> Schema:
    name = {"type": "string", "maxLength": 63}  # it becomes the value of a label
    # kstatus waits while observedGeneration is another generation, but not while there is none.
    status = structural(crd.status) | {"default": {"observedGeneration": -1}}
    return {
        "description": crd.description,
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"description": f"{GROUP}/{VERSION}", "type": "string"},
            "kind": {"description": crd.kind, "type": "string"},
            "metadata": {"type": "object", "properties": {"name": name}},
            "spec": structural(crd.spec),
            "status": status,
        },
    }


class _Dumper(yaml.SafeDumper):
    """Writes repeated values in full, since anchors are hard to read."""

    def ignore_aliases(self, data: object) -> bool:
        """Never write an anchor."""
        return True


def render(crd: Definition) -> str:
    """Return the text of the committed file."""
    return HEADER + yaml.dump(definition(crd), Dumper=_Dumper, sort_keys=False, width=100)


def difference(path: Path, rendered: str) -> str:
    """Return the unified diff from the file to what the models give; empty when they agree."""
    committed = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = committed.splitlines(), rendered.splitlines()
    return "\n".join(difflib.unified_diff(*lines, str(path), "the models", lineterm=""))


def main() -> None:
    """Write the files, or say how they differ."""
    parser = argparse.ArgumentParser(prog="python -m openclaw_vllm.api.crd", description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 1 when a file would change")
    is_check = parser.parse_args().check
    rendered = {crd.file: render(crd) for crd in DEFINITIONS}
    files = [(folder / name, text) for folder in FOLDERS for name, text in rendered.items()]
    if is_check:
        if differences := [diff for path, text in files if (diff := difference(path, text))]:
            sys.exit("\n".join([*differences, "run `make crds` and commit what it writes"]))
        return
    for path, text in files:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
