"""Catalogs that want the same ConfigMap: the older has it, and the younger says so."""

import json

import pytest

from tests.apiserver.catalogs.estate import Estate, a_second_later
from tests.apiserver.catalogs.published import VllmCatalog
from tests.apiserver.workspace import soon

NAME = {"configMapName": "openclaw-models"}
REFUSED = {"ConfigPublished": "False NotOwned", "Stalled": "True NotOwned"}


@pytest.fixture
def rivals(estate: Estate) -> tuple[VllmCatalog, VllmCatalog]:
    """Publish two under one name: the older to agents, the younger to some of them and others."""
    team = estate.team()
    estate.provider(team, "org/old", name="old")
    estate.provider(team, "org/young", name="young")
    estate.agents("both", others=estate.name)
    estate.agents("first")
    estate.namespace("second", others=estate.name)
    older = estate.catalog(estate.providers(), name="older", target=NAME)
    a_second_later(older.is_ready())
    others = {"namespaceSelector": estate.of("others"), **NAME}
    return older, estate.catalog(estate.services(), estate.providers(), name="a", target=others)


def test_the_older_has_it_and_the_younger_says_so(
    estate: Estate, rivals: tuple[VllmCatalog, VllmCatalog]
) -> None:
    older, younger = rivals
    both, first, second = (f"{estate.name}-{name}" for name in ("both", "first", "second"))
    younger.becomes(**REFUSED)
    assert (older.targets, younger.targets) == ({both, first}, {second})
    assert younger.status["targets"]["failures"][0]["namespace"] == both
    assert older.name in younger.message("Ready")
    mark = estate.plane.audit.mark()
    younger.refresh()
    older.refresh()
    younger.becomes(**REFUSED)
    older.is_ready()
    assert estate.asked_since(mark).of("configmaps").writes() == ()


def test_what_the_older_leaves_the_younger_takes(
    estate: Estate, rivals: tuple[VllmCatalog, VllmCatalog]
) -> None:
    older, younger = rivals
    both, second = (f"{estate.name}-{name}" for name in ("both", "second"))
    younger.becomes(**REFUSED)
    older.edit(target={"namespaceSelector": {"matchLabels": {"others": "nobody"}}})
    younger.spreads_to(both, second)
    younger.is_ready()
    older.edit(target={"namespaceSelector": {"matchLabels": {"others": None}}})
    soon(lambda: both in older.targets, "the older takes it back")
    younger.becomes(**REFUSED)


def test_a_deleted_catalog_leaves_its_place_to_the_younger(
    estate: Estate, rivals: tuple[VllmCatalog, VllmCatalog]
) -> None:
    older, younger = rivals
    both, second = (f"{estate.name}-{name}" for name in ("both", "second"))
    younger.becomes(**REFUSED)
    older.delete()
    older.is_gone()
    younger.spreads_to(both, second)
    younger.is_ready()


def test_two_that_are_for_other_releases_have_each_its_form_in_one_namespace(
    estate: Estate,
) -> None:
    estate.provider(estate.team(), "org/m")
    home = estate.agents()
    agents = {"allow": "Discovered"}
    forms = {"2026.6": {"model", "models"}, "2026.8.1": {"model", "modelPolicy"}}
    for number, (release, sections) in enumerate(forms.items()):
        target = {"openclaw": release}
        catalog = estate.catalog(name=f"c{number}", agents=agents, target=target)
        catalog.spreads_to(home.namespace)
        catalog.is_ready()
        assert json.loads(catalog.data["agents-defaults.json"]).keys() == sections
