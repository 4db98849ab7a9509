"""What the status says of namespaces that refuse, within what the API server takes."""

from dataclasses import replace

import pytest

from openclaw_vllm.api.catalog_status import MAX_CREDENTIALS, VllmCatalogStatus
from openclaw_vllm.api.conditions import ConditionType, Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.catalog.entries import ProviderEntry
from openclaw_vllm.core.catalog.offers import Offer
from openclaw_vllm.core.catalog.plan import plan_catalog
from openclaw_vllm.core.catalog.variables import Credential
from openclaw_vllm.core.status.catalog import TargetResults, summarize
from tests.builders import catalogs as catalog_builders

EMPTY = ProviderEntry({})
NOW = "2026-01-01T00:00:00Z"
LONG = Problem(Reason.WRITE_REFUSED, "policy " * 1000)


def status_after(spread: TargetResults) -> VllmCatalogStatus:
    catalog = catalog_builders.catalog()
    plan = plan_catalog(catalog_builders.spec_of(catalog), [], None)
    return summarize(catalog, replace(plan, problem=None), spread, NOW)


def message_of_ready(status: VllmCatalogStatus) -> str:
    conditions = {condition.type: condition for condition in status.conditions}
    return conditions[ConditionType.READY].message


def test_a_refusal_of_any_length_is_reported() -> None:
    status = status_after(TargetResults(1, (("agents-a", LONG),)))
    assert VllmCatalogStatus.model_validate(status.model_dump()) == status
    assert message_of_ready(status).startswith("not published to 1 of the namespaces; in agents-a:")


@pytest.mark.parametrize(
    ("needed", "message"),
    [
        pytest.param(150, "published to 1 namespaces", id="all are named"),
        pytest.param(
            MAX_CREDENTIALS + 1,
            "published to 1 namespaces; agents need 1001 variables, of which the status names 1000",
            id="more than are named",
        ),
    ],
)
def test_no_variable_is_left_out_in_silence(needed: int, message: str) -> None:
    catalog = catalog_builders.catalog()
    resource = catalog_builders.provider("team-a", "qwen")
    entry = ProviderEntry({}, (), (Credential("KEY"),) * needed)
    keyed = Offer("vllm", "vllm", "Service", resource, entry=entry)
    empty = plan_catalog(catalog_builders.spec_of(catalog), [], None)
    status = summarize(
        catalog, replace(empty, published=(keyed,), problem=None), TargetResults(1), NOW
    )
    assert len(status.credentials) == min(needed, MAX_CREDENTIALS)
    (published,) = [c for c in status.conditions if c.type == ConditionType.CONFIG_PUBLISHED]
    assert published.message == message


def test_a_source_that_an_older_one_bars_is_named_in_a_condition() -> None:
    catalog = catalog_builders.catalog()
    older, younger = (
        Offer("vllm", f"vllm-{team}-qwen", "VllmProvider", catalog_builders.provider(team, "qwen"))
        for team in ("team-a", "team-b")
    )
    plan = plan_catalog(catalog_builders.spec_of(catalog), [older, younger], None)
    conditions = {c.type: c for c in summarize(catalog, plan, TargetResults(1), NOW).conditions}
    assert conditions[ConditionType.SOURCES_REACHABLE].message == (
        "an older one has the id: 1 of the sources: VllmProvider team-b/qwen (vllm)"
    )


def test_a_namespace_that_keeps_what_is_to_be_removed_is_reported_but_is_no_target() -> None:
    status = status_after(
        TargetResults(2, (), (("left", Problem(Reason.WRITE_REFUSED, "denied")),))
    )
    assert status.targets is not None
    assert (status.target_count, status.targets.published, status.targets.failed) == (2, 2, 1)
    assert message_of_ready(status) == "not removed from 1 of the namespaces; in left: denied"


@pytest.mark.parametrize(
    ("reason", "entry", "reachable"),
    [
        pytest.param(Reason.NO_READY_ENDPOINTS, EMPTY, "True", id="asleep, with its list"),
        pytest.param(Reason.NO_READY_ENDPOINTS, None, "False", id="asleep before its first list"),
        pytest.param(Reason.TIMED_OUT, EMPTY, "False", id="silent"),
    ],
)
def test_a_source_that_sleeps_with_its_list_is_no_failing_one(
    reason: Reason, entry: ProviderEntry | None, reachable: str
) -> None:
    catalog = catalog_builders.catalog()
    resource = catalog_builders.provider("team-a", "qwen")
    offer = Offer("vllm", "vllm", "Service", resource, reason, entry)
    empty = plan_catalog(catalog_builders.spec_of(catalog), [], None)
    status = summarize(
        catalog, replace(empty, offers=(offer,), problem=None), TargetResults(1), NOW
    )
    conditions = {c.type: c.status for c in status.conditions}
    assert conditions[ConditionType.SOURCES_REACHABLE] == reachable
    assert status.providers[0].reason == reason
