"""Where a page names the test that holds a promise, there is such a test."""

import re
from pathlib import Path

import pytest

from tests.named_tests import names_in

ROOT = Path(__file__).parents[3]
NAMED = re.compile(r"`(?:tests/)?([a-z_/]+/test_\w+\.py)::(test_\w+)`")
PAGES = [
    page for page in (*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")) if NAMED.search(page.read_text())
]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_test_that_a_page_names_exists(page: Path) -> None:
    for path, name in NAMED.findall(page.read_text()):
        assert name in names_in(ROOT / "tests" / path), path


def test_the_pages_that_promise_name_tests() -> None:
    assert {"RELEASE.md", "SECURITY.md", "versioning.md"} <= {page.name for page in PAGES}
