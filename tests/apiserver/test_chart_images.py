"""The images that the chart pulls, as docs/clusters.md lists them for who mirrors them."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apiserver import documented
from tests.apiserver.chart import EVERYTHING, render
from tests.apiserver.documented import DOCS

pytestmark = pytest.mark.timeout(300)  # the first test may find Helm still to be built

SECTION = ("clusters.md", "Without the internet")
ROW = re.compile(r"^\| `(\S+)` \| `image[.]repository`", re.MULTILINE)
MIRROR = "registry.example.com/openclaw-vllm-operator"


def images(manifest: Any) -> Iterator[str]:
    """Yield what stands under the key `image` anywhere in a manifest."""
    if isinstance(manifest, dict):
        for name, value in manifest.items():
            yield from [value] if name == "image" and isinstance(value, str) else images(value)
    elif isinstance(manifest, list):
        for item in manifest:
            yield from images(item)


@pytest.mark.parametrize("values", [(), EVERYTHING], ids=["default", "everything"])
def test_the_page_lists_every_image_of_the_chart(values: tuple[str, ...]) -> None:
    rendered = render(*values)
    result = list(images(list(rendered.manifests)))
    assert len(result) == len(rendered.of("Deployment", "Pod"))
    assert sorted(set(result)) == ROW.findall((DOCS / SECTION[0]).read_text())


@pytest.mark.parametrize("values", [(), EVERYTHING], ids=["default", "everything"])
def test_one_value_and_one_secret_lead_every_pod_to_a_mirror(values: tuple[str, ...]) -> None:
    secret = [{"name": "mirror"}]
    rendered = render(
        *values, f'image.repository="{MIRROR}"', 'imagePullSecrets=[{"name":"mirror"}]'
    )
    assert {image.partition(":")[0] for image in images(list(rendered.manifests))} == {MIRROR}
    for pod in [rendered.pod, *rendered.of("Pod")]:
        assert pod["spec"]["imagePullSecrets"] == secret


def test_the_command_of_the_page_prints_every_image(tmp_path: Path) -> None:
    (block,) = documented.blocks(*SECTION, language="console")
    command, _, printed = block.removeprefix("$ ").partition("\n")
    assert documented.run(command, tmp_path / "none", tmp_path) == printed
