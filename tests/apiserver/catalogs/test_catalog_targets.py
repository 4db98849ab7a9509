"""Where a catalog is published: every namespace that is selected, and no other."""

import pytest

from tests.apiserver.catalogs.estate import NAMESPACES, Estate
from tests.apiserver.catalogs.published import VllmCatalog
from tests.apiserver.workspace import Json, Workspace, soon
from tests.operator_process import NAMESPACE, OperatorProcess

WITHIN = 2.0  # seconds, on average: the machine is shared
NAME_LABEL = "kubernetes.io/metadata.name"
OWN_LABELS = {
    "app.kubernetes.io/managed-by": "openclaw-vllm-operator",
    "app.kubernetes.io/part-of": "openclaw-vllm",
}
FOREIGN: dict[str, Json] = {
    "plain": {},
    "in-the-watch": {"labels": {"app.kubernetes.io/part-of": "openclaw-vllm"}},
    "of-a-provider": {"labels": {**OWN_LABELS, "openclaw-vllm.dev/provider": "vllm"}},
}


@pytest.fixture
def catalog(estate: Estate) -> VllmCatalog:
    """Share one model."""
    estate.provider(estate.team(), "org/a")
    return estate.catalog()


def named(*names: str) -> Json:
    return {"matchExpressions": [{"key": NAME_LABEL, "operator": "In", "values": list(names)}]}


@pytest.mark.alone
def test_namespaces_that_come_and_go_are_followed_within_two_seconds(
    estate: Estate, catalog: VllmCatalog
) -> None:
    one = estate.agents("one")
    catalog.spreads_to(one.namespace)  # the operator may have started a moment ago
    taken = []
    two = estate.agents("two")
    taken.append(catalog.spreads_to(one.namespace, two.namespace))
    estate.label(one, agents="others")
    taken.append(catalog.spreads_to(two.namespace))
    estate.label(one, agents=estate.name)
    taken.append(catalog.spreads_to(one.namespace, two.namespace))
    catalog.edit(target={"namespaceSelector": named(two.namespace)})
    catalog.edit(target={"namespaceSelector": {"matchLabels": None}})
    taken.append(catalog.spreads_to(two.namespace))
    assert sum(taken) < WITHIN * len(taken), taken
    catalog.is_ready()
    assert catalog.agrees()["targetCount"] == 1


def test_a_namespace_that_goes_is_left_in_peace(
    estate: Estate, catalog: VllmCatalog, operator: OperatorProcess
) -> None:
    """It stays for a while, because something in it has a finalizer."""
    stays, goes = estate.agents("stays"), estate.agents("goes")
    catalog.spreads_to(stays.namespace, goes.namespace)
    metadata = {"name": "held", "finalizers": ["example.com/hold"]}
    goes.create("configmaps", {"metadata": metadata})
    mark = estate.plane.audit.mark()
    estate.plane.admin.request("DELETE", f"{NAMESPACES}/{goes.namespace}")
    catalog.spreads_to(stays.namespace)
    catalog.refresh()
    catalog.is_ready()
    assert catalog.agrees()["targetCount"] == 1
    writes = goes.asked_since(mark).writes().of("configmaps", namespace=goes.namespace)
    assert len(writes) <= 2  # one of each reconcile that did not know yet
    goes.patch("configmaps", "held", {"metadata": {"finalizers": None}})
    estate.plane.admin.request("POST", NAMESPACES, namespace_named("back", estate))
    catalog.spreads_to(stays.namespace, f"{estate.name}-back")
    estate.plane.admin.request("DELETE", f"{NAMESPACES}/{estate.name}-back")
    assert operator.runs


def namespace_named(name: str, estate: Estate) -> Json:
    metadata = {"name": f"{estate.name}-{name}", "labels": {"agents": estate.name}}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def test_a_selector_that_matches_everything_leaves_the_systems_namespaces_out(
    estate: Estate,
) -> None:
    estate.provider(estate.team(), "org/a")
    home = estate.agents().namespace
    everything = {"matchExpressions": [{"key": NAME_LABEL, "operator": "Exists"}]}
    catalog = estate.catalog(target={"namespaceSelector": everything})
    soon(lambda: {home, "default"} <= catalog.targets)
    catalog.is_ready()
    reserved = {name for name in catalog.targets if name.startswith("kube-")}
    assert reserved | ({NAMESPACE} & catalog.targets) == set()
    catalog.edit(target={"namespaceSelector": named("kube-public", NAMESPACE)})
    catalog.spreads_to("kube-public", NAMESPACE)


@pytest.mark.parametrize("kind", FOREIGN)
def test_a_foreign_configmap_is_never_touched_and_holds_up_no_other(
    kind: str, estate: Estate
) -> None:
    estate.provider(estate.team(), "org/a")
    other, own = estate.agents("theirs"), estate.agents("ours")
    metadata = {"name": "openclaw-models", **FOREIGN[kind]}
    before = other.create("configmaps", {"metadata": metadata, "data": {"openclaw.json": "{}"}})
    catalog = estate.catalog(target={"configMapName": "openclaw-models"})
    catalog.becomes(ConfigPublished="False NotOwned", Stalled="True NotOwned")
    catalog.spreads_to(own.namespace)
    targets = catalog.status["targets"]
    assert (targets["published"], targets["failed"]) == (1, 1)
    assert targets["failures"][0]["namespace"] == other.namespace
    assert targets["failures"][0]["reason"] == "NotOwned"
    assert other.namespace in catalog.message("Ready")
    assert other.get("configmaps", "openclaw-models") == before
    other.delete("configmaps", "openclaw-models")
    catalog.refresh()
    catalog.spreads_to(own.namespace, other.namespace)
    catalog.is_ready()


@pytest.mark.parametrize(
    "damage",
    [
        {"data": {"openclaw.json": "{}"}},
        {"data": {"models.json": None}},
        {"data": None},
        {"metadata": {"labels": None}},
        {"metadata": {"labels": {"openclaw-vllm.dev/catalog": "other"}}},
        {"metadata": {"annotations": None}},
        {"metadata": {"ownerReferences": None}},
    ],
    ids=str,
)
def test_damage_is_repaired(estate: Estate, catalog: VllmCatalog, damage: Json) -> None:
    spaces = [estate.agents("one"), estate.agents("two")]
    catalog.spreads_to(*(space.namespace for space in spaces))
    catalog.is_ready()
    before = [essence(space, catalog) for space in spaces]
    for space in spaces:
        space.patch("configmaps", catalog.config_map_name, damage)
    soon(lambda: [essence(space, catalog) for space in spaces] == before, "it is repaired")


def test_a_deleted_configmap_comes_back(estate: Estate, catalog: VllmCatalog) -> None:
    space = estate.agents()
    catalog.spreads_to(space.namespace)
    before = essence(space, catalog)
    space.delete("configmaps", catalog.config_map_name)
    soon(lambda: essence(space, catalog) == before, "it is made anew")


def essence(space: Workspace, catalog: VllmCatalog) -> Json:
    """Return all of a ConfigMap that is ours."""
    result = space.find("configmaps", catalog.config_map_name)
    if result is None:
        return {}
    fields = ("labels", "annotations", "ownerReferences")
    return {"data": result.get("data")} | {key: result["metadata"].get(key) for key in fields}
