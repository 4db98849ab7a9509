"""The page about clusters: its matrix is the Makefile's, and its minimum that of the chart."""

import re
from pathlib import Path

import pytest
import yaml

from tests import rbac
from tests.controlplane import golang, releases

ROOT = Path(__file__).parents[3]
ROW = re.compile(r"^\| (1[.]\d+)[.](\d+) \| (\d+) of (\d+) \| \d{4}-\d\d-\d\d \|", re.MULTILINE)
ROWS = ROW.findall((ROOT / "docs" / "clusters.md").read_text())
MATRIX = re.compile(r"^KUBERNETES_MATRIX = (.*)$", re.MULTILINE)


def test_the_page_has_a_row_for_each_release_of_the_matrix() -> None:
    (matrix,) = MATRIX.findall((ROOT / "Makefile").read_text())
    assert [row[0] for row in reversed(ROWS)] == matrix.split()


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[0])
def test_no_test_of_a_release_failed(row: tuple[str, str, str, str]) -> None:
    _, _, passed, run = row
    assert passed == run


def test_the_chart_asks_for_the_oldest_release_of_the_page() -> None:
    oldest = ROWS[-1][0]
    chart = yaml.safe_load((rbac.CHART / "Chart.yaml").read_text())
    assert chart["kubeVersion"] == f">={oldest}.0-0"


def test_the_newest_release_of_the_page_is_the_pinned_one() -> None:
    minor, patch, *_ = ROWS[0]
    assert golang.module_version(releases.KUBERNETES) == f"v{minor}.{patch}"
