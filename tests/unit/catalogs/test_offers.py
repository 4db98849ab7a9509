"""What a source offers, from what is published or was learned, and what stays while it fails."""

import json
from dataclasses import replace
from typing import Any

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.observed import Resource
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.catalog_memory import CatalogMemory, recall_catalog
from openclaw_vllm.core.memory import Memory
from openclaw_vllm.core.offers import Credential, Offer, offer_of_provider, offer_of_service
from openclaw_vllm.core.offers import remembered as remember
from openclaw_vllm.core.openclaw import compose
from tests import builders, catalog_builders
from tests.builders import served, spec_of

READY = [
    {
        "type": type_,
        "status": "True",
        "reason": "Succeeded",
        "message": "",
        "lastTransitionTime": "2026-01-01T00:00:00Z",
    }
    for type_ in ("Ready", "ServerReachable")
]
KEYED = {
    "auth": {"apiKeySecretRef": {"name": "key", "key": "k"}, "apiKeyEnv": "AWS_SECRET"},
    "headers": [
        {"name": "X-Static", "value": "team"},
        {
            "name": "X-Secret",
            "valueFrom": {"secretKeyRef": {"name": "header", "key": "h"}},
            "env": "OTHER",
        },
    ],
}


def team(**spec: Any) -> Resource:
    """A VllmProvider that has published two models."""
    status = {"conditions": READY}
    wire = builders.wire_spec(**spec)
    return replace(
        catalog_builders.provider("team-a", "qwen", wire),
        status=builders.resource(status=status).status,
    )


def offered(resource: Resource, ids: str = "Qualified", **changes: Any) -> Offer:
    documents = builders.documents(spec_of(resource), *served("a", "b"))
    published = builders.published(resource, documents, **changes)
    return offer_of_provider(resource, spec_of(resource), published, ids)


def test_what_is_published_is_taken_over_under_the_qualified_id() -> None:
    resource = team()
    offer = offered(resource)
    documents = builders.documents(spec_of(resource), *served("a", "b"))
    entry = json.loads(documents.data["models.json"])["providers"]["vllm"]
    assert (offer.provider_id, offer.document, offer.reason) == ("vllm-team-a-qwen", entry, "")
    assert [entry.id for entry in offer.entries] == ["vllm-team-a-qwen/a", "vllm-team-a-qwen/b"]
    assert offer.credentials == ()


@pytest.mark.parametrize(("ids", "suffix"), [("Qualified", "_TEAM_A_QWEN"), ("Keep", "_OURS")])
def test_a_team_cannot_name_the_variables_of_others(ids: str, suffix: str) -> None:
    offer = offered(team(providerId="vllm-ours", **KEYED), ids)
    assert offer.document is not None
    assert offer.document["apiKey"] == f"${{VLLM_API_KEY{suffix}}}"
    assert offer.document["headers"] == {
        "X-Secret": f"${{VLLM_HEADER_0{suffix}}}",
        "X-Static": "team",
    }
    envs = {found.env: found.secret and found.secret.name for found in offer.credentials}
    assert envs == {f"VLLM_API_KEY{suffix}": "key", f"VLLM_HEADER_0{suffix}": "header"}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"data": {"models.json": "{}"}}, id="edited"),
        pytest.param({"ownerReferences": []}, id="nobody's"),
    ],
)
def test_what_is_not_its_own_and_whole_is_not_taken_over(changes: dict[str, Any]) -> None:
    resource = team()
    if "ownerReferences" in changes:
        changes |= {"labels": {}}
    offer = offered(resource, **changes)
    assert (offer.document, offer.reason) == (None, "Pending")


def test_a_source_that_offers_nothing_keeps_what_was_published_last() -> None:
    resource = team()
    whole = offered(resource)
    assert whole.document is not None
    before = CatalogMemory("catalog-1", documents={whole.provider_id: whole.document})
    nothing = offer_of_provider(resource, spec_of(resource), None, "Qualified")
    kept = remember(nothing, spec_of(resource), before)
    assert (kept.document, kept.entries) == (whole.document, whole.entries)
    assert kept.reason == "Pending"
    assert remember(nothing, spec_of(resource), CatalogMemory("catalog-1")) == nothing


def test_a_restart_offers_what_was_published_and_says_what_was_said() -> None:
    resource = team()
    document = offered(resource).document
    assert document is not None
    documents = compose({"vllm-team-a-qwen": document}, {}, None)
    assert not isinstance(documents, Problem)
    providers = [
        {"id": id_, "kind": "Service", "namespace": "n", "name": "s", "reason": reason}
        for id_, reason in (("vllm-team-a-qwen", ""), ("vllm-down", "TimedOut"))
    ]
    catalog = catalog_builders.catalog(status={"providers": providers})
    published = catalog_builders.published(catalog, "agents-a", documents)
    before = recall_catalog(catalog, published)
    for provider_id, reason, count in (
        ("vllm-team-a-qwen", "", 2),
        ("vllm-down", "TimedOut", 0),
        ("vllm-new", "Pending", 0),
    ):
        spec = builders.spec(providerId=provider_id)
        offer = remember(offer_of_service(resource, spec, None), spec, before)
        assert (offer.reason, len(offer.entries)) == (reason, count)


def learned(resource: Resource, *ids: str) -> Memory:
    return builders.memory(resource, *served(*ids))


def test_a_service_offers_what_was_learned_of_it() -> None:
    resource = team(providerId="vllm-team-a-s", **KEYED)
    offer = offer_of_service(resource, spec_of(resource), learned(resource, "b", "a"))
    assert offer.document is not None
    assert [model["id"] for model in offer.document["models"]] == ["a", "b"]
    assert offer.credentials == (Credential("AWS_SECRET", offer.credentials[0].secret),)
    assert offer.reason == ""


def test_a_service_that_fails_keeps_its_list_and_says_why() -> None:
    resource = team()
    memory = learned(resource, "a").fail(Problem(Reason.CONNECTION_FAILED, "refused"))
    offer = offer_of_service(resource, spec_of(resource), memory)
    assert (offer.reason, len(offer.entries)) == ("ConnectionFailed", 1)
