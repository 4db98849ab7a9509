"""Fewer documents than three: fewer bytes, and what was published is read from those there are."""

import json
from collections.abc import Collection
from typing import Any

import pytest

from openclaw_vllm.api.configmap import AGENTS, CONFIG, DOCUMENTS, KEYS, MODELS, digest
from openclaw_vllm.core.config.documents import (
    HEADROOM,
    MAX_BYTES,
    Documents,
    empty_documents,
    render,
    rerender,
)
from openclaw_vllm.core.config.read_back import read_models, read_primary
from openclaw_vllm.core.publication.manifest import drift
from openclaw_vllm.core.publication.ownership import manifest_of
from tests import builders
from tests.builders import CONNECTION, chosen, served

CHOICES = [[CONFIG], [MODELS], [MODELS, AGENTS], [CONFIG, AGENTS], [AGENTS, MODELS, CONFIG]]
BASE = {
    "gateway": {"mode": "local"},
    "models": {"mode": "merge", "providers": {"openai": {"baseUrl": "x", "models": []}}},
    "agents": {"defaults": {"workspace": "~/w", "models": {"openai/a": {"alias": "a"}}}},
}
choices = pytest.mark.parametrize("keys", CHOICES, ids="+".join)


def spec_with(keys: Collection[str], **fields: Any) -> Any:
    output = {"documents": list(keys)}
    return builders.wire_spec(output=output, agents={"primary": ["*"]}, **fields)


def written(keys: Collection[str], base: Any = None, count: int = 2) -> Documents:
    spec = builders.spec_of(builders.resource(spec_with(keys)))
    models = builders.models_of(spec, *served(*(f"m{n}" for n in range(count))))
    documents = render(spec, CONNECTION, models, chosen(spec, models), base)
    assert isinstance(documents, Documents), documents
    return documents


@choices
def test_each_document_is_the_same_whichever_others_are_published(keys: list[str]) -> None:
    everything, documents = written(KEYS), written(keys)
    assert documents.data == {key: everything.data[key] for key in KEYS if key in keys}
    assert documents.digest == digest(documents.data)


@choices
def test_an_annotation_names_the_documents_unless_they_are_all(keys: list[str]) -> None:
    named = written(keys).annotations.get(DOCUMENTS)
    expected = ",".join(key for key in KEYS if key in keys)
    assert named == (None if len(keys) == len(KEYS) else expected)


@choices
@pytest.mark.parametrize("base", [None, BASE], ids=["no base", "a base"])
def test_what_was_published_is_read_and_written_again_from_any(keys: list[str], base: Any) -> None:
    documents = written(keys, base)
    published = builders.published(builders.resource(spec_with(keys)), documents)
    assert published.is_unmodified
    contexts = read_models(published.models_json, "vllm").contexts
    assert [id_ for id_, _ in contexts] == ["m0", "m1"]
    if set(keys) != {MODELS}:
        assert read_primary(published.agents_json, "vllm/") == "m0"
    assert rerender(published, ["vllm"], base) == documents


@choices
def test_empty_documents_are_those_that_were_chosen(keys: list[str]) -> None:
    spec = builders.spec_of(builders.resource(spec_with(keys)))
    data = empty_documents(spec, None).data
    assert list(data) == [key for key in KEYS if key in keys]
    assert all(isinstance(json.loads(text), dict) for text in data.values())


def test_a_document_that_somebody_adds_beside_ours_is_no_drift() -> None:
    resource = builders.resource(spec_with([MODELS]))
    spec, documents = builders.spec_of(resource), written([MODELS])
    desired = manifest_of(resource, spec, documents, "")
    foreign_data = {CONFIG: "{}", "notes.txt": "mine"}
    assert not drift(builders.published(resource, documents, foreign_data), desired)
    assert drift(builders.published(resource, documents, {MODELS: "{}"}), desired)


@pytest.mark.parametrize(("before", "after"), [(KEYS, [MODELS]), ([MODELS], KEYS)])
def test_another_choice_is_drift(before: Collection[str], after: Collection[str]) -> None:
    resource = builders.resource(spec_with(after))
    desired = manifest_of(resource, builders.spec_of(resource), written(after), "")
    assert drift(builders.published(resource, written(before)), desired)


def test_fewer_documents_leave_room_for_more_models() -> None:
    """What would not fit with an indent is written without white space, long before the limit."""
    size = len(written(KEYS, count=100).data[MODELS]) // 100
    count = (MAX_BYTES - HEADROOM) // size * 9 // 10
    alone, everything = written([MODELS], count=count), written(KEYS, count=count)
    assert "\n  " in alone.data[MODELS]
    assert "\n  " not in everything.data[MODELS]


@pytest.mark.parametrize("named", ["", "nothing", ",,"])
def test_an_annotation_that_names_no_document_counts_as_none(named: str) -> None:
    resource = builders.resource(builders.wire_spec())
    published = builders.published(resource, written(KEYS), annotations={DOCUMENTS: named})
    assert published.documents == KEYS
