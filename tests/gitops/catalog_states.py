"""Every state that a VllmCatalog is seen in, written by our own core."""

from collections.abc import Iterator

from openclaw_vllm.api.catalog_status import VllmCatalogStatus
from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.core.catalog.entries import ProviderEntry
from openclaw_vllm.core.catalog.offers import Offer
from openclaw_vllm.core.catalog.plan import CatalogPlan, plan_catalog
from openclaw_vllm.core.status.catalog import TargetResults, invalid_status, summarize
from tests import builders
from tests.builders import Wire, served
from tests.builders import catalogs as catalog_builders
from tests.gitops.verdicts import (
    AWAITED,
    BROKEN,
    DELETED,
    HEALTHY,
    STALLED,
    State,
    because,
    default_status,
)

NOW = "2026-01-02T00:00:00Z"
REFUSED_MERGE = (Reason.INVALID_SPEC, Reason.TOO_MANY_MODELS, Reason.BASE_CONFIG_INVALID)
REFUSED_TARGET = (Reason.NOT_OWNED, Reason.CONTESTED, Reason.IMMUTABLE)
ID = "vllm-models-a"
SOURCE = catalog_builders.provider("models", "a")
ENTRIES = builders.models_of(builders.spec(), *served("a"))
FRESH = Offer(ID, ID, "VllmProvider", SOURCE, "", ProviderEntry({}, ENTRIES))
FAILING = Offer(ID, ID, "VllmProvider", SOURCE, Reason.TIMED_OUT, ProviderEntry({}, ENTRIES))
EMBEDDING = Offer(ID, ID, "VllmProvider", SOURCE, Reason.NO_CHAT_MODELS, ProviderEntry({}))
UNKNOWN = Offer(ID, ID, "VllmProvider", SOURCE, Reason.PENDING)
EVERYWHERE = TargetResults(2)


def states() -> Iterator[State]:
    """Yield every state; names say what happened."""
    new = _wire(VllmCatalogStatus.model_validate(default_status("vllmcatalogs")))
    well = _status_of(_merged(FRESH))
    yield State("a catalog, not seen yet", _object(new), AWAITED)
    yield State("a catalog, published", _object(well), HEALTHY)
    yield State("a catalog, edited since", _object(well, generation=2), AWAITED)
    yield State("a catalog, being deleted", _object(well, deletionTimestamp=NOW), DELETED)
    yield State("a catalog of nothing", _object(_status_of(_merged())), AWAITED)
    yield State("a catalog of embedders", _object(_status_of(_merged(EMBEDDING))), HEALTHY)
    yield State("a catalog before its first list", _object(_status_of(_merged(UNKNOWN))), AWAITED)
    yield State("a catalog in an outage", _object(_status_of(_merged(FAILING), well)), HEALTHY)
    yield State(
        "a catalog too large", _object(_status_of(_refused(Reason.TOO_LARGE), well)), BROKEN
    )
    for reason in REFUSED_MERGE:
        yield State(f"a catalog, {reason}", _object(_status_of(_refused(reason))), STALLED)
    for reason in REFUSED_TARGET:
        yield State(f"a catalog, {reason} in one place", _object(_spread(reason)), STALLED)
    yield State("a catalog, refused", _object(_spread(Reason.WRITE_REFUSED)), BROKEN)
    yield State("a catalog with new places", _object(_spread(Reason.PENDING)), AWAITED)
    yield State("a catalog, unreadable", _object(_unreadable({})), STALLED)
    yield State("a catalog, unreadable later", _object(_unreadable(well)), STALLED)


def _merged(*offers: Offer) -> CatalogPlan:
    return plan_catalog(catalog_builders.spec_of(catalog_builders.catalog()), offers, None)


def _refused(reason: Reason) -> CatalogPlan:
    return CatalogPlan((FRESH,), (), problem=because(reason))


def _spread(reason: Reason) -> Wire:
    """Return the status when one namespace of two was not written to."""
    return _status_of(_merged(FRESH), spread=TargetResults(1, (("team-red", because(reason)),)))


def _status_of(
    plan: CatalogPlan, before: Wire | None = None, spread: TargetResults = EVERYWHERE
) -> Wire:
    return _wire(summarize(catalog_builders.catalog(status=before), plan, spread, NOW))


def _unreadable(before: Wire) -> Wire:
    catalog = catalog_builders.catalog(status=before)
    return _wire(invalid_status(catalog, because(Reason.INVALID_SPEC), NOW))


def _wire(status: VllmCatalogStatus) -> Wire:
    return status.model_dump(mode="json", exclude_none=True)


def _object(status: Wire, **metadata: object) -> Wire:
    fields = {"name": "fleet", "uid": "catalog-1", "generation": 1, "resourceVersion": "10"}
    return {
        "apiVersion": "openclaw-vllm.dev/v1alpha1",
        "kind": "VllmCatalog",
        "metadata": {**fields, "creationTimestamp": "2026-01-01T00:00:00Z", **metadata},
        "spec": catalog_builders.wire_spec(),
        "status": status,
    }
