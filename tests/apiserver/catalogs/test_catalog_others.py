"""What others have written into a catalog's ConfigMaps stays, whatever the catalog writes."""

import pytest

from tests.apiserver.catalogs.estate import Estate
from tests.apiserver.catalogs.published import VllmCatalog
from tests.apiserver.workspace import Json, Workspace, soon

THEIRS: Json = {
    "metadata": {"labels": {"theirs": "a"}, "annotations": {"example.com/theirs": "b"}},
    "data": {"theirs.json": "{}"},
    "binaryData": {"theirs.png": "AA=="},
}
APPLY = "application/apply-patch+yaml"


@pytest.fixture
def space(estate: Estate) -> Workspace:
    return estate.agents()


@pytest.fixture
def catalog(estate: Estate, space: Workspace) -> VllmCatalog:
    """Share one model, under an annotation that the catalog asks for."""
    estate.provider(estate.team(), "org/a")
    catalog = estate.catalog(target={"annotations": {"example.com/asked": "yes"}})
    catalog.spreads_to(space.namespace)
    catalog.is_ready()
    return catalog


def keys(space: Workspace, catalog: VllmCatalog) -> set[str]:
    return set(space.get("configmaps", catalog.config_map_name)["data"])


def test_a_change_keeps_what_others_have_added_and_removes_what_is_ours_alone(
    estate: Estate, space: Workspace, catalog: VllmCatalog
) -> None:
    space.patch("configmaps", catalog.config_map_name, THEIRS)
    catalog.edit(target={"documents": ["models.json"], "annotations": {"example.com/asked": None}})
    soon(lambda: keys(space, catalog) == {"models.json", "theirs.json"}, "one document is left")
    estate.provider(estate.team("more"), "org/b")
    soon(lambda: len(catalog.providers) == 2, "the list grows")
    after = space.get("configmaps", catalog.config_map_name)
    assert keys(space, catalog) == {"models.json", "theirs.json"}
    assert after["binaryData"] == THEIRS["binaryData"]
    assert after["metadata"]["labels"]["theirs"] == "a"
    annotations = after["metadata"]["annotations"]
    assert annotations["example.com/theirs"] == "b"
    assert "example.com/asked" not in annotations


def test_what_an_earlier_version_applied_is_replaced_whole(
    estate: Estate, space: Workspace, catalog: VllmCatalog
) -> None:
    """It owned its fields by server-side apply; nobody else does."""
    name = catalog.config_map_name
    applied = space.get("configmaps", name)
    metadata = applied["metadata"]
    kept = {field: metadata[field] for field in ("name", "labels", "annotations")}
    owners = {"ownerReferences": metadata["ownerReferences"]}
    manifest = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": kept | owners}
    query = "fieldManager=openclaw-vllm-operator&force=true"
    path = f"/api/v1/namespaces/{space.namespace}/configmaps/{name}?{query}"
    body = manifest | {"data": applied["data"]}
    space.plane.admin.request("PATCH", path, body, content_type=APPLY)
    catalog.edit(target={"documents": ["models.json"]})
    soon(lambda: keys(space, catalog) == {"models.json"}, "one document is left")
    estate.provider(estate.team("more"), "org/b")
    soon(lambda: len(catalog.providers) == 2, "the list grows")
