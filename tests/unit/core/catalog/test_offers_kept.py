"""What a source goes on to offer while it fails, cannot be read, or the operator was restarted."""

import json
from dataclasses import replace
from typing import Any

import pytest

from openclaw_vllm.api.catalog_status import MAX_PROVIDERS
from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import ConfigMapState, digest
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import UserRequest, VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.catalog.offers import (
    offer_of_provider,
    offer_of_service,
    with_settings,
)
from openclaw_vllm.core.catalog.offers import with_last_known_entry as remember
from openclaw_vllm.core.catalog.sources import SharedService
from openclaw_vllm.core.catalog.state import CatalogState, restore_catalog_state
from openclaw_vllm.core.catalog.variables import Credential
from openclaw_vllm.core.config.agents import ResolvedDefaults
from openclaw_vllm.core.config.agents_document import agents_document
from openclaw_vllm.core.config.documents import Documents, compose
from openclaw_vllm.core.config.read_back import read_settings
from openclaw_vllm.core.discovery.state import DiscoveryState
from tests import builders
from tests.builders import catalogs as catalog_builders
from tests.builders import served, spec_of
from tests.builders.offers import KEYED, offered, team

NO_REQUEST = UserRequest("catalog-1", -1, "")


def test_a_source_that_offers_nothing_keeps_what_was_published_last() -> None:
    resource = team()
    whole = offered(resource)
    assert whole.document is not None
    before = CatalogState(NO_REQUEST, entries={whole.provider_id: whole.document})
    nothing = offer_of_provider(resource, None, "Qualified", builders.NAMES)
    result = remember(nothing, spec_of(resource), before)
    assert (result.document, result.models) == (whole.document, whole.models)
    assert result.reason == "Pending"
    assert remember(nothing, spec_of(resource), CatalogState(NO_REQUEST)) == nothing


HOST = "vllm.team-a.svc.cluster.local"


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        pytest.param(f"http://{HOST}:8000/v1", True, id="as it was"),
        pytest.param(f"https://{HOST}:9000/v1", True, id="another port of the same server"),
        pytest.param("http://evil/v1", False, id="another host"),
        pytest.param(f"http://evil\\@{HOST}/v1", False, id="read differently by clients"),
        pytest.param(f"http://{HOST}@evil/v1", False, id="a user of that name"),
        pytest.param("http://[", False, id="no URL"),
    ],
)
def test_what_was_read_back_sends_no_key_to_another_host(url: str, *, taken: bool) -> None:
    """Any namespace may hold a ConfigMap that says it is the catalog's newest."""
    resource = team(baseUrl=None, serviceRef={"name": "vllm"}, **KEYED)
    document = offered(team(**KEYED)).document
    assert document is not None
    entries = {"vllm-team-a-qwen": {**document, "baseUrl": url}}
    nothing = offer_of_provider(resource, None, "Qualified", builders.NAMES)
    result = remember(nothing, spec_of(resource), CatalogState(NO_REQUEST, entries=entries))
    assert (result.document is not None) is taken


def test_an_id_that_is_anothers_now_brings_nothing_of_the_one_before() -> None:
    """Its owner has withdrawn the list, or it is gone."""
    gone, heir = team(), replace(team(), key=ObjectKey("team-b", "vllm"))
    whole = offered(gone, "Keep")
    assert whole.document is not None
    documents, sources = {"vllm": whole.document}, {"vllm": whole.source}
    before = CatalogState(NO_REQUEST, entries=documents, sources=sources)
    nothing = offer_of_provider(heir, None, "Keep", builders.NAMES)
    assert remember(nothing, spec_of(heir), before) == nothing


def test_a_restart_offers_what_was_published_and_repeats_its_reason() -> None:
    resource = team()
    document = offered(resource).document
    assert document is not None
    documents = compose({"vllm-team-a-qwen": document}, {}, None)
    assert not isinstance(documents, Problem)
    providers = [
        {"id": id_, "kind": "Service", "namespace": "team-a", "name": "qwen", "reason": reason}
        for id_, reason in (("vllm-team-a-qwen", ""), ("vllm-down", "TimedOut"))
    ]
    catalog = catalog_builders.catalog(status={"providers": providers})
    published = catalog_builders.published(catalog, "agents-a", documents)
    before = restore_catalog_state(catalog, published, builders.NAMES)
    for provider_id, reason, count in (
        ("vllm-team-a-qwen", "", 2),
        ("vllm-down", "TimedOut", 0),
        ("vllm-new", "Pending", 0),
    ):
        spec = builders.spec(providerId=provider_id)
        unasked = offer_of_service(SharedService(resource, spec, provider_id), None)
        offer = remember(unasked, spec, before)
        assert (offer.reason, len(offer.models)) == (reason, count)


@pytest.mark.parametrize(
    ("names", "failing", "fresh"),
    [
        pytest.param(MAX_PROVIDERS, 1, True, id="cut: all that fail are named"),
        pytest.param(MAX_PROVIDERS, MAX_PROVIDERS, False, id="cut: more may fail than are named"),
        pytest.param(MAX_PROVIDERS - 1, 0, False, id="not cut: it was not there"),
    ],
)
def test_what_is_published_and_not_named_was_fresh_if_the_status_is_cut(
    names: int, failing: int, *, fresh: bool
) -> None:
    document = offered(team()).document
    assert document is not None
    documents = compose({"vllm-unnamed": document}, {}, None)
    assert not isinstance(documents, Problem)
    where = {"kind": "Service", "namespace": "team-a", "name": "s"}
    providers = [
        {"id": f"vllm-{number}", "reason": "TimedOut" if number < failing else "", **where}
        for number in range(names)
    ]
    catalog = catalog_builders.catalog(status=catalog_builders.WELL | {"providers": providers})
    before = restore_catalog_state(
        catalog, catalog_builders.published(catalog, "agents-a", documents), builders.NAMES
    )
    source = ("Service", ObjectKey("team-a", "s"))
    assert before.is_fresh(catalog, "vllm-unnamed", source) is fresh
    assert not before.is_fresh(catalog, "vllm-0", source)  # it has no list
    assert not before.is_fresh(catalog, "vllm-new", source)


def shared(resource: VllmProvider, problem: Problem | None = None) -> SharedService:
    spec = spec_of(resource)
    return SharedService(resource, spec, spec.provider_id, problem)


def discovery_of(resource: VllmProvider, *ids: str) -> DiscoveryState:
    return builders.server_state(resource, *served(*ids)).discovery


def test_a_service_offers_what_was_learned_of_it() -> None:
    resource = team(providerId="vllm-team-a-s", **KEYED)
    offer = offer_of_service(shared(resource), discovery_of(resource, "b", "a"))
    assert offer.document is not None
    assert [model["id"] for model in offer.document["models"]] == ["a", "b"]
    assert offer.credentials == (Credential("AWS_SECRET", offer.credentials[0].secret),)
    assert offer.reason == ""


def test_a_service_that_fails_keeps_its_list_and_says_why() -> None:
    resource = team()
    memory = discovery_of(resource, "a").with_probe_failure(
        Problem(Reason.CONNECTION_FAILED, "refused")
    )
    offer = offer_of_service(shared(resource), memory)
    assert (offer.reason, len(offer.models)) == ("ConnectionFailed", 1)


UNREADABLE = Problem(Reason.INVALID_SPEC, "spec.serviceRef.port: write a port")


PARAMS = {"temperature": 0.2, "stop": ["${A}"]}


def unreadable(resource: VllmProvider, **sent: Any) -> VllmProvider:
    return replace(resource, spec=UNREADABLE, raw_spec=sent)


def forged_as(provider_id: str, resource: VllmProvider) -> ConfigMapState:
    """A ConfigMap that its team edited, with an entry of another id and a digest that fits."""
    documents = builders.documents(spec_of(resource), *served("a"))
    (entry,) = json.loads(documents.data["models.json"])["providers"].values()
    data = {**documents.data, "models.json": json.dumps({"providers": {provider_id: entry}})}
    return builders.published(resource, Documents(data, digest(data)))


@pytest.mark.parametrize(("ids", "id_"), [("Qualified", "vllm-team-a-qwen"), ("Keep", "vllm-ours")])
def test_a_provider_whose_spec_cannot_be_read_keeps_its_list_and_says_why(
    ids: str, id_: str
) -> None:
    resource = team(providerId="vllm-ours", **KEYED)
    published = builders.published(
        resource, builders.documents(spec_of(resource), *served("a", "b"))
    )
    whole = offer_of_provider(resource, published, ids, builders.NAMES)
    offer = offer_of_provider(
        unreadable(resource, providerId="vllm-ours"), published, ids, builders.NAMES
    )
    assert (offer.provider_id, offer.document) == (id_, whole.document)
    assert [model.id for model in offer.models] == [f"{id_}/a", f"{id_}/b"]
    assert (offer.reason, offer.advice) == ("InvalidSpec", UNREADABLE.message)
    assert [item.env for item in offer.credentials] == [item.env for item in whole.credentials]


@pytest.mark.parametrize("id_", ["vllm-team-b", "vllm_team_b", "openai", "a/b", "", "__proto__"])
@pytest.mark.parametrize("sent", [{"providerId": "vllm-ours"}, {"providerId": 7}, {}])
def test_a_spec_that_cannot_be_read_leaves_nobody_to_choose_an_id(
    id_: str, sent: dict[str, Any]
) -> None:
    """Else a team could take the id of another, and be sent its key."""
    resource = team(providerId="vllm-ours", **KEYED)
    published = forged_as(id_, resource)
    offer = offer_of_provider(unreadable(resource, **sent), published, "Keep", builders.NAMES)
    own = {"vllm-ours": "vllm-ours", 7: "vllm-team-a-qwen"}
    assert offer.provider_id == own.get(sent.get("providerId", ""), "vllm")
    assert offer.document is None


def test_a_spec_that_cannot_be_read_changes_no_settings_of_requests() -> None:
    resource = team(modelDefaults={"params": PARAMS})
    whole = offered(resource)
    agents = agents_document("", ResolvedDefaults(), whole.models)
    published = builders.published(
        resource, builders.documents(spec_of(resource), *served("a", "b"))
    )
    offer = offer_of_provider(unreadable(resource), published, "Qualified", builders.NAMES)
    result = with_settings(offer, read_settings(json.dumps(agents)))
    assert agents_document("", ResolvedDefaults(), result.models) == agents
    assert "$${A}" in json.dumps(agents)


def test_a_service_that_cannot_be_probed_keeps_its_list_and_says_why() -> None:
    resource = team(baseUrl=None, serviceRef={"name": "vllm"}, providerId="vllm-team-a-vllm")
    services = shared(resource)
    good = offer_of_service(services, discovery_of(resource, "a", "b"))
    assert good.document is not None
    document = {**good.document, "baseUrl": f"http://{HOST}:8000/v1"}
    before = CatalogState(NO_REQUEST, entries={good.provider_id: document})
    offer = offer_of_service(shared(resource, UNREADABLE), discovery_of(resource, "c"))
    result = remember(offer, services.spec, before)
    assert [model.id for model in result.models] == ["vllm-team-a-vllm/a", "vllm-team-a-vllm/b"]
    assert (result.reason, result.advice) == ("InvalidSpec", UNREADABLE.message)


def test_a_service_that_serves_more_than_a_source_may_says_so() -> None:
    resource = team(discovery={"maxModels": 1})
    offer = offer_of_service(shared(resource), discovery_of(resource, "a", "b"))
    assert (offer.document, offer.reason) == (None, "TooManyModels")
