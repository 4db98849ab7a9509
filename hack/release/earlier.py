"""What is kept of a release as test data, so that every later commit is held to it."""

import re
import shutil
from pathlib import Path
from typing import Any

import yaml

from openclaw_vllm.api import crd
from openclaw_vllm.api.conditions import ConditionType, Reason
from openclaw_vllm.api.configmap import GROUP, VERSION
from openclaw_vllm.commands.run import run
from tests.apiserver import catalog_specs, provider_specs

FOLDER = Path("tests") / "data"
CHART = Path("charts") / "openclaw-vllm-operator"
LARGEST = 20_000  # characters: what is there for its size alone is made anew by its own test
ROW = re.compile(r"^\| (`[^|]+`) \|", re.MULTILINE)


def keep(root: Path, version: str) -> Path:
    """Write the folder that tests/earlier_releases.py reads for this version, and return it."""
    folder = root / FOLDER / f"v{version}"
    shutil.copytree(root / CHART, folder / "chart")
    shutil.copytree(root / "crds", folder / "crds")
    (folder / "objects").mkdir()
    for kind, specs in (
        (crd.PROVIDER, provider_specs.ACCEPTED),
        (crd.CATALOG, catalog_specs.ACCEPTED),
    ):
        manifests = [
            _manifest(kind, name, spec) for name, spec in specs.items() if len(str(spec)) < LARGEST
        ]
        text = yaml.safe_dump_all(manifests, sort_keys=False, allow_unicode=True)
        (folder / "objects" / f"{kind.plural}.yaml").write_text(text)
    (folder / "names.yaml").write_text(yaml.safe_dump(_names(root), sort_keys=False))
    return folder


def _manifest(kind: crd.Definition, name: str, spec: Any) -> dict[str, Any]:
    head = {"apiVersion": f"{GROUP}/{VERSION}", "kind": kind.kind}
    return {**head, "metadata": {"name": name}, "spec": spec}


def _names(root: Path) -> dict[str, list[str]]:
    rows = ROW.findall((root / "docs" / "metrics.md").read_text())
    return {
        "conditions": [str(each) for each in ConditionType],
        "reasons": [str(each) for each in Reason],
        "options": [option for parameter in run.params for option in parameter.opts],
        "metrics": sorted({name for row in rows for name in re.findall(r"`([a-z]+_\w+)`", row)}),
    }
