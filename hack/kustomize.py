"""Writes kustomize/ from the chart, so that the two cannot drift: `python -m hack.kustomize`.

The real Helm renders the chart once for each base. What only Helm needs is taken away: its labels,
and the pod of `helm test`. The files named kustomization.yaml of the bases are written by hand.
"""

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import yaml

from tests import rbac
from tests.apiserver.chart import Manifest, helm

FOLDER = Path(__file__).parents[1] / "kustomize"
CRDS = rbac.CHART / "files" / "crds"
NAMESPACE = "openclaw-vllm"
BASES = {"cluster": "watchNamespaces=[]", "namespaced": f'watchNamespaces=["{NAMESPACE}"]'}
HEADER = "# Rendered from the chart by `python -m hack.kustomize`. Do not edit.\n"
OF_HELM = {"helm.sh/chart", "app.kubernetes.io/managed-by"}


def files() -> dict[Path, str]:
    """Return what is to be written, by path."""
    crds = {path.name: path.read_text() for path in sorted(CRDS.glob("*.yaml"))}
    list_of_crds = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "labels": [{"pairs": {"app.kubernetes.io/name": rbac.CHART.name}}],
        "resources": list(crds),
    }
    written = {FOLDER / "crds" / name: text for name, text in crds.items()}
    written[FOLDER / "crds" / "kustomization.yaml"] = _dump(list_of_crds)
    for base, scope in BASES.items():
        written[FOLDER / base / "operator.yaml"] = _dump(*_rendered(scope))
    return written


def _rendered(scope: str) -> Iterator[Manifest]:
    options = ("--namespace", NAMESPACE, "--no-hooks", "--set-json", scope)
    text = helm(
        "template", rbac.CHART.name, str(rbac.CHART), *options, "--set", "crds.enabled=false"
    )
    for manifest in yaml.safe_load_all(text):
        _strip(manifest["metadata"])
        if manifest["kind"] == "Deployment":
            _strip(manifest["spec"]["template"]["metadata"])
        yield manifest


def _strip(metadata: Manifest) -> None:
    for name in OF_HELM:
        del metadata["labels"][name]


def _dump(*manifests: Manifest) -> str:
    return HEADER + yaml.safe_dump_all(manifests, sort_keys=False, width=100)


def differing() -> list[Path]:
    """Return the files that differ from the chart, or should not be there."""
    expected = files()
    there = {*(FOLDER / "crds").iterdir(), *FOLDER.glob("*/operator.yaml")}
    differ = {
        path for path, text in expected.items() if path not in there or path.read_text() != text
    }
    return sorted(differ | (there - expected.keys()))


def main() -> None:
    """Write the files, or say which differ."""
    parser = argparse.ArgumentParser(prog="python -m hack.kustomize", description=__doc__)
    parser.add_argument("--check", action="store_true", help="exit 1 when a file would change")
    if parser.parse_args().check:
        if paths := differing():
            sys.exit("\n".join(["These differ from the chart:", *map(str, paths)]))
        return
    for path, text in files().items():
        path.write_text(text)


if __name__ == "__main__":
    main()
