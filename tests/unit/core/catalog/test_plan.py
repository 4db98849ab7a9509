"""One document of every source's entry, or the reason to leave what is published."""

import json
from dataclasses import replace
from typing import Any

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.catalog.entries import ProviderEntry
from openclaw_vllm.core.catalog.offers import Offer, offer_of_provider
from openclaw_vllm.core.catalog.plan import CatalogPlan, plan_catalog
from openclaw_vllm.core.config.agents import hash_patterns
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.config.documents import MAX_BYTES
from openclaw_vllm.core.publication.agents_form import agents_form
from openclaw_vllm.core.publication.last_published import NOTHING_PUBLISHED, LastPublished
from tests import builders
from tests.builders import Wire, served, spec_of
from tests.builders import catalogs as catalog_builders


def offer(namespace: str, *ids: str, created: str = "2026-01-01T00:00:00Z", **spec: Any) -> Offer:
    wire = builders.wire_spec(**spec)
    resource = catalog_builders.provider(namespace, "vllm", wire, creationTimestamp=created)
    documents = builders.documents(spec_of(resource), *served(*ids))
    published = builders.published(resource, documents)
    return offer_of_provider(resource, published, "Qualified", builders.NAMES)


A, B = offer("a", "qwen", "llama"), offer("b", "qwen")


def merged(
    *offers: Offer, base: Base | Problem | None = None, sticky: str = "", **spec: Any
) -> CatalogPlan:
    catalog = catalog_builders.catalog(catalog_builders.wire_spec(**spec))
    parsed = catalog_builders.spec_of(catalog)
    before = LastPublished(None, sticky, agents_form(parsed.agents, base, None).patterns)
    return plan_catalog(parsed, offers, base, before if sticky else NOTHING_PUBLISHED)


def read(plan: CatalogPlan, key: str = "models.json") -> Any:
    assert plan.documents is not None, plan.problem
    return json.loads(plan.documents.data[key])


def test_every_source_has_its_entry_in_one_document() -> None:
    plan = merged(A, B)
    assert read(plan) == {"providers": {"vllm-a-vllm": A.document, "vllm-b-vllm": B.document}}
    agents = {"model": {"primary": "vllm-a-vllm/llama"}}
    assert read(plan, "agents-defaults.json") == agents
    assert read(plan, "openclaw.json") == {"models": read(plan), "agents": {"defaults": agents}}
    assert (plan.problem, plan.conflicts) == (None, ())


def test_the_order_of_sources_changes_no_byte() -> None:
    assert merged(A, B).documents == merged(B, A).documents


def test_two_sources_with_variables_of_one_name_are_not_both_published() -> None:
    """Agents would send the key of one to the other's server."""
    younger = replace(offer("c", "x", created="2027-01-01T00:00:00Z"), own_id=A.own_id)
    plan = merged(younger, A)
    assert (plan.offers, plan.conflicts) == ((A,), (younger,))


def test_agents_defaults_are_chosen_over_all_sources() -> None:
    agents = {
        "primary": ["vllm-b-*/qwen"],
        "fallbacks": ["*/qwen"],
        "aliases": {"big": "*/llama"},
        "allow": "Discovered",
    }
    plan = merged(A, B, agents=agents)
    assert plan.primary == "vllm-b-vllm/qwen"
    assert read(plan, "agents-defaults.json") == {
        "model": {"primary": "vllm-b-vllm/qwen", "fallbacks": ["vllm-a-vllm/qwen"]},
        "modelPolicy": {"allow": ["vllm-a-vllm/llama", "vllm-a-vllm/qwen", "vllm-b-vllm/qwen"]},
        "models": {"vllm-a-vllm/llama": {"alias": "big"}},
    }


def test_an_older_release_of_openclaw_has_the_allow_list_of_all_sources_in_its_form() -> None:
    target = {"namespaceSelector": catalog_builders.AGENTS, "openclaw": "2026.6"}
    agents = {"primary": ["*"], "allow": "Discovered"}
    plan = merged(A, B, agents=agents, target=target)
    assert read(plan, "agents-defaults.json") == {
        "model": {"primary": "vllm-a-vllm/llama"},
        "models": {"vllm-a-vllm/llama": {}, "vllm-a-vllm/qwen": {}, "vllm-b-vllm/qwen": {}},
    }
    refused = merged(A, agents={"aliases": {"big": "*/llama"}}, target=target)
    assert refused.problem is not None
    assert refused.problem.reason == Reason.INVALID_SPEC


def test_the_primary_stays_while_it_is_served() -> None:
    agents = {"primary": ["*/qwen"]}
    assert merged(A, B, agents=agents).primary == "vllm-a-vllm/qwen"
    assert merged(A, B, agents=agents, sticky="vllm-b-vllm/qwen").primary == "vllm-b-vllm/qwen"
    assert merged(A, agents=agents, sticky="vllm-b-vllm/qwen").primary == "vllm-a-vllm/qwen"


def test_a_restart_that_does_not_know_whose_adapters_they_are_changes_no_byte() -> None:
    agents = {"primary": ["*"], "fallbacks": ["*"], "aliases": {"coder": "*"}}
    parents = [replace(A.models[0], parent="base"), *A.models[1:]]
    entry = ProviderEntry(A.document or {}, tuple(parents))
    before = merged(replace(A, entry=entry), agents=agents)
    assert before.primary == A.models[1].id  # base models go before adapters
    after = merged(A, agents=agents, sticky=before.primary)
    assert (after.documents, after.primary) == (before.documents, before.primary)


def test_of_two_with_one_id_the_older_wins() -> None:
    older = offer("a", "old", created="2025-01-01T00:00:00Z")
    for offers in ((A, older), (older, A)):
        plan = merged(*offers)
        assert (plan.offers, plan.conflicts) == ((older,), (A,))
        assert [model.id for model in plan.models] == ["vllm-a-vllm/old"]


def test_without_a_model_valid_empty_documents_are_published() -> None:
    plan = merged()
    assert read(plan) == {"providers": {}}
    assert plan.problem is not None
    assert plan.problem.reason is Reason.NO_MODELS


@pytest.mark.parametrize(
    ("plan", "reason", "message"),
    [
        pytest.param(merged(A, B, maxModels=2), Reason.TOO_MANY_MODELS, "3 models", id="many"),
        pytest.param(
            merged(A, base=Problem(Reason.BASE_CONFIG_INVALID, "line 1")),
            Reason.BASE_CONFIG_INVALID,
            "line 1",
            id="base",
        ),
        pytest.param(
            merged(A, base={"models": {"providers": {"vllm-a-vllm": {}}}}),
            Reason.BASE_CONFIG_INVALID,
            "models.providers.vllm-a-vllm",
            id="base with our provider",
        ),
        pytest.param(merged(A, base={"x": "y" * MAX_BYTES}), Reason.TOO_LARGE, "bytes", id="large"),
        pytest.param(
            merged(A, agents={"aliases": {"one": "*/qwen", "two": "*/qwen"}}),
            Reason.INVALID_SPEC,
            "one and two",
            id="aliases",
        ),
    ],
)
def test_what_is_wrong_leaves_what_is_published(
    plan: CatalogPlan, reason: Reason, message: str
) -> None:
    assert plan.documents is None
    assert plan.problem is not None
    assert plan.problem.reason is reason
    assert message in plan.problem.message


def test_two_thousand_models_fit_without_white_space() -> None:
    ids = [f"org/model-{number:04}" for number in range(2000)]
    plan = merged(offer("a", *ids), maxModels=2000)
    assert plan.documents is not None
    assert plan.documents.fits
    assert "\n  " not in plan.documents.data["models.json"]
    assert len(read(plan)["providers"]["vllm-a-vllm"]["models"]) == 2000


@pytest.mark.parametrize(
    ("agents", "primary"),
    [
        pytest.param(None, None, id="nobody asks"),
        pytest.param({"fallbacks": ["*"]}, None, id="nobody asks for a primary"),
        pytest.param({"enabled": True}, "vllm-a-vllm/llama", id="enabled"),
        pytest.param({"primary": ["*/qwen"]}, "vllm-a-vllm/qwen", id="a pattern"),
    ],
)
def test_what_an_earlier_version_published_without_a_primary_stays_so_until_the_spec_asks(
    agents: Wire | None, primary: str | None
) -> None:
    fields = {"agents": agents} if agents else {}
    spec = catalog_builders.spec_of(catalog_builders.catalog(catalog_builders.wire_spec(**fields)))
    earlier = LastPublished(None, "", hash_patterns(()))
    plan = plan_catalog(spec, (A, B), None, earlier)
    assert read(plan, "agents-defaults.json").get("model", {}).get("primary") == primary
    again = plan_catalog(spec, (A, B), None, LastPublished(None, plan.primary, plan.patterns))
    assert (again.documents, again.patterns) == (plan.documents, plan.patterns)


def test_the_default_model_of_a_base_stays_in_a_catalog_too() -> None:
    model = {"primary": "other/x"}
    config = read(merged(A, base={"agents": {"defaults": {"model": model}}}), "openclaw.json")
    assert config["agents"]["defaults"]["model"] == model
