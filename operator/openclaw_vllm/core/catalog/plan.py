"""Plan of what a catalog publishes: the entries of all sources in one document, or a Problem.

Ids are made unique, models counted, agents' defaults resolved over all models; the order of sources
does not change a byte.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from openclaw_vllm.api.catalog import VllmCatalogSpec
from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.catalog.entries import Json
from openclaw_vllm.core.catalog.offers import Offer, restore_entry
from openclaw_vllm.core.catalog.state import CatalogState
from openclaw_vllm.core.config.agents import ResolvedDefaults, primary_of, resolve_defaults
from openclaw_vllm.core.config.agents_document import agents_document
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.config.documents import Documents, compose
from openclaw_vllm.core.config.releases import remark_on
from openclaw_vllm.core.discovery.models import Model
from openclaw_vllm.core.publication.agents_form import AgentsForm, agents_form
from openclaw_vllm.core.publication.last_published import NOTHING_PUBLISHED, LastPublished

NO_MODELS = (
    "no source lists a model: share VllmProviders or Services with the label"
    ' openclaw-vllm.dev/share: "true"'
)
NO_CHAT_MODELS = "no shared source has a model that chats, so that an empty list is published"


@dataclass(frozen=True, slots=True)
class CatalogPlan:
    """Documents to publish, and the sources that they are made from."""

    offers: tuple[Offer, ...]  # sources that have their id, also without a list
    conflicts: tuple[Offer, ...]  # sources whose id an older one has
    published: tuple[Offer, ...] = ()  # sources whose entries the documents hold
    documents: Documents | None = None  # None if nothing new can be published
    last_documents: Documents | None = None  # published last; they stay until then
    problem: Problem | None = None
    primary: str = ""
    patterns: str = ""  # hash to record, of the patterns that choose the primary model
    note: str = ""

    @property
    def models(self) -> tuple[Model, ...]:
        """The models of the published sources."""
        return tuple(model for offer in self.published for model in offer.models)

    @property
    def reason(self) -> Reason:
        """The reason of the documents, without a problem."""
        return Reason.SUCCEEDED if self.models else Reason.NO_CHAT_MODELS

    @property
    def entries(self) -> dict[str, Json]:
        """The entries in the documents, by provider id."""
        return {offer.provider_id: offer.document for offer in self.published if offer.document}


def plan_catalog(
    spec: VllmCatalogSpec,
    offers: Iterable[Offer],
    base: Base | Problem | None,
    last: LastPublished = NOTHING_PUBLISHED,
) -> CatalogPlan:
    """Decide what to publish; the primary model of the last publication stays."""
    unique, conflicts = _settle_ids(offers)
    plan = CatalogPlan(unique, conflicts)
    if isinstance(base, Problem):
        return replace(plan, problem=base)
    count = sum(len(offer.models) for offer in unique)
    if count > spec.max_models:
        advice = "narrow the selectors, or raise spec.maxModels (at most 2000)"
        message = f"{count} models are shared and at most {spec.max_models} are published; {advice}"
        return replace(plan, problem=Problem(Reason.TOO_MANY_MODELS, message))
    return _render(spec, replace(plan, published=unique), base, last)


def plan_last_published(
    spec: VllmCatalogSpec,
    plan: CatalogPlan,
    state: CatalogState,
    base: Base | Problem | None,
    last: Documents | None,
) -> CatalogPlan:
    """Plan what stays while nothing new can be published: all of before, also for new
    namespaces, but for the lists of sources that are shared no more. The plan's problem stays.

    `last` are the bytes of before, if they are known.
    """
    shared = tuple(_still_shared(plan, state))
    if len(shared) == len(state.entries):
        return replace(plan, last_documents=last)
    if isinstance(base, Problem):
        return plan
    reduced = _render(spec, CatalogPlan(shared, (), shared), base, state.last_published)
    if reduced.documents is None:
        return plan
    return replace(reduced, problem=plan.problem, offers=plan.offers, conflicts=plan.conflicts)


def record_plan(state: CatalogState, plan: CatalogPlan) -> CatalogState:
    """Record what was published, and why lists of sources are not fresh."""
    reasons = {offer.provider_id: offer.reason for offer in plan.offers}
    state = replace(state, reasons=reasons, is_restored=False)
    last = state.last_published
    if plan.documents is None:
        last = replace(last, documents=plan.last_documents or last.documents)
        return replace(state, last_published=last)
    return replace(
        state,
        last_published=LastPublished(plan.documents, plan.primary, plan.patterns),
        entries=plan.entries,
        sources={offer.provider_id: offer.source for offer in plan.published},
        service_names=replace(state.service_names, any_domain=True),
    )


def _still_shared(plan: CatalogPlan, state: CatalogState) -> Iterator[Offer]:
    """Offer what was published of every source that still offers something, under its old id."""
    for id_, entry in state.entries.items():
        source = state.sources.get(id_)
        for offer in (*plan.offers, *plan.conflicts):
            same = offer.source == source or (source is None and offer.provider_id == id_)
            if same and (restored := restore_entry(offer, id_, entry, state)) is not None:
                yield restored
                break


def _render(
    spec: VllmCatalogSpec, plan: CatalogPlan, base: Base | None, last: LastPublished
) -> CatalogPlan:
    """Render the documents of the offers to publish."""
    models = plan.models
    form = agents_form(spec.agents, base, last.recorded_patterns)
    defaults = _defaults(form, models, last.primary if form.patterns == last.patterns_hash else "")
    if isinstance(defaults, Problem):
        return replace(plan, problem=defaults)
    documents = _documents(spec, plan, form, defaults, base)
    if isinstance(documents, Problem):
        return replace(plan, problem=documents)
    is_empty = not models and {offer.reason for offer in plan.published} == {Reason.NO_CHAT_MODELS}
    return replace(
        plan,
        documents=documents,
        problem=None if models or is_empty else Problem(Reason.NO_MODELS, NO_MODELS),
        primary=defaults.primary,
        patterns=form.patterns,
        note=NO_CHAT_MODELS if is_empty else _note(spec, defaults),
    )


def _documents(
    spec: VllmCatalogSpec,
    plan: CatalogPlan,
    form: AgentsForm,
    defaults: ResolvedDefaults,
    base: Base | None,
) -> Documents | Problem:
    ordered = sorted(plan.models, key=lambda model: model.id)
    agents = agents_document("", defaults, ordered) if form.agents else {}
    documents = compose(plan.entries, agents, base, spec.target)
    if isinstance(documents, Problem) or documents.fits:
        return documents
    size = f"the configuration takes {documents.size} bytes, more than a ConfigMap holds"
    return Problem(Reason.TOO_LARGE, f"{size}; share fewer models, or make several catalogs")


def _defaults(
    form: AgentsForm, models: tuple[Model, ...], sticky: str
) -> ResolvedDefaults | Problem:
    primary = primary_of(form.agents, models, sticky, form.default_primary)
    candidates = (replace(model, parent="") for model in models)  # unknown after a restart
    defaults = resolve_defaults(form.agents, candidates, primary, form.default_primary)
    if isinstance(defaults, Problem):
        return defaults
    return replace(defaults, base_primary=form.base_primary)


def _note(spec: VllmCatalogSpec, defaults: ResolvedDefaults) -> str:
    unmatched = ", ".join(defaults.unmatched[:5])
    patterns = f"no model matches these patterns of spec.agents: {unmatched}" if unmatched else ""
    remarks = "; ".join(filter(None, (patterns, remark_on(spec.target.openclaw))))
    return f"published; {remarks}" if remarks else ""


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
