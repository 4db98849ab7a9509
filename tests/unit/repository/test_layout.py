"""Holds the promises of the repository's layout that no other tool checks."""

import operator
import os
import re
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
CHART = ROOT / "charts" / "openclaw-vllm-operator" / "Chart.yaml"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\(([^)#]+)")

# In brackets, so that the patterns do not find themselves.
REGISTRIES = re.compile(
    r"[p]ypi\.org|[p]roxy\.golang\.org|[r]egistry\.npmjs\.org|[p]ythonhosted\.org"
)
# Homes in the images of OpenClaw and of openclaw-operator are of no machine.
MACHINE_PATHS = re.compile(
    r"(?<![\w.}/-])/(?:[w]ork|[r]oot|[h]ome/(?!(?:node|openclaw)\b)\w+)(?![\w.-])"
)


def committed() -> Iterator[Path]:
    """Walk the tree without what .gitignore names; git itself need not be installed."""
    ignored = {line.strip("/") for line in (ROOT / ".gitignore").read_text().split()} | {".git"}
    for folder, folders, files in os.walk(ROOT):
        folders[:] = [
            name for name in folders if name not in ignored and not name.endswith(".egg-info")
        ]
        yield from (Path(folder) / name for name in files if name not in ignored)


def mentions(pattern: re.Pattern[str]) -> list[str]:
    return [
        f"{path.relative_to(ROOT)}: {found[0]}"
        for path in committed()
        if (found := pattern.search(path.read_text(encoding="utf-8", errors="ignore")))
    ]


def test_our_folder_does_not_shadow_the_operator_module_of_python() -> None:
    assert operator.__file__ is not None
    assert Path(operator.__file__).parent == Path(sysconfig.get_path("stdlib"))
    assert operator.add(1, 2) == 3


def test_the_source_root_holds_the_package_and_nothing_else() -> None:
    found = {path.name for path in (ROOT / "operator").iterdir()} - {"__pycache__"}
    assert found == {"openclaw_vllm"}


@pytest.mark.parametrize("pattern", [REGISTRIES, MACHINE_PATHS], ids=["registry", "machine path"])
def test_no_committed_file_names_a(pattern: re.Pattern[str]) -> None:
    assert mentions(pattern) == []


@pytest.mark.parametrize(
    "text", ["https://pypi" + ".org/simple", "files.python" + "hosted.org", "proxy.golang" + ".org"]
)
def test_the_search_for_registries_finds(text: str) -> None:
    assert REGISTRIES.search(text)


@pytest.mark.parametrize("text", ["cd /" + "work/x", "'/" + "root'", "/" + "home/me/x"])
def test_the_search_for_machine_paths_finds(text: str) -> None:
    assert MACHINE_PATHS.search(text)


def test_the_chart_has_the_version_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    chart = yaml.safe_load(CHART.read_text())
    assert (chart["version"], chart["appVersion"]) == (project["version"], project["version"])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    targets = [target for target in LINK.findall(page.read_text()) if "://" not in target]
    assert [target for target in targets if not (page.parent / target).exists()] == []
