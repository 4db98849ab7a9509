"""Status of a VllmCatalog: conditions, published models, target namespaces and failures.

One failing source must not block all consumers: SourcesReachable reports it, and Ready depends on
what is published alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from openclaw_vllm.api.catalog_status import (
    MAX_CREDENTIALS,
    MAX_PROVIDERS,
    MAX_REFS,
    MAX_SHOWN,
    MAX_TEXT,
    CatalogConflict,
    CatalogCredentials,
    CatalogProvider,
    TargetFailure,
    TargetsStatus,
    VllmCatalogStatus,
)
from openclaw_vllm.api.conditions import Condition, ConditionType, Reason
from openclaw_vllm.api.observed import VllmCatalog
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.catalog.offers import Offer
from openclaw_vllm.core.catalog.plan import CatalogPlan
from openclaw_vllm.core.status.conditions import (
    CATALOG_ASPECTS,
    condition_of,
    finish,
    stalled_conditions,
)

MAX_NAMED = 5  # sources and namespaces that a message names

Failures = tuple[tuple[str, Problem], ...]  # by namespace


@dataclass(frozen=True, slots=True)
class TargetResults:
    """Results of publishing to the target namespaces."""

    published: int = 0  # namespaces that hold the documents
    failures: Failures = ()  # of targets that do not
    failed_deletions: Failures = ()  # of former targets that still do

    @property
    def is_whole(self) -> bool:
        """Whether nothing has failed."""
        return not self.failures and not self.failed_deletions


def summarize(
    catalog: VllmCatalog, plan: CatalogPlan, results: TargetResults, now: str
) -> VllmCatalogStatus:
    """Return the new status; without new documents, it keeps what it says of published ones."""
    changes: dict[str, object] = {
        "observed_generation": catalog.generation,
        "conditions": _conditions(catalog, plan, results, now),
        "providers": tuple(_build_provider(offer) for offer in _select_shown(plan.offers)),
        "conflicts": tuple(_build_conflict(offer) for offer in plan.conflicts[:MAX_SHOWN]),
        "target_count": results.published + len(results.failures),
        "targets": _build_targets(results),
        "config_map_name": catalog.config_map_name,
    }
    if plan.documents is not None:
        changes |= {
            "provider_count": len(plan.entries),
            "model_count": len(plan.models),
            "models": tuple(sorted(model.id for model in plan.models)[:MAX_REFS]),
            "primary_model": plan.primary or None,
            "credentials": tuple(_build_credentials(plan.published))[:MAX_CREDENTIALS],
            "digest": plan.documents.digest,
        }
    return catalog.status.model_copy(update=changes)


def invalid_status(catalog: VllmCatalog, problem: Problem, now: str) -> VllmCatalogStatus:
    """Return the status of a VllmCatalog whose spec this version of the operator cannot read."""
    before = catalog.status.conditions
    conditions = stalled_conditions(problem, catalog.generation, before, now, CATALOG_ASPECTS)
    changes = {"conditions": conditions, "observed_generation": catalog.generation}
    return catalog.status.model_copy(update=changes)


def _conditions(
    catalog: VllmCatalog, plan: CatalogPlan, results: TargetResults, now: str
) -> tuple[Condition, ...]:
    problem = plan.problem or _target_problem(results)
    is_empty = plan.reason is Reason.NO_CHAT_MODELS
    usable = plan.note if is_empty else "agents can use what is published"
    ready = condition_of(ConditionType.READY, problem, plan.reason, usable)
    reachable = condition_of(
        ConditionType.SOURCES_REACHABLE,
        _source_problem(plan),
        message=f"the lists of all {len(plan.offers)} sources are fresh",
    )
    message = _describe_published(plan, results)
    published = condition_of(ConditionType.CONFIG_PUBLISHED, problem, plan.reason, message)
    before = catalog.status.conditions
    return finish([ready, reachable, published], catalog.generation, before, now)


def _describe_published(plan: CatalogPlan, results: TargetResults) -> str:
    note = plan.note or f"published to {results.published} namespaces"
    advised = [offer for offer in plan.published if offer.advice and not offer.reason]
    for offer in advised[:1]:
        note += f"; {offer.kind} {offer.provider.key}, one of {len(advised)}: {offer.advice}"
    variables = sum(len(offer.credentials) for offer in plan.published)
    if variables <= MAX_CREDENTIALS:
        return note
    return f"{note}; agents need {variables} variables, of which the status names {MAX_CREDENTIALS}"


def _source_problem(plan: CatalogPlan) -> Problem | None:
    """Return which sources are not fresh, so that their last list stays published, and which are
    not published because an older one has their id."""
    failing = (offer for offer in plan.offers if not offer.is_fresh)
    not_fresh = [(offer, _describe_reason(offer)) for offer in failing]
    conflicting = [(offer, offer.provider_id) for offer in plan.conflicts]
    summaries = [
        f"{what}: {len(sources)} of the sources: {_list_sources(sources)}"
        for what, sources in (("not fresh", not_fresh), ("an older one has the id", conflicting))
        if sources
    ]
    return Problem(Reason.SOURCES_FAILING, "; ".join(summaries)) if summaries else None


def _list_sources(offers: list[tuple[Offer, str]]) -> str:
    return ", ".join(f"{o.kind} {o.provider.key} ({reason})" for o, reason in offers[:MAX_NAMED])


def _describe_reason(offer: Offer) -> str:
    return f"{offer.reason}: {offer.advice[:MAX_TEXT]}" if offer.advice else offer.reason


def _target_problem(results: TargetResults) -> Problem | None:
    for what, failures in (
        ("not published to", results.failures),
        ("not removed from", results.failed_deletions),
    ):
        for namespace, problem in failures[:1]:
            example = f"in {namespace}: {problem.message[:MAX_TEXT]}"
            message = f"{what} {len(failures)} of the namespaces; {example}"
            return Problem(problem.reason, message)
    return None


def _select_shown(offers: Iterable[Offer]) -> Iterable[Offer]:
    """Return the sources that fit, sorted by id; after a restart the others count as fresh."""
    not_fresh_first = sorted(offers, key=lambda offer: not offer.reason)
    return sorted(not_fresh_first[:MAX_PROVIDERS], key=lambda offer: offer.provider_id)


def _build_provider(offer: Offer) -> CatalogProvider:
    return CatalogProvider(
        id=offer.provider_id,
        kind=offer.kind,
        namespace=offer.provider.key.namespace,
        name=offer.provider.key.name,
        model_count=len(offer.models),
        reason=offer.reason,
        replicas=offer.replicas,
    )


def _build_conflict(offer: Offer) -> CatalogConflict:
    return CatalogConflict(
        provider_id=offer.provider_id,
        kind=offer.kind,
        namespace=offer.provider.key.namespace,
        name=offer.provider.key.name,
    )


def _build_credentials(offers: Iterable[Offer]) -> Iterable[CatalogCredentials]:
    for offer in offers:
        for credential in offer.credentials:
            secret = credential.secret
            yield CatalogCredentials(
                provider_id=offer.provider_id,
                env=credential.env,
                secret_namespace=offer.provider.key.namespace if secret else None,
                secret_name=secret.name if secret else None,
                secret_key=secret.key if secret else None,
            )


def _build_targets(results: TargetResults) -> TargetsStatus:
    failures = (*results.failures, *results.failed_deletions)
    shown_failures = tuple(
        TargetFailure(
            namespace=namespace, reason=problem.reason, message=problem.message[:MAX_TEXT]
        )
        for namespace, problem in failures[:MAX_SHOWN]
    )
    return TargetsStatus(published=results.published, failed=len(failures), failures=shown_failures)
