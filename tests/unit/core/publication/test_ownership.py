"""Whose ConfigMap it is, and whether it is as it has to be."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import DIGEST, KEYS, PRIMARY_PATTERNS, ConfigMapState, Owner
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.config.agents import hash_patterns
from openclaw_vllm.core.config.documents import Documents
from openclaw_vllm.core.publication.manifest import drift
from openclaw_vllm.core.publication.ownership import (
    claim_refusal,
    has_expected_metadata,
    manifest_of,
)
from tests import builders
from tests.builders import Wire, served, spec_of

LABELS = {"example.com/team": "a"}
NOTES = {"example.com/note": "b"}
OUTPUT: Wire = {"output": {"labels": LABELS, "annotations": NOTES}}
RESOURCE = builders.resource(builders.wire_spec(**OUTPUT), {"observedGeneration": 1})
DOCUMENTS = builders.documents(spec_of(RESOURCE), *served("a"))
PUBLISHED = builders.published(RESOURCE, DOCUMENTS)
OWNER = Owner("VllmProvider", "vllm", "uid-1")
Change = Callable[[ConfigMapState], ConfigMapState]


def claimant(name: str, uid: str, created: str) -> VllmProvider:
    spec = builders.wire_spec(output={"configMapName": "vllm-openclaw"})
    return builders.resource(spec, name=name, uid=uid, creationTimestamp=created)


OLDER = claimant("older", "uid-0", "2025-01-01T00:00:00Z")
YOUNGER = claimant("younger", "uid-2", "2027-01-01T00:00:00Z")


def owned_by(owner: Owner | None, **labels: str) -> ConfigMapState:
    return replace(PUBLISHED, owner=owner, labels={**PUBLISHED.labels, **labels})


@pytest.mark.parametrize(
    "existing",
    [
        pytest.param(None, id="there is none"),
        pytest.param(PUBLISHED, id="we own it"),
        pytest.param(owned_by(replace(OWNER, uid="uid-0")), id="an earlier one of our name did"),
        pytest.param(owned_by(None), id="it lost its owner and has our labels"),
    ],
)
def test_it_is_ours_when(existing: ConfigMapState | None) -> None:
    assert claim_refusal(RESOURCE, existing, [RESOURCE]) is None


@pytest.mark.parametrize(
    "existing",
    [
        pytest.param(replace(PUBLISHED, owner=None, labels={}), id="nobody owns it"),
        pytest.param(
            owned_by(None, **{"app.kubernetes.io/managed-by": "Helm"}), id="Helm manages it"
        ),
        pytest.param(
            owned_by(None, **{"openclaw-vllm.dev/provider": "other"}),
            id="it lost its owner and has the labels of another",
        ),
        pytest.param(
            owned_by(Owner("VllmProvider", "other", "uid-9")), id="another VllmProvider owns it"
        ),
        pytest.param(
            owned_by(Owner("Deployment", "vllm", "uid-9")), id="a Deployment of our name owns it"
        ),
    ],
)
def test_it_is_not_ours_when(existing: ConfigMapState) -> None:
    result = claim_refusal(RESOURCE, existing, [RESOURCE])
    assert result is not None
    assert result.reason == Reason.NOT_OWNED
    assert "vllm-openclaw" in result.message


def test_of_two_that_want_one_name_the_older_has_it_whoever_wrote_it() -> None:
    for existing in (None, PUBLISHED, owned_by(Owner("VllmProvider", "younger", "uid-2"))):
        assert claim_refusal(RESOURCE, existing, [RESOURCE, YOUNGER]) is None
        result = claim_refusal(YOUNGER, existing, [RESOURCE, YOUNGER])
        assert result is not None
        assert result.reason == Reason.NOT_OWNED
        assert "VllmProvider vllm," in result.message


def test_three_that_want_one_name_leave_it_to_the_oldest() -> None:
    all_of_them = [OLDER, RESOURCE, YOUNGER]
    refused = [claim_refusal(each, None, all_of_them) is not None for each in all_of_them]
    assert refused == [False, True, True]


def test_two_of_the_same_second_are_distinguished_by_uid() -> None:
    twin = claimant("twin", "uid-0", RESOURCE.created)
    assert claim_refusal(RESOURCE, None, [twin, RESOURCE]) is not None
    assert claim_refusal(twin, None, [twin, RESOURCE]) is None


def test_an_immutable_one_of_ours_is_named_as_that_and_a_foreign_one_as_foreign() -> None:
    own, foreign = (replace(m, immutable=True) for m in (PUBLISHED, owned_by(None, x="y")))
    for existing, reason in (
        (own, Reason.IMMUTABLE),
        (replace(foreign, labels={}), Reason.NOT_OWNED),
    ):
        result = claim_refusal(RESOURCE, existing, [RESOURCE])
        assert result is not None
        assert result.reason == reason


def manifest(resource: VllmProvider = RESOURCE, documents: Documents = DOCUMENTS) -> dict[str, Any]:
    patterns = builders.form_of(spec_of(resource)).patterns
    return manifest_of(resource, spec_of(resource), documents, patterns)


def test_the_manifest_says_whose_it_is() -> None:
    written = manifest()
    metadata = written["metadata"]
    assert (metadata["name"], metadata["namespace"]) == ("vllm-openclaw", "agents")
    assert metadata["labels"] == LABELS | {
        "app.kubernetes.io/managed-by": "openclaw-vllm-operator",
        "app.kubernetes.io/part-of": "openclaw-vllm",
        "openclaw-vllm.dev/provider": "vllm",
    }
    assert metadata["annotations"] == NOTES | {
        DIGEST: DOCUMENTS.digest,
        PRIMARY_PATTERNS: hash_patterns(["*"]),
    }
    (owner,) = metadata["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("VllmProvider", "uid-1", True)
    assert owner["apiVersion"] == "openclaw-vllm.dev/v1alpha1"
    assert set(written["data"]) == set(KEYS)


def test_a_user_cannot_replace_our_labels_and_annotations() -> None:
    stolen = {"openclaw-vllm.dev/provider": "x", DIGEST: "sha256:x"}
    spec = builders.wire_spec(output={"labels": stolen, "annotations": stolen})
    metadata = manifest(builders.resource(spec))["metadata"]
    assert metadata["labels"]["openclaw-vllm.dev/provider"] == "vllm"
    assert metadata["annotations"][DIGEST] == DOCUMENTS.digest


def test_no_patterns_are_recorded_where_an_earlier_version_recorded_none() -> None:
    written = manifest_of(RESOURCE, spec_of(RESOURCE), DOCUMENTS, "")
    assert PRIMARY_PATTERNS not in written["metadata"]["annotations"]


def relabelled(**labels: str) -> Change:
    return lambda m: replace(m, labels={**m.labels, **labels})


DAMAGE: dict[str, Change] = {
    "its data was edited": lambda m: replace(m, digest="sha256:0"),
    "its owner is gone": lambda m: replace(m, owner=None),
    "its owner is an earlier one": lambda m: replace(m, owner=replace(OWNER, uid="uid-0")),
    "our label was changed": relabelled(**{"openclaw-vllm.dev/provider": "x"}),
    "the user's label was changed": relabelled(**{"example.com/team": "x"}),
    "all labels are gone": lambda m: replace(m, labels={}),
    "all annotations are gone": lambda m: replace(m, annotations={}),
}


@pytest.mark.parametrize("what", DAMAGE)
def test_it_is_written_again_when(what: str) -> None:
    assert not drift(PUBLISHED, manifest())
    assert drift(DAMAGE[what](PUBLISHED), manifest())
    if what != "its data was edited":
        assert not has_expected_metadata(RESOURCE, DAMAGE[what](PUBLISHED), spec_of(RESOURCE))


def test_what_others_add_is_left_alone() -> None:
    added = replace(
        PUBLISHED,
        labels={**PUBLISHED.labels, "their/label": "x"},
        annotations={**PUBLISHED.annotations, "their/annotation": "x"},
        resource_version="999",
    )
    assert not drift(added, manifest())
    assert has_expected_metadata(RESOURCE, added, spec_of(RESOURCE))


def test_a_label_that_the_spec_gives_up_is_taken_away_by_the_edit() -> None:
    edited = builders.resource(builders.wire_spec(), {"observedGeneration": 1}, generation=2)
    assert drift(PUBLISHED, manifest(edited), prune=True)


@pytest.mark.parametrize(
    ("sent", "name"),
    [
        ({"output": {"configMapName": "chosen"}}, "chosen"),
        ({"output": {}}, "vllm-openclaw"),
        ({"output": 7}, "vllm-openclaw"),
        ({}, "vllm-openclaw"),
    ],
)
def test_a_resource_of_which_the_spec_cannot_be_read_still_has_its_configmap(
    sent: Wire, name: str
) -> None:
    wire = {**builders.wire_spec(), "output": {}, "maxModels": "?", **sent}
    unreadable = builders.resource({**wire, "discovery": 7})
    assert isinstance(unreadable.spec, Problem)
    assert unreadable.config_map.name == name
