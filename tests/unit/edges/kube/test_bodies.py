"""JSON is the same value however it was put together."""

import json
from typing import Any

import pytest

from openclaw_vllm.edges.kube.bodies import encode_json

CONFIG_MAP: dict[str, Any] = {
    "kind": "ConfigMap",
    "metadata": {"name": "a", "namespace": "b"},
    "data": {"models.json": '{"a": "é\U0001f600"}', "openclaw.json": "}"},
}


@pytest.mark.parametrize(
    "manifest",
    [
        CONFIG_MAP,
        CONFIG_MAP | {"data": {}},
        CONFIG_MAP | {"data": {"models.json": "another"}},
        CONFIG_MAP | {"metadata": {"name": "a", "namespace": "c"}, "immutable": True},
        {"data": {"models.json": "alone"}},
        {"metadata": {"uid": "1"}},
        {},
    ],
)
def test_json_is_the_manifest(manifest: dict[str, Any]) -> None:
    for _ in range(2):
        assert json.loads(encode_json(manifest)) == manifest
        assert json.loads(encode_json(CONFIG_MAP)) == CONFIG_MAP
