"""Base models of LoRA adapters, by the words of each server's list."""

import json
from typing import Any

import pytest

from openclaw_vllm.core.discovery.models_response import parse

BASE = {"id": "qwen", "root": "/models/qwen", "parent": None, "max_model_len": 40960}


def metadata(model_id: str, context: int | None) -> dict[str, Any]:
    return {"metadata": {"model_id": model_id, "max_request_context_length": context}}


@pytest.mark.parametrize(
    ("rows", "bases"),
    [
        pytest.param(
            [BASE, {"id": "sql", "root": "/loras/sql", "parent": "qwen", "max_model_len": None}],
            ["", "qwen"],
            id="vLLM 0.32, SGLang 0.5: its id as parent",
        ),
        pytest.param(
            [BASE, {"id": "sql", "root": "/loras/sql", "parent": "/models/qwen"}],
            ["", "qwen"],
            id="its path as parent",
        ),
        pytest.param(
            [BASE, {"id": "sql", "root": "qwen", "parent": None}],
            ["", "qwen"],
            id="early vLLMs: its id as root",
        ),
        pytest.param(
            [BASE, {"id": "sql", "root": "/loras/sql", "parent": "gone"}],
            ["", "gone"],
            id="a parent that is not listed",
        ),
        pytest.param(
            [
                {"id": "qwen", **metadata("qwen", 4096)},
                {"id": "qwen:a:1", **metadata("qwen", None)},
            ],
            ["", "qwen"],
            id="Ray Serve LLM 2.4x: a suffix of its id",
        ),
        pytest.param(
            [BASE, {**BASE, "id": "alias", "root": "qwen"}], ["", ""], id="vLLM's alias of a model"
        ),
        pytest.param(
            [{"id": "qwen", "root": "qwen"}, {"id": "alias", "root": "qwen"}],
            ["", ""],
            id="KServe 0.21.0's alias, without a context",
        ),
        pytest.param(
            [{"id": "m", "root": "m", "parent": None}], [""], id="FastChat 0.2.36: itself"
        ),
        pytest.param([{"id": "m", "root": "m", "parent": "m"}], [""], id="itself as parent"),
        pytest.param(
            [BASE, {"id": "x", "root": ["qwen"], "metadata": "qwen"}], ["", ""], id="odd forms"
        ),
        pytest.param(
            [{"root": "", "max_model_len": 7}, {"id": "x"}], ["", ""], id="no id, no root"
        ),
    ],
)
def test_the_base_of_each_model_is(rows: list[dict[str, Any]], bases: list[str]) -> None:
    models = parse(json.dumps({"data": rows}).encode())
    assert isinstance(models, tuple)
    assert [model.parent for model in models] == bases
