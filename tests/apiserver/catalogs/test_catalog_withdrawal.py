"""How a catalog goes: with all of its ConfigMaps, whoever is there to remove them."""

import pytest

from tests.apiserver.catalogs.estate import Estate
from tests.apiserver.catalogs.published import FINALIZER, VllmCatalog
from tests.apiserver.workspace import PROVIDERS, soon
from tests.operator_process import OperatorProcess

WAY_OUT = '{"metadata":{"finalizers":null}}'


@pytest.fixture
def catalog(estate: Estate) -> VllmCatalog:
    """Publish one model to three namespaces."""
    estate.provider(estate.team(), "org/a")
    for name in ("one", "two", "three"):
        estate.agents(name)
    created = estate.catalog()
    created.is_ready()
    assert len(created.targets) == 3
    return created


def test_a_deleted_catalog_is_withdrawn_from_every_namespace(
    estate: Estate, catalog: VllmCatalog
) -> None:
    other = estate.catalog(name="other")
    other.is_ready()
    assert catalog.read()["metadata"]["finalizers"] == [FINALIZER]
    catalog.delete()
    catalog.is_gone()
    assert len(other.targets) == 3


def test_the_catalog_alone_has_a_finalizer(estate: Estate, catalog: VllmCatalog) -> None:
    result = estate.plane.kubectl("get", f"{PROVIDERS},configmaps,namespaces", "-A", "-o", "yaml")
    assert catalog.name in result
    assert FINALIZER not in [line.strip("- ") for line in result.splitlines()]


def test_a_catalog_deleted_while_the_operator_was_away_is_withdrawn_at_its_return(
    catalog: VllmCatalog, operator: OperatorProcess
) -> None:
    operator.kill()
    catalog.delete()
    assert "deletionTimestamp" in catalog.read()["metadata"]
    assert len(catalog.targets) == 3
    operator.start()
    catalog.is_gone()


def test_the_way_out_leaves_nothing_though_the_operator_is_gone(
    catalog: VllmCatalog, operator: OperatorProcess
) -> None:
    operator.kill()
    catalog.delete()
    catalog.plane.kubectl("patch", "vllmcatalog", catalog.name, "--type=merge", "-p", WAY_OUT)
    catalog.is_gone()  # by the garbage collector
    operator.start()


def test_orphans_of_a_catalog_that_is_gone_are_removed(
    catalog: VllmCatalog, operator: OperatorProcess
) -> None:
    """The garbage collector was told to leave them."""
    operator.kill()
    catalog.delete(cascade="Orphan")
    soon(
        lambda: not any("ownerReferences" in m["metadata"] for m in catalog.config_maps().values())
    )
    catalog.plane.kubectl("patch", "vllmcatalog", catalog.name, "--type=merge", "-p", WAY_OUT)
    assert len(catalog.targets) == 3
    operator.start()
    catalog.is_gone()


def test_a_catalog_recreated_while_the_operator_was_away_has_its_own_configmaps(
    estate: Estate, catalog: VllmCatalog, operator: OperatorProcess
) -> None:
    operator.kill()
    catalog.delete(cascade="Orphan")
    catalog.plane.kubectl("patch", "vllmcatalog", catalog.name, "--type=merge", "-p", WAY_OUT)
    estate.catalog(target={"namespaceSelector": {"matchLabels": {"agents": "nobody"}}})
    operator.start()
    soon(lambda: not catalog.targets, "the old ones are removed")
    catalog.edit(target={"namespaceSelector": estate.of("agents")})
    soon(lambda: len(catalog.targets) == 3)
    uid = catalog.is_ready()["metadata"]["uid"]
    maps = catalog.config_maps().values()
    assert {item["metadata"]["ownerReferences"][0]["uid"] for item in maps} == {uid}
