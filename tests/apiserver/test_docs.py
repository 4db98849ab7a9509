"""Every resource of ours that the documents show, on the real API server: none is a typo away."""

import re
from pathlib import Path

import pytest
import yaml

from tests.controlplane.plane import ControlPlane

ROOT = Path(__file__).parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
KINDS = ("VllmProvider", "VllmCatalog")
BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _manifests() -> list[tuple[str, str]]:
    result = []
    for page in PAGES:
        for number, block in enumerate(BLOCK.findall(page.read_text()), start=1):
            for document in yaml.safe_load_all(block):
                if document.get("kind") in KINDS:
                    result.append((f"{page.name} block {number}", yaml.safe_dump(document)))
    return result


def test_the_documents_show_more_than_one_of_our_resources() -> None:
    assert len(_manifests()) > 5


@pytest.mark.parametrize("manifest", [pytest.param(text, id=where) for where, text in _manifests()])
def test_a_resource_of_the_documents_is_accepted(
    control_plane: ControlPlane, namespace: str, manifest: str
) -> None:
    document = yaml.safe_load(manifest)
    if document["kind"] == "VllmProvider":
        document["metadata"]["namespace"] = namespace
    text = yaml.safe_dump(document)
    output = control_plane.kubectl(
        "apply", "--dry-run=server", "--validate=strict", "-f", "-", input=text
    )
    assert "created (server dry run)" in output
