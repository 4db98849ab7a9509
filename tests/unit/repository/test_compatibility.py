"""The comparison that holds the CRDs to docs/versioning.md sees what breaks, and nothing else."""

from typing import Any

import pytest

from tests.compatibility import RULES, Schema, breaks

FIELD: Schema = {"type": "string", "maxLength": 9, "default": "a", "enum": ["a", "b"]}


def of(name: str, node: Schema, **keywords: Any) -> Schema:
    return {"type": "object", "properties": {name: node}, **keywords}


@pytest.mark.parametrize(
    ("new", "message"),
    [
        (of("other", FIELD), ".field: is gone"),
        (of("field", FIELD | {"type": "integer"}), '.field: type is "integer", was "string"'),
        (of("field", FIELD | {"default": "b"}), '.field: default is "b", was "a"'),
        (of("field", FIELD | {"maxLength": 8}), ".field: maxLength is 8, was 9"),
        (of("field", FIELD | {"maxItems": 8}), ".field: maxItems is 8, was none"),
        (of("field", FIELD | {"minLength": 1}), ".field: minLength is 1, was none"),
        (of("field", FIELD | {"enum": ["a", "c"]}), '.field: takes "b" no more'),
        (of("field", FIELD, required=["field"]), ": requires field"),
        (of("field", FIELD | {RULES: [{"rule": "self != ''"}]}), ".field: has the rule self != ''"),
    ],
)
def test_what_breaks_an_older_object_is_seen(new: Schema, message: str) -> None:
    assert list(breaks(of("field", FIELD), new)) == [message]


def test_a_field_that_is_bound_to_some_values_for_the_first_time_is_seen() -> None:
    breaking = breaks({"type": "string"}, {"type": "string", "enum": ["a"]})
    assert list(breaking) == [': takes ["a"] only']


def test_what_is_below_lists_and_maps_is_compared_too() -> None:
    old = {"items": {"additionalProperties": FIELD}}
    new = {"items": {"additionalProperties": FIELD | {"maxLength": 8}}}
    assert list(breaks(old, new)) == ["[]{}: maxLength is 8, was 9"]


@pytest.mark.parametrize(
    "new",
    [
        of("field", FIELD, description="said otherwise"),
        of("field", FIELD | {"maxLength": 10, "enum": ["a", "b", "c"]}),
        {"type": "object", "properties": {"field": FIELD, "new": {"type": "string"}}},
    ],
)
def test_what_is_added_or_widened_breaks_nothing(new: Schema) -> None:
    assert list(breaks(of("field", FIELD), new)) == []
