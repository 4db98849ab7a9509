"""Holds the promises of the repository's layout that no other tool checks."""

import ast
import operator
import os
import re
import sysconfig
import tomllib
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[3]
CHART = ROOT / "charts" / "openclaw-vllm-operator" / "Chart.yaml"
UNIT, PACKAGE = ROOT / "tests" / "unit", ROOT / "operator" / "openclaw_vllm"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md")])
LINK = re.compile(r"\]\(([^)#]+)")
IMPORT = re.compile(r"^[ \t]*(?:from[ \t]+\S+[ \t]+)?import[ \t]+(?:\([^)]*\)|.*)", re.MULTILINE)

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
        f"{path.relative_to(ROOT)}: {result[0]}"
        for path in committed()
        if (result := pattern.search(path.read_text(encoding="utf-8", errors="ignore")))
    ]


def test_our_folder_does_not_shadow_the_operator_module_of_python() -> None:
    assert operator.__file__ is not None
    assert Path(operator.__file__).parent == Path(sysconfig.get_path("stdlib"))
    assert operator.add(1, 2) == 3


def test_the_source_root_holds_the_package_and_nothing_else() -> None:
    result = {path.name for path in (ROOT / "operator").iterdir()} - {"__pycache__"}
    assert result == {"openclaw_vllm"}


def imported(path: Path) -> Iterator[str]:
    """Yield the modules that a module imports, and the names that it imports from them.

    A module none of whose imports names a test module is not parsed, which would take long.
    """
    text = path.read_text()
    if not any("test_" in statement for statement in IMPORT.findall(text)):
        return
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def is_of_test_module(name: str, root: Path) -> bool:
    """Return whether a dotted name is that of a test module, or of something in one."""
    parts = name.split(".")
    return any(
        part.startswith("test_") and root.joinpath(*parts[:end], f"{part}.py").exists()
        for end, part in enumerate(parts)
    )


def imports_of_test_modules(paths: Iterable[Path], root: Path) -> list[str]:
    return [
        f"{path.relative_to(root)}: {name}"
        for path in paths
        for name in imported(path)
        if is_of_test_module(name, root)
    ]


def test_no_module_imports_a_test_module() -> None:
    paths = [*(ROOT / "tests").rglob("*.py"), *(ROOT / "hack").rglob("*.py")]
    assert imports_of_test_modules(paths, ROOT) == []


@pytest.mark.parametrize(
    "line",
    [
        pytest.param("import tests.unit.test_a", id="as a module"),
        pytest.param("from tests.unit import test_a", id="from its folder"),
        pytest.param("from tests.unit.test_a import A", id="by a name in it"),
    ],
)
def test_the_search_for_imported_test_modules_finds_one(line: str, tmp_path: Path) -> None:
    (tmp_path / "tests" / "unit").mkdir(parents=True)
    (tmp_path / "tests" / "unit" / "test_a.py").touch()
    module = tmp_path / "tests" / "module.py"
    module.write_text(line)
    assert len(imports_of_test_modules([module], tmp_path)) == 1


def test_the_folders_of_the_unit_tests_are_those_of_the_package() -> None:
    tested = {path.parent.relative_to(UNIT) for path in UNIT.rglob("test_*.py")}
    packages = {path.parent.relative_to(PACKAGE) for path in PACKAGE.rglob("__init__.py")}
    assert tested - packages == {Path("repository")}


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
