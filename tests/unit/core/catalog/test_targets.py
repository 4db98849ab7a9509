"""Where a catalog publishes, and whose ConfigMap stands there."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import CATALOG, CATALOG_UID, MANAGED_BY, ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.namespace import Namespace
from openclaw_vllm.api.observed import VllmCatalog
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.catalog.targets import (
    claim_refusal,
    is_orphan,
    is_stale_target,
    manifest_of,
    newest_published,
    rivals,
    target_namespaces,
)
from openclaw_vllm.core.config.documents import Documents, compose
from openclaw_vllm.core.publication.manifest import drift
from tests.builders import catalogs as builders
from tests.builders.catalogs import AGENTS, namespace

FLEET = builders.catalog()
ON = {"openclaw": "enabled"}
Change = Callable[[ConfigMapState], ConfigMapState]


def empty() -> Documents:
    documents = compose({}, {}, None)
    assert not isinstance(documents, Problem)
    return documents


DOCUMENTS = empty()
WRITTEN = builders.published(FLEET, "agents-a", DOCUMENTS)
KEY = ObjectKey("agents-a", "fleet-openclaw")


def targets(*namespaces: Namespace, **selector: Any) -> list[str]:
    target = {"namespaceSelector": selector or AGENTS}
    catalog = builders.catalog(builders.wire_spec(target=target))
    return target_namespaces(catalog, namespaces, "operator")


def test_every_namespace_that_is_selected_and_stays_is_a_target() -> None:
    chosen = namespace("b", **ON), namespace("a", **ON)
    others = namespace("c"), Namespace("d", ON, terminating=True)
    assert targets(*others, *chosen) == ["a", "b"]


def test_labels_and_annotations_of_the_target_are_beside_ours_and_replace_none() -> None:
    extra = {"team": "a", CATALOG: "forged", CATALOG_UID: "forged", MANAGED_BY: "forged"}
    target = {"namespaceSelector": AGENTS, "labels": extra, "annotations": extra}
    catalog = builders.catalog(builders.wire_spec(target=target))
    metadata = manifest_of(catalog, "agents-a", DOCUMENTS, "")["metadata"]
    labels, annotations = metadata["labels"], metadata["annotations"]
    assert (labels["team"], annotations["team"]) == ("a", "a")
    assert (labels[CATALOG], annotations[CATALOG_UID]) == ("fleet", catalog.uid)
    assert labels[MANAGED_BY] == "openclaw-vllm-operator"


def test_those_of_kubernetes_and_our_own_have_to_be_named() -> None:
    reserved = [
        Namespace(name, {"kubernetes.io/metadata.name": name})
        for name in ("kube-system", "kube-public", "operator", "plain")
    ]
    every = [{"key": "kubernetes.io/metadata.name", "operator": "Exists"}]
    assert targets(*reserved, matchExpressions=every) == ["plain"]
    named = [
        {
            "key": "kubernetes.io/metadata.name",
            "operator": "In",
            "values": ["kube-system", "operator"],
        }
    ]
    assert targets(*reserved, matchExpressions=named) == ["kube-system", "operator"]


def test_an_empty_selector_names_no_namespace() -> None:
    catalog = builders.catalog(builders.wire_spec(target={"namespaceSelector": {}}))
    assert target_namespaces(catalog, [namespace("a", **ON)], None) == []


def rival(name: str, created: str, map_name: str = "fleet-openclaw") -> VllmCatalog:
    target = {"namespaceSelector": AGENTS, "configMapName": map_name}
    spec = builders.wire_spec(target=target)
    return builders.catalog(spec, name=name, uid=f"uid-{name}", creationTimestamp=created)


OLDER, YOUNGER = rival("older", "2025-01-01T00:00:00Z"), rival("younger", "2027-01-01T00:00:00Z")


def test_rivals_publish_under_the_same_name() -> None:
    others = [YOUNGER, FLEET, OLDER, rival("other", "2024-01-01T00:00:00Z", "elsewhere")]
    assert rivals(FLEET, others) == [OLDER, YOUNGER]


def labelled(**labels: str) -> Change:
    return lambda item: replace(item, labels={**item.labels, **labels})


def stripped(item: ConfigMapState) -> ConfigMapState:
    return replace(item, labels={}, owner=None)


def foreign(item: ConfigMapState) -> ConfigMapState:
    return replace(item, labels={}, annotations={}, owner=None)


@pytest.mark.parametrize(
    ("existing", "claimants", "reason", "message"),
    [
        pytest.param(None, [], None, "", id="there is none"),
        pytest.param(WRITTEN, [YOUNGER], None, "", id="ours, and a younger one wants it"),
        pytest.param(stripped(WRITTEN), [], None, "", id="ours without its labels"),
        pytest.param(
            labelled(**{CATALOG: "gone"})(WRITTEN), [], None, "", id="of a catalog that is gone"
        ),
        pytest.param(None, [OLDER], Reason.NOT_OWNED, "VllmCatalog older", id="an older wants it"),
        pytest.param(foreign(WRITTEN), [], Reason.NOT_OWNED, "is not ours", id="somebody's"),
        pytest.param(
            replace(WRITTEN, immutable=True), [], Reason.IMMUTABLE, "immutable", id="immutable"
        ),
    ],
)
def test_a_catalog_publishes_unless(
    existing: ConfigMapState | None,
    claimants: list[VllmCatalog],
    reason: Reason | None,
    message: str,
) -> None:
    problem = claim_refusal(FLEET, existing, claimants)
    assert (problem.reason if problem else None) is reason
    assert message in (problem.message if problem else "")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda item: replace(item, digest="sha256:other"), id="data"),
        pytest.param(lambda item: replace(item, owner=None), id="owner"),
        pytest.param(labelled(**{MANAGED_BY: "helm"}), id="a label"),
        pytest.param(
            lambda item: replace(item, annotations={**item.annotations, CATALOG_UID: "x"}),
            id="an annotation",
        ),
    ],
)
def test_damage_to_anything_of_ours_is_seen(change: Change) -> None:
    manifest = manifest_of(FLEET, "agents-a", DOCUMENTS, "patterns")
    assert not drift(labelled(more="by others")(WRITTEN), manifest)
    assert drift(change(WRITTEN), manifest)


def test_only_our_own_is_a_stray_where_it_is_not_wanted() -> None:
    assert is_stale_target(FLEET, KEY, WRITTEN, set())
    assert not is_stale_target(FLEET, KEY, WRITTEN, {KEY})
    copied = replace(WRITTEN, annotations={**WRITTEN.annotations, CATALOG_UID: "another"})
    assert not is_stale_target(FLEET, KEY, copied, set())
    assert not is_stale_target(FLEET, KEY, labelled(**{CATALOG: "other"})(WRITTEN), set())


def test_an_orphan_is_one_whose_catalog_is_gone() -> None:
    assert is_orphan(WRITTEN, {"another"})
    assert not is_orphan(WRITTEN, {"catalog-1", "another"})
    assert not is_orphan(foreign(WRITTEN), set())


def test_a_restart_learns_from_the_newest_that_is_undamaged() -> None:
    """One that was killed in the midst of a change takes back nothing that it had written."""
    old, new = (replace(WRITTEN, resource_version=version) for version in ("999", "1000"))
    cached = [(KEY, old), (KEY, new)]
    assert newest_published(FLEET, cached, {KEY.namespace}) is new


@pytest.mark.parametrize(
    ("key", "forged"),
    [
        pytest.param(KEY, {"digest": "sha256:edited"}, id="edited"),
        pytest.param(KEY, {"annotations": {CATALOG_UID: "another"}}, id="of another catalog"),
        pytest.param(KEY, {"labels": {}}, id="without our labels"),
        pytest.param(KEY, {"owner": None}, id="without our catalog as its owner"),
        pytest.param(ObjectKey(KEY.namespace, "harmless"), {}, id="of another name"),
        pytest.param(ObjectKey("elsewhere", KEY.name), {}, id="in a namespace that is no target"),
    ],
)
def test_a_restart_learns_nothing_from_what_we_would_not_have_published(
    key: ObjectKey, forged: dict[str, Any]
) -> None:
    result = replace(WRITTEN, resource_version="1001", **forged)
    assert newest_published(FLEET, [(key, result)], {KEY.namespace}) is None
