"""What is installed is pinned, by content, and names no registry: a mirror serves as well."""

import json
from typing import Any

import pytest

from tests.conformance import nodejs
from tests.conformance.install import PINS

VERSIONS = [
    ((20, 20, 2), False),
    ((24, 15, 9), False),
    ((24, 16, 0), True),
    ((24, 99, 0), True),
    ((25, 3, 0), False),
    ((26, 0, 9), False),
    ((26, 1, 0), True),
    ((), False),
]


@pytest.fixture(scope="module")
def packages() -> dict[str, dict[str, Any]]:
    """The packages of the lock by their place; the one without a place is ours."""
    lock = {path.name: path for path in PINS}["package-lock.json"]
    packages: dict[str, dict[str, Any]] = json.loads(lock.read_text())["packages"]
    return packages


def test_one_version_of_openclaw_is_pinned(packages: dict[str, dict[str, Any]]) -> None:
    expected = packages[""]["dependencies"]["openclaw"]
    assert packages["node_modules/openclaw"]["version"] == expected


def test_every_package_is_pinned_by_its_content_and_by_no_address(
    packages: dict[str, dict[str, Any]],
) -> None:
    bundled = {place for place, package in packages.items() if package.get("inBundle")}
    for place in packages.keys() - bundled - {""}:
        assert packages[place]["integrity"].startswith("sha512-"), place
        assert "resolved" not in packages[place], place


@pytest.mark.parametrize(("version", "enough"), VERSIONS)
def test_node_is_new_enough(version: tuple[int, ...], *, enough: bool) -> None:
    assert nodejs.supported(version) is enough


def test_the_package_asks_for_the_node_that_we_look_for(
    packages: dict[str, dict[str, Any]],
) -> None:
    assert packages["node_modules/openclaw"]["engines"]["node"] == nodejs.WANTED
