"""Equal sections and texts of objects are kept once."""

import json
from typing import Any

from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.provider import VllmProviderSpec

SPEC = {
    "baseUrl": "http://vllm:8000/v1",
    "discovery": {"interval": "30s", "include": ["org/*"]},
    "modelDefaults": {"maxTokens": 4096},
    "agents": {"aliases": {"coder": "org/coder"}},
    "output": {"labels": {"example.com/team": "a"}},
}
SECTIONS = ("discovery", "model_defaults", "agents", "output")


def read_spec(**changes: Any) -> VllmProviderSpec:
    """Read a spec of its own, as from another object on the wire."""
    return VllmProviderSpec.model_validate(json.loads(json.dumps(SPEC | changes)))


def test_objects_with_equal_sections_share_them() -> None:
    first, second = read_spec(), read_spec(baseUrl="http://other:8000/v1")
    assert first != second
    for section in SECTIONS:
        assert getattr(first, section) is getattr(second, section)


def test_a_section_with_another_value_is_another() -> None:
    first, second = read_spec(), read_spec(output={"labels": {"example.com/team": "b"}})
    assert (first.output.labels, second.output.labels) == (
        {"example.com/team": "a"},
        {"example.com/team": "b"},
    )


def test_a_section_that_leaves_a_default_out_is_not_replaced_by_one_that_writes_it() -> None:
    writes = read_spec(discovery={"interval": "30s", "timeout": "5s"})
    leaves_out = read_spec(discovery={"interval": "30s"})
    assert writes.discovery == leaves_out.discovery
    assert leaves_out.discovery.model_fields_set == {"interval"}


def test_the_texts_of_conditions_are_shared() -> None:
    def read_object(name: str) -> VllmProvider:
        condition = {"type": "Ready", "status": "True", "reason": "Succeeded"}
        texts = {"message": "agents can use it", "lastTransitionTime": "2026-01-01T00:00:00Z"}
        metadata = {
            "name": name,
            "uid": name,
            "generation": 1,
            "resourceVersion": "1",
            "creationTimestamp": "2026-01-01T00:00:00Z",
        }
        item = {"metadata": metadata, "status": {"conditions": [condition | texts]}}
        return VllmProvider.read(json.loads(json.dumps(item)))

    (first,), (second,) = (read_object(name).status.conditions for name in ("a", "b"))
    assert first is not second
    assert first.message is second.message
    assert first.last_transition_time is second.last_transition_time
