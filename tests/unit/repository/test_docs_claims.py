"""docs/claims.md against its pages: each section and each block has a row, each row a test."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.named_tests import names_in

ROOT = Path(__file__).parents[3]
DOCS = ROOT / "docs"
NAMES = sorted(
    path.name for of in ("gitops*", "install*", "agents*") for path in DOCS.glob(f"{of}.md")
)
CLAIMS = (DOCS / "claims.md").read_text()
BLOCKS = "Blocks of the pages"
HEADING = re.compile(r"^##? (.*)$")
TEST = re.compile(r"`([a-z0-9_/]+/test_\w+\.py)::(test_\w+)`")
NOT_RUN = re.compile(r"not run: \S+( \S+){2,}")
# Where the version is pinned that the tests build or install.
PINS = {
    "Argo CD": ("tests/gitops/programs/argocd/go.mod", "argo-cd/v3 v{}"),
    "kustomize-controller": ("tests/gitops/programs/flux/go.mod", "kustomize-controller v{}"),
    "Helm 3": ("tests/gitops/programs/helm3/go.mod", "helm.sh/helm/v3 v3{}"),
    "Helm 4": ("tests/controlplane/go.mod", "helm.sh/helm/v4 v4{}"),
    "kube-apiserver": ("tests/controlplane/go.mod", "k8s.io/kubernetes v{}"),
    "kubectl": ("tests/controlplane/go.mod", "k8s.io/kubernetes v{}"),
    "cli-utils": ("tests/kstatus/go.mod", "sigs.k8s.io/cli-utils v{}"),
    "OpenClaw 2026.9": ("tests/conformance/package.json", '"openclaw": "2026.9{}"'),
    "OpenClaw 2026.6": ("tests/releases/table.py", '"2026.6{}"'),
}
PINNED = re.compile(rf"({'|'.join(PINS)}) ?((?:\.?\d+)+)")


class Claim(NamedTuple):
    """What a page says, of which tool, and the test that runs it, or why none does."""

    page: str
    section: str
    text: str
    tool: str
    test: str


class Block(NamedTuple):
    """A block of a page: its section, and its number and language there."""

    page: str
    section: str
    block: str


def tables() -> Iterator[tuple[str, list[str]]]:
    """Yield the rows of the tables of docs/claims.md, each with the heading above it."""
    heading = ""
    for line in CLAIMS.splitlines():
        if line.startswith("## "):
            heading = line.removeprefix("## ")
        elif line.startswith("| ") and not re.match(r"\| (section|page) \|", line):
            yield heading, [cell.strip() for cell in line.strip("|").split(" | ")]


ROWS = list(tables())
ALL_CLAIMS = [Claim(heading, *cells) for heading, cells in ROWS if heading != BLOCKS]
ALL_BLOCKS = {Block(*cells[:3]): cells[3] for heading, cells in ROWS if heading == BLOCKS}
TESTS = sorted({claim.test for claim in ALL_CLAIMS} | set(ALL_BLOCKS.values()))


def headings_and_blocks(page: str) -> tuple[set[str], list[Block]]:
    """Return the headings of a page, and its blocks in order."""
    headings: list[str] = []
    blocks: list[Block] = []
    is_open = False
    for line in (DOCS / page).read_text().splitlines():
        if line.startswith("```"):
            if not is_open:
                number = sum(block.section == headings[-1] for block in blocks) + 1
                language = line.removeprefix("```").split()[0]
                blocks.append(Block(page, headings[-1], f"{number}, {language}"))
            is_open = not is_open
        elif not is_open and (heading := HEADING.match(line)):
            headings.append(heading[1])
    return set(headings), blocks


def test_the_pages_are_those_of_the_table() -> None:
    assert {claim.page for claim in ALL_CLAIMS} == set(NAMES)
    assert {block.page for block in ALL_BLOCKS} == set(NAMES)


@pytest.mark.parametrize("page", NAMES)
def test_each_section_of_a_page_has_claims_and_each_claim_a_section(page: str) -> None:
    headings, _ = headings_and_blocks(page)
    assert {claim.section for claim in ALL_CLAIMS if claim.page == page} == headings


@pytest.mark.parametrize("page", NAMES)
def test_each_block_of_a_page_is_run_or_said_not_to_be(page: str) -> None:
    _, blocks = headings_and_blocks(page)
    assert [block for block in ALL_BLOCKS if block.page == page] == blocks


@pytest.mark.parametrize("cell", TESTS)
def test_a_row_names_a_test_that_exists_or_says_why_there_is_none(cell: str) -> None:
    named = TEST.fullmatch(cell)
    if named is None:
        assert NOT_RUN.fullmatch(cell), cell
        return
    path, name = named.groups()
    assert name in names_in(ROOT / "tests" / path), cell


@pytest.mark.parametrize("tool", sorted({claim.tool for claim in ALL_CLAIMS}))
def test_a_version_is_the_one_that_the_tests_have(tool: str) -> None:
    assert tool
    assert PINNED.search(tool) or not re.match(r"Argo|kustomize-c|Helm|kube-api|OpenClaw", tool)
    for name, version in PINNED.findall(tool):
        path, pin = PINS[name]
        assert pin.format(version) in (ROOT / path).read_text(), tool


def test_no_claim_stands_twice() -> None:
    assert len(set(ALL_CLAIMS)) == len(ALL_CLAIMS)
    assert len({(claim.page, claim.text) for claim in ALL_CLAIMS}) == len(ALL_CLAIMS)


def test_the_include_of_the_page_is_that_of_the_manifest() -> None:
    """The conformance tests run the manifest's."""
    (example, *_) = re.findall(
        r"(?ms)^```json5\n.*?^{\n(.*?)^}\n", (DOCS / "agents.md").read_text()
    )
    lines = [line.strip() for line in example.splitlines()]
    assert "$include" in example
    assert "\n".join(lines) in re.sub(
        r"(?m)^ +", "", (DOCS / "manifests" / "include.yaml").read_text()
    )
