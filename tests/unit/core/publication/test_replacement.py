"""A replacement keeps what others own of a ConfigMap, and of ours only what is desired."""

import json
from typing import Any

import pytest

from openclaw_vllm.api.configmap import FIELD_MANAGER
from openclaw_vllm.core.publication.replacement import replacement

Json = dict[str, Any]

OURS, THEIRS = FIELD_MANAGER, "kustomize-controller"


def owner(uid: str) -> Json:
    return {"kind": "VllmCatalog", "name": "fleet", "uid": uid, "controller": True}


def desired() -> Json:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "fleet-openclaw",
            "namespace": "agents",
            "labels": {"ours": "new"},
            "annotations": {"digest": "new"},
            "ownerReferences": [owner("uid-2")],
        },
        "data": {"openclaw.json": "new"},
    }


def entry(manager: str, **fields: Json) -> Json:
    return {"manager": manager, "operation": "Update", "fieldsV1": fields}


def metadata(*names: str, of: str) -> Json:
    return {"f:metadata": {f"f:{of}": {".": {}, **{f"f:{name}": {} for name in names}}}}


def current(*managed: Json, **metadata: Any) -> Json:
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": "fleet-openclaw",
            "namespace": "agents",
            "uid": "map-1",
            "resourceVersion": "7",
            "finalizers": ["example.com/hold"],
            "managedFields": list(managed),
            **metadata,
        },
        "data": {"openclaw.json": "old", "models.json": "old"},
        "binaryData": {"picture": "AA=="},
    }


OUR_MODELS = entry(OURS, **{"f:data": {".": {}, "f:models.json": {}}})
THEIR_MODELS = entry(THEIRS, **{"f:data": {"f:models.json": {}}})


@pytest.mark.parametrize(
    ("managed", "kept"),
    [
        pytest.param([OUR_MODELS], False, id="ours"),
        pytest.param([OUR_MODELS, {**OUR_MODELS, "operation": "Apply"}], False, id="ours twice"),
        pytest.param([THEIR_MODELS], True, id="theirs"),
        pytest.param([OUR_MODELS, THEIR_MODELS], True, id="of both"),
        pytest.param([], True, id="nobody's"),
        pytest.param([{"manager": OURS}], True, id="of an entry without fields"),
    ],
)
def test_a_key_that_is_not_desired_goes_if_only_we_own_it(
    managed: list[Json], *, kept: bool
) -> None:
    data = replacement(current(*managed), desired())["data"]
    assert data == {"openclaw.json": "new", **({"models.json": "old"} if kept else {})}


@pytest.mark.parametrize("section", ["labels", "annotations"])
def test_so_do_labels_and_annotations(section: str) -> None:
    managed = (
        entry(OURS, **metadata("of-ours", of=section)),
        entry(THEIRS, **metadata("of-theirs", of=section)),
    )
    before = {"of-ours": "a", "of-theirs": "b"}
    after = replacement(current(*managed, **{section: before}), desired())["metadata"][section]
    assert after == {"of-theirs": "b", **desired()["metadata"][section]}


def test_so_do_owners() -> None:
    """An earlier catalog of the same name would be a second controller, which is refused."""
    key = f"k:{json.dumps({'uid': 'uid-1'}, separators=(',', ':'))}"
    managed = entry(OURS, **{"f:metadata": {"f:ownerReferences": {".": {}, key: {}}}})
    theirs = {"kind": "Team", "name": "a", "uid": "uid-9"}
    before = current(managed, ownerReferences=[owner("uid-1"), theirs, owner("uid-2")])
    after = replacement(before, desired())["metadata"]["ownerReferences"]
    assert after == [theirs, owner("uid-2")]


def test_all_else_stays_with_the_version_that_makes_a_stale_write_fail() -> None:
    before = current(OUR_MODELS)
    after = replacement(before, desired())
    assert after["binaryData"] == before["binaryData"]
    for name in ("uid", "resourceVersion", "finalizers"):
        assert after["metadata"][name] == before["metadata"][name]


def test_what_is_empty_is_filled() -> None:
    bare = current()
    del bare["data"], bare["metadata"]["managedFields"]
    after = replacement(bare, desired())
    assert after["data"] == desired()["data"]
    assert after["metadata"]["labels"] == desired()["metadata"]["labels"]
