"""The page on catalogs lists the rights that the chart gives, each with its reason."""

import re
from pathlib import Path

from tests import rbac

PAGE = Path(__file__).parents[3] / "docs" / "catalog.md"
ROW = re.compile(r"^\| (Vllm\w+) \| `([a-z/]+)` \| ([a-z, ]+) \| \w.+ \|$", re.MULTILINE)
FILES = {"VllmProvider": "operator", "VllmCatalog": "catalog"}


def test_the_page_lists_every_right_with_its_reason() -> None:
    arguments = [
        (kind, resource, ", ".join(rule["verbs"]))
        for kind, name in FILES.items()
        for rule in rbac.rules(name)
        for resource in rule["resources"]
    ]
    assert ROW.findall(PAGE.read_text()) == arguments
