"""An object's metadata: taken and refused as kubectl and the API server of 1.37 do, measured."""

from typing import Any

import pytest

from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.commands.validate import validate
from tests.harnesses.command_line import provider

LONG = "b" * 189
ANNOTATIONS = 262_144  # bytes
OWNER = {"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u"}

ACCEPTED: dict[str, dict[str, Any]] = {
    "a name alone": {},
    "nothing": {"labels": None, "annotations": None, "ownerReferences": None},
    "an empty namespace": {"namespace": ""},
    "what kubectl prints": {
        "creationTimestamp": None,
        "deletionGracePeriodSeconds": 5,
        "deletionTimestamp": "2026-01-01T00:00:00Z",
        "generation": 1,
        "managedFields": [{"manager": "a", "fieldsV1": {"f:spec": {}}}],
        "resourceVersion": "1",
        "selfLink": "x",
        "uid": "u",
    },
    "finalizers": {"finalizers": ["example.com/a", "a"]},
    "an owner": {"ownerReferences": [OWNER, OWNER | {"controller": True}]},
    "labels without a value": {"labels": {"a": "", "b": None}, "annotations": {"a": None}},
    "a label of every character": {"labels": {"A_b.c-0": "A_b.c-0"}},
    "the longest label": {"labels": {f"{'a' * 63}.{LONG}/{'k' * 63}": "v" * 63}},
    "an annotation of any text": {"annotations": {"EXAMPLE.com/A": "a b\n"}},
    "the longest annotation": {"annotations": {"k": "v" * (ANNOTATIONS - 1)}},
}

WRITE_A_KEY = ": write at most 63 letters, digits, -, _ and ., with a letter or digit"
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"name": None}, "metadata.name: Required value"),
    ({"name": ""}, "metadata.name: Required value"),
    ({"name": "A_b"}, "metadata.name: write lower-case letters"),
    ({"name": 5}, 'metadata.name: must be of type string: "integer"'),
    ({"namespace": 7}, 'metadata.namespace: must be of type string: "integer"'),
    ({"namespace": "A"}, "metadata.namespace: write at most 63 lower-case letters"),
    ({"namespace": "a" * 64}, "metadata.namespace: write at most 63 lower-case letters"),
    ({"nmae": "x"}, 'metadata: unknown field "metadata.nmae"; did you mean name?'),
    ({"anotations": {}}, 'metadata: unknown field "metadata.anotations"; did you mean annot'),
    ({"labels": [1]}, 'metadata.labels: must be of type object: "array"'),
    ({"labels": "a"}, 'metadata.labels: must be of type object: "string"'),
    ({"labels": {"a/b": True}}, 'metadata.labels.a/b: must be of type string: "boolean"'),
    ({"labels": {"x": 1}}, 'metadata.labels.x: must be of type string: "integer"'),
    ({"labels": {"x": "a b"}}, 'metadata.labels.x: the value "a b"' + WRITE_A_KEY),
    ({"labels": {"x": "a\n"}}, r'metadata.labels.x: the value "a\n"' + WRITE_A_KEY),
    ({"labels": {"x": "-a"}}, 'metadata.labels.x: the value "-a"' + WRITE_A_KEY),
    ({"labels": {"x": "a" * 64}}, "metadata.labels.x: the value"),
    ({"labels": {"": "a"}}, 'metadata.labels: the key ""' + WRITE_A_KEY),
    ({"labels": {"a b": "a"}}, 'metadata.labels: the key "a b"' + WRITE_A_KEY),
    ({"labels": {"\u00e4": "a"}}, "metadata.labels: the key "),
    ({"labels": {"k" * 64: "a"}}, "metadata.labels: the key "),
    ({"labels": {"a/b/c": "a"}}, 'metadata.labels: the key "a/b/c"'),
    ({"labels": {"A.b/c": "a"}}, 'metadata.labels: the key "A.b/c"'),
    ({"labels": {"/c": "a"}}, 'metadata.labels: the key "/c"'),
    ({"labels": {"a/": "a"}}, 'metadata.labels: the key "a/"'),
    ({"labels": {f"{'a' * 64}.{LONG}/c": "a"}}, "metadata.labels: the key "),
    ({"annotations": {"x": 1}}, 'metadata.annotations.x: must be of type string: "integer"'),
    ({"annotations": []}, 'metadata.annotations: must be of type object: "array"'),
    ({"annotations": {"a b": "1"}}, 'metadata.annotations: the key "a b"' + WRITE_A_KEY),
    ({"annotations": {"k": "v" * ANNOTATIONS}}, "metadata.annotations: Too long: may not be"),
    ({"finalizers": 5}, 'metadata.finalizers: must be of type array: "integer"'),
    ({"finalizers": [1]}, 'metadata.finalizers[0]: must be of type string: "integer"'),
    ({"ownerReferences": 5}, 'metadata.ownerReferences: must be of type array: "integer"'),
    (
        {"ownerReferences": [{"controller": True}]},
        "metadata.ownerReferences[0].apiVersion: Required",
    ),
    ({"ownerReferences": [OWNER | {"uid": ""}]}, "metadata.ownerReferences[0].uid: should be"),
    ({"ownerReferences": [OWNER | {"bad": 1}]}, "metadata.ownerReferences[0]: unknown field"),
    ({"managedFields": 5}, 'metadata.managedFields: must be of type array: "integer"'),
    ({"generation": "a"}, 'metadata.generation: must be of type integer: "string"'),
    ({"creationTimestamp": 5}, 'metadata.creationTimestamp: must be of type string: "integer"'),
]


def validate_metadata(metadata: object) -> Any:
    return validate(provider() | {"metadata": metadata}, "default")


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_the_api_server_takes_is_taken(name: str) -> None:
    result = validate_metadata({"name": "vllm"} | ACCEPTED[name])
    assert isinstance(result, VllmProvider), result
    assert str(result.key) == "default/vllm"


@pytest.mark.parametrize(("change", "violation"), REFUSED, ids=[message for _, message in REFUSED])
def test_what_the_api_server_refuses_is_refused_with_its_place(
    change: dict[str, Any], violation: str
) -> None:
    (first, *_) = map(str, validate_metadata({"name": "vllm"} | change))
    assert first.startswith(violation)


@pytest.mark.parametrize(
    ("metadata", "violation"),
    [
        ("vllm", 'metadata: must be of type object: "string"'),
        ([], 'metadata: must be of type object: "array"'),
        (None, "metadata.name: Required value"),
        ({}, "metadata.name: Required value"),
    ],
)
def test_metadata_is_an_object_with_a_name(metadata: object, violation: str) -> None:
    assert [str(each) for each in validate_metadata(metadata)] == [violation]
