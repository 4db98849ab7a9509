"""What a catalogue publishes: every source's entry in one document, or why it stays as it is.

Ids are kept apart, models are counted, agents' defaults are chosen over all of them; the order of
sources makes no difference to a byte.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from openclaw_vllm.api.catalog import VllmCatalogSpec
from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.agents import Choice, choose, primary_of
from openclaw_vllm.core.baseconfig import Base
from openclaw_vllm.core.catalog_memory import CatalogMemory
from openclaw_vllm.core.defaults import agents_document
from openclaw_vllm.core.models import Model
from openclaw_vllm.core.offers import Json, Offer, as_published
from openclaw_vllm.core.openclaw import Documents, compose

NO_MODELS = (
    "no source lists a model: share VllmProviders or Services with the label"
    ' openclaw-vllm.dev/share: "true"'
)


@dataclass(frozen=True, slots=True)
class CatalogPlan:
    """Documents to publish, None to leave what there is; and what they were made from.

    `offers` are the sources that got their id, those without a list included; `conflicts` the
    others.
    """

    offers: tuple[Offer, ...]
    conflicts: tuple[Offer, ...]
    documents: Documents | None = None
    problem: Problem | None = None
    models: tuple[Model, ...] = ()
    primary: str = ""
    note: str = ""


def merge_offers(
    spec: VllmCatalogSpec,
    offers: Iterable[Offer],
    base: Base | Problem | None,
    sticky: str,
) -> CatalogPlan:
    """Decide what to publish; `sticky` is the reference of the primary model from before."""
    held, conflicts = _settle_ids(offers)
    plan = CatalogPlan(held, conflicts)
    if isinstance(base, Problem):
        return replace(plan, problem=base)
    models = tuple(model for offer in held for model in offer.models)
    if len(models) > spec.max_models:
        return replace(plan, problem=_too_many(len(models), spec))
    primary = primary_of(spec.agents, models, sticky)
    equals = (replace(model, parent="") for model in models)  # nobody knows after a restart
    choice = choose(spec.agents, equals, primary)
    if isinstance(choice, Problem):
        return replace(plan, problem=choice)
    return _composed(spec, replace(plan, models=models, primary=choice.primary), choice, base)


def withdrawn(
    spec: VllmCatalogSpec,
    plan: CatalogPlan,
    published: Mapping[str, Json],
    base: Base | Problem | None,
    sticky: str,
) -> CatalogPlan:
    """Plan to take out of what is `published` the sources that are shared no more.

    For a plan that publishes nothing new: a list whose owner has withdrawn it goes all the same,
    and the plan's problem is still told.
    """
    if published.keys() <= {offer.provider_id for offer in plan.offers}:
        return plan
    left = [as_published(offer, published.get(offer.provider_id)) for offer in plan.offers]
    less = merge_offers(spec, left, base, sticky)
    if less.documents is None:
        return plan
    return replace(less, problem=plan.problem, offers=plan.offers, conflicts=plan.conflicts)


def remember(memory: CatalogMemory, plan: CatalogPlan, patterns: str) -> CatalogMemory:
    """Take in what was published, and what was said of its sources."""
    memory = replace(
        memory,
        entries={offer.provider_id: offer.entry for offer in plan.offers if offer.entry},
        sources={offer.provider_id: offer.source for offer in plan.offers},
        reasons={offer.provider_id: offer.reason for offer in plan.offers},
    )
    if plan.documents is None:
        return memory
    return replace(memory, primary=plan.primary, patterns=patterns)


def _composed(
    spec: VllmCatalogSpec, plan: CatalogPlan, choice: Choice, base: Base | None
) -> CatalogPlan:
    providers = {offer.provider_id: offer.entry for offer in plan.offers if offer.entry}
    ordered = sorted(plan.models, key=lambda model: model.id)
    agents = agents_document("", choice, ordered) if spec.agents else {}
    documents = compose(providers, agents, base)
    if isinstance(documents, Problem):
        return replace(plan, problem=documents)
    if not documents.fits:
        message = (
            f"the configuration takes {documents.size} bytes, more than a ConfigMap holds; "
            "share fewer models, or make several catalogues"
        )
        return replace(plan, problem=Problem(Reason.TOO_LARGE, message))
    problem = None if plan.models else Problem(Reason.NO_MODELS, NO_MODELS)
    unmatched = ", ".join(choice.unmatched[:5])
    note = f"published; no model matches these patterns of spec.agents: {unmatched}"
    return replace(plan, documents=documents, problem=problem, note=note if unmatched else "")


def _settle_ids(offers: Iterable[Offer]) -> tuple[tuple[Offer, ...], tuple[Offer, ...]]:
    """Give each provider id to the oldest source that wants it."""
    held: dict[str, Offer] = {}
    conflicts = []
    for offer in sorted(offers, key=lambda offer: offer.rank):
        if held.setdefault(offer.provider_id, offer) is not offer:
            conflicts.append(offer)
    return tuple(held[id_] for id_ in sorted(held)), tuple(conflicts)


def _too_many(count: int, spec: VllmCatalogSpec) -> Problem:
    advice = "narrow the selectors, or raise spec.maxModels (at most 2000)"
    message = f"{count} models are shared and at most {spec.max_models} are published; {advice}"
    return Problem(Reason.TOO_MANY_MODELS, message)
