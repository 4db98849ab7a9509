"""The examples of OpenClaw's own page on vLLM come out of a VllmProvider that says the same."""

import re
from collections.abc import Iterator
from typing import Any

import json5
import pytest

from tests.builders import Wire
from tests.conformance.install import Installation
from tests.conformance.published import publish

PAGE = "docs/providers/vllm.md"
ADDED = {"auth": "api-key"}  # without it the variable VLLM_API_KEY wins over the configured key
ADDED_TO_MODELS = {"compat": {"supportsUsageInStreaming": True}}
OPTIONAL = "timeoutSeconds"  # "Optional", as the page says; no field of ours leads to it


@pytest.fixture(scope="module")
def examples(installation: Installation) -> list[Wire]:
    """The values of `models.providers.vllm` on the page that name a server, in its order."""
    page = (installation.package / PAGE).read_text(encoding="utf-8")
    return [provider for provider in _providers(page) if "baseUrl" in provider]


def _providers(page: str) -> Iterator[Wire]:
    for block in re.findall(r"```json5\n(.*?)```", page, re.DOTALL):
        example: Any = json5.loads(block)
        yield from example.get("models", {}).get("providers", {}).values()


def provider_of(example: Wire) -> Wire:
    """Return what is published for a VllmProvider that says what the example says."""
    env = re.fullmatch(r"\$\{(.*)\}", example["apiKey"])
    assert env is not None
    spec = {"baseUrl": example["baseUrl"], "auth": {"apiKeyEnv": env[1]}}
    published = publish(spec | {"models": example["models"]})
    provider: Wire = published.models_section["providers"]["vllm"]
    return provider


def test_the_explicit_example_comes_out_field_for_field(examples: list[Wire]) -> None:
    example = {name: value for name, value in examples[0].items() if name != OPTIONAL}
    models = [{**model, **ADDED_TO_MODELS} for model in example["models"]]
    assert provider_of(examples[0]) == {**example, **ADDED, "models": models}


def test_every_example_is_part_of_what_comes_out(examples: list[Wire]) -> None:
    assert len(examples) >= 3
    for example in examples:
        own = provider_of(example)
        plain = {name: v for name, v in example.items() if name not in (OPTIONAL, "models")}
        assert plain.items() <= own.items()
        for model, published in zip(example["models"], own["models"], strict=True):
            assert model.items() <= published.items()
