"""Plan of what a catalog publishes: the entries of all sources in one document, or a Problem.

Ids are made unique, models counted, agents' defaults resolved over all models; the order of sources
does not change a byte.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from openclaw_vllm.api.catalog import VllmCatalogSpec
from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.catalog.offers import Json, Offer, restore_entry
from openclaw_vllm.core.catalog.state import CatalogState
from openclaw_vllm.core.config.agents import primary_of, resolve_defaults
from openclaw_vllm.core.config.agents_document import agents_document
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.config.documents import Documents, compose
from openclaw_vllm.core.discovery.models import Model
from openclaw_vllm.core.publication.last_published import LastPublished

NO_MODELS = (
    "no source lists a model: share VllmProviders or Services with the label"
    ' openclaw-vllm.dev/share: "true"'
)


@dataclass(frozen=True, slots=True)
class CatalogPlan:
    """Documents to publish, and the sources that they are made from."""

    offers: tuple[Offer, ...]  # sources that have their id, also without a list
    conflicts: tuple[Offer, ...]  # sources whose id an older one has
    published: tuple[Offer, ...] = ()  # sources whose entries the documents hold
    documents: Documents | None = None  # None if nothing new can be published
    kept: Documents | None = None  # the last published ones, which stay until then
    problem: Problem | None = None
    models: tuple[Model, ...] = ()
    primary: str = ""
    note: str = ""

    @property
    def entries(self) -> dict[str, Json]:
        """The entries in the documents, by provider id."""
        return {offer.provider_id: offer.entry for offer in self.published if offer.entry}


def plan_catalog(
    spec: VllmCatalogSpec,
    offers: Iterable[Offer],
    base: Base | Problem | None,
    sticky: str,
) -> CatalogPlan:
    """Decide what to publish; `sticky` is the reference of the previous primary model."""
    unique, conflicts = _settle_ids(offers)
    plan = CatalogPlan(unique, conflicts)
    if isinstance(base, Problem):
        return replace(plan, problem=base)
    count = sum(len(offer.models) for offer in unique)
    if count > spec.max_models:
        return replace(plan, problem=_too_many(count, spec))
    return _composed(spec, replace(plan, published=unique), base, sticky)


def plan_last_published(
    spec: VllmCatalogSpec,
    plan: CatalogPlan,
    state: CatalogState,
    base: Base | Problem | None,
    last: Documents | None,
    sticky: str,
) -> CatalogPlan:
    """Plan what stays while nothing new can be published: all of before, also for namespaces that
    come, but for the lists of sources that are shared no more. The plan's problem is still told.

    `last` are the bytes of before, if they are known.
    """
    left = tuple(_still_shared(plan, state))
    if len(left) == len(state.entries):
        return replace(plan, kept=last)
    if isinstance(base, Problem):
        return plan
    less = _composed(spec, CatalogPlan(left, (), left), base, sticky)
    if less.documents is None:
        return plan
    return replace(less, problem=plan.problem, offers=plan.offers, conflicts=plan.conflicts)


def record_plan(state: CatalogState, plan: CatalogPlan, patterns: str) -> CatalogState:
    """Record what was published, and why lists of sources are not fresh."""
    reasons = {offer.provider_id: offer.reason for offer in plan.offers}
    state = replace(state, reasons=reasons, is_restored=False)
    last = state.last_published
    if plan.documents is None:
        kept = replace(last, documents=plan.kept or last.documents)
        return replace(state, last_published=kept)
    return replace(
        state,
        last_published=LastPublished(plan.documents, plan.primary, patterns),
        entries=plan.entries,
        sources={offer.provider_id: offer.source for offer in plan.published},
    )


def _still_shared(plan: CatalogPlan, state: CatalogState) -> Iterator[Offer]:
    """Offer what was published of every source that still offers something, under its old id."""
    for id_, entry in state.entries.items():
        source = state.sources.get(id_)
        for offer in (*plan.offers, *plan.conflicts):
            if offer.source == source or (source is None and offer.provider_id == id_):
                vouched = state.last_published.documents is not None
                if (kept := restore_entry(offer, id_, entry, vouched=vouched)) is not None:
                    yield kept
                    break


def _composed(
    spec: VllmCatalogSpec, plan: CatalogPlan, base: Base | None, sticky: str
) -> CatalogPlan:
    """Render the documents of the offers to publish."""
    models = tuple(model for offer in plan.published for model in offer.models)
    primary = primary_of(spec.agents, models, sticky)
    candidates = (replace(model, parent="") for model in models)  # unknown after a restart
    defaults = resolve_defaults(spec.agents, candidates, primary)
    if isinstance(defaults, Problem):
        return replace(plan, problem=defaults)
    ordered = sorted(models, key=lambda model: model.id)
    agents = agents_document("", defaults, ordered) if spec.agents else {}
    documents = compose(plan.entries, agents, base)
    if isinstance(documents, Problem):
        return replace(plan, problem=documents)
    if not documents.fits:
        return replace(plan, problem=_too_large(documents))
    problem = None if models else Problem(Reason.NO_MODELS, NO_MODELS)
    unmatched = ", ".join(defaults.unmatched[:5])
    note = f"published; no model matches these patterns of spec.agents: {unmatched}"
    return replace(
        plan,
        documents=documents,
        problem=problem,
        models=models,
        primary=defaults.primary,
        note=note if unmatched else "",
    )


def _settle_ids(offers: Iterable[Offer]) -> tuple[tuple[Offer, ...], tuple[Offer, ...]]:
    """Return the offers with unique ids, by id, and the conflicting ones; older sources win."""
    offers_by_id: dict[str, Offer] = {}
    own_ids: set[str] = set()
    conflicts = []
    for offer in sorted(offers, key=lambda offer: offer.rank):
        if offer.provider_id in offers_by_id or offer.own_id in own_ids:
            conflicts.append(offer)
        else:
            offers_by_id[offer.provider_id] = offer
            own_ids.add(offer.own_id)
    return tuple(offers_by_id[id_] for id_ in sorted(offers_by_id)), tuple(conflicts)


def _too_large(documents: Documents) -> Problem:
    size = f"the configuration takes {documents.size} bytes, more than a ConfigMap holds"
    message = f"{size}; share fewer models, or make several catalogues"
    return Problem(Reason.TOO_LARGE, message)


def _too_many(count: int, spec: VllmCatalogSpec) -> Problem:
    advice = "narrow the selectors, or raise spec.maxModels (at most 2000)"
    message = f"{count} models are shared and at most {spec.max_models} are published; {advice}"
    return Problem(Reason.TOO_MANY_MODELS, message)
