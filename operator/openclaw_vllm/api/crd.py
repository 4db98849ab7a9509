"""Writes the CRD from the models of this package: `python -m openclaw_vllm.api.crd [--check]`.

A contributor's tool, run in the root of the repository. The running operator does not import it,
so PyYAML is no dependency of the operator.
"""

import argparse
import difflib
import sys
from pathlib import Path

from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.api.structural import Schema, structural

try:
    import yaml
except ImportError:  # pragma: no cover
    sys.exit("openclaw_vllm.api.crd needs PyYAML; `make install` installs it")

GROUP, VERSION = "openclaw-vllm.dev", "v1alpha1"
FILE = f"{GROUP}_vllmproviders.yaml"
FOLDERS = (Path("crds"), Path("charts/openclaw-vllm-operator/files/crds"))
HEADER = "# Generated from operator/openclaw_vllm/api by `make crds`. Do not edit.\n"

NAMES = {
    "kind": "VllmProvider",
    "listKind": "VllmProviderList",
    "plural": "vllmproviders",
    "singular": "vllmprovider",
    "shortNames": ["vllmp"],
    "categories": ["openclaw"],
}

WIDE = {"priority": 1}  # shown with `-o wide` only
COLUMNS: tuple[tuple[str, str, str, Schema], ...] = (
    ("Models", "integer", ".status.modelCount", {}),
    ("Ready", "string", '.status.conditions[?(@.type=="Ready")].status', {}),
    ("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason', {}),
    ("Primary", "string", ".status.primaryModel", WIDE),
    ("Endpoint", "string", ".status.endpoint.baseUrl", WIDE),
    ("ConfigMap", "string", ".status.configMap.name", WIDE),
    ("Age", "date", ".metadata.creationTimestamp", {}),
)


def definition() -> Schema:
    """Return the CustomResourceDefinition."""
    version = {
        "name": VERSION,
        "served": True,
        "storage": True,
        "subresources": {"status": {}},
        "additionalPrinterColumns": [
            {"name": name, "type": type_, "jsonPath": path} | wide
            for name, type_, path, wide in COLUMNS
        ],
        "schema": {"openAPIV3Schema": _resource()},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": f"{NAMES['plural']}.{GROUP}"},
        "spec": {"group": GROUP, "scope": "Namespaced", "names": NAMES, "versions": [version]},
    }


def _resource() -> Schema:
    name = {"type": "string", "maxLength": 63}  # it becomes a label's value
    # kstatus waits while observedGeneration is another generation, but not while there is none.
    status = structural(VllmProviderStatus) | {"default": {"observedGeneration": -1}}
    return {
        "description": "One vLLM server, published to OpenClaw agents as a ConfigMap.",
        "type": "object",
        "required": ["spec"],
        "properties": {
            "apiVersion": {"description": f"{GROUP}/{VERSION}", "type": "string"},
            "kind": {"description": str(NAMES["kind"]), "type": "string"},
            "metadata": {"type": "object", "properties": {"name": name}},
            "spec": structural(VllmProviderSpec),
            "status": status,
        },
    }


class _Dumper(yaml.SafeDumper):
    """Writes repeated values out: anchors save bytes, not readers."""

    def ignore_aliases(self, data: object) -> bool:
        """Never write an anchor."""
        return True


def render() -> str:
    """Return the text of the committed file."""
    return HEADER + yaml.dump(definition(), Dumper=_Dumper, sort_keys=False, width=100)


def difference(path: Path) -> str:
    """Return how the file differs from what the models say; empty when it does not."""
    committed = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = committed.splitlines(), render().splitlines()
    return "\n".join(difflib.unified_diff(*lines, str(path), "the models", lineterm=""))


def main() -> None:
    """Write the files, or say how they differ."""
    parser = argparse.ArgumentParser(prog="python -m openclaw_vllm.api.crd", description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 1 when a file would change")
    paths = [folder / FILE for folder in FOLDERS]
    if parser.parse_args().check:
        if differences := [text for path in paths if (text := difference(path))]:
            sys.exit("\n".join([*differences, "run `make crds` and commit what it writes"]))
        return
    for path in paths:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(render(), encoding="utf-8")


if __name__ == "__main__":
    main()
