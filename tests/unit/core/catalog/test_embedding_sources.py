"""Sources of a catalog without a model that chats: fresh, empty, and no reason to wait."""

from dataclasses import replace

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.observed import UserRequest
from openclaw_vllm.core.catalog.offers import Offer, offer_of_service, with_last_known_entry
from openclaw_vllm.core.catalog.plan import plan_catalog
from openclaw_vllm.core.catalog.sources import SharedService
from openclaw_vllm.core.catalog.state import CatalogState
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.status.catalog import TargetResults, summarize
from tests import builders
from tests.builders import catalogs as catalog_builders
from tests.builders import served, spec_of
from tests.builders.offers import READY, offered, team

NOW, EMBEDDER = "2026-01-01T00:00:00Z", ServedModel("bge", kind="Embedding")
EMPTY = [{**condition, "reason": "NoChatModels"} for condition in READY]


def service(*models: ServedModel) -> Offer:
    resource = team()
    memory = builders.server_state(resource, *models)
    return offer_of_service(SharedService(resource, spec_of(resource), "own"), memory.discovery)


def provider(conditions: list[dict[str, str]]) -> Offer:
    resource = team()
    wire = builders.resource(status={"conditions": conditions}).status.conditions
    return offered(
        replace(resource, status=resource.status.model_copy(update={"conditions": wire}))
    )


def conditions_by_type(*offers: Offer) -> dict[str, tuple[str, str]]:
    spec = catalog_builders.spec_of(catalog_builders.catalog())
    plan = plan_catalog(spec, offers, None)
    status = summarize(catalog_builders.catalog(), plan, TargetResults(1), NOW)
    return {one.type: (one.status, one.reason) for one in status.conditions}


@pytest.mark.parametrize(
    ("offer", "reason", "is_fresh"),
    [
        pytest.param(provider(EMPTY), "NoChatModels", True, id="a VllmProvider that embeds"),
        pytest.param(provider(READY), "", True, id="one that chats"),
        pytest.param(service(EMBEDDER), "NoChatModels", True, id="a Service that embeds"),
        pytest.param(service(), "NoModels", False, id="a Service that lists nothing"),
        pytest.param(service(*served("a")), "", True, id="one that chats, too"),
    ],
)
def test_a_source_is_fresh_where_its_list_is_right(
    offer: Offer, reason: str, *, is_fresh: bool
) -> None:
    assert (offer.reason, offer.is_fresh) == (reason, is_fresh)


def test_what_a_service_listed_before_it_embedded_is_offered_no_more() -> None:
    before, now = service(*served("a")), service(EMBEDDER)
    assert before.document is not None
    state = CatalogState(
        UserRequest("catalog-1", -1, ""), entries={before.provider_id: before.document}
    )
    assert with_last_known_entry(now, spec_of(team()), state).document is None


def test_a_catalog_of_embedders_is_ready_and_says_that_its_list_is_empty() -> None:
    conditions = conditions_by_type(service(EMBEDDER))
    assert conditions["Ready"] == ("True", Reason.NO_CHAT_MODELS)
    assert conditions["ConfigPublished"] == ("True", Reason.NO_CHAT_MODELS)
    assert conditions["SourcesReachable"] == ("True", "Succeeded")


def test_a_catalog_that_awaits_another_list_is_not_ready() -> None:
    other = replace(service(), provider_id="other", own_id="other")
    assert conditions_by_type(service(EMBEDDER), other)["Ready"] == ("False", Reason.NO_MODELS)
