"""The whole status of a VllmCatalog: conditions, what is published, where, and what failed.

One source that fails must not hold up a fleet: SourcesReachable says so, and Ready follows what is
published alone.
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

NAMED = 5  # sources and namespaces that a message names


Failures = tuple[tuple[str, Problem], ...]  # by namespace


@dataclass(frozen=True, slots=True)
class TargetResults:
    """What came of publishing: how many namespaces hold the documents, why others do not, and why
    some that are no targets any more still hold them."""

    published: int = 0
    failures: Failures = ()
    failed_deletions: Failures = ()

    @property
    def is_whole(self) -> bool:
        """Whether every namespace holds what it has to."""
        return not self.failures and not self.failed_deletions


def summarize(
    catalog: VllmCatalog, plan: CatalogPlan, sync_targets: TargetResults, now: str
) -> VllmCatalogStatus:
    """Return the status to show; with nothing new to publish, what is published is still shown."""
    changes: dict[str, object] = {
        "observed_generation": catalog.generation,
        "conditions": _conditions(catalog, plan, sync_targets, now),
        "providers": tuple(_provider(offer) for offer in _named(plan.offers)),
        "conflicts": tuple(_conflict(offer) for offer in plan.conflicts[:MAX_SHOWN]),
        "target_count": sync_targets.published + len(sync_targets.failures),
        "targets": _targets(sync_targets),
        "config_map_name": catalog.config_map_name,
    }
    if plan.documents is not None:
        changes |= {
            "provider_count": len(plan.entries),
            "model_count": len(plan.models),
            "models": tuple(sorted(model.id for model in plan.models)[:MAX_REFS]),
            "primary_model": plan.primary or None,
            "credentials": tuple(_credentials(plan.published))[:MAX_CREDENTIALS],
            "digest": plan.documents.digest,
        }
    return catalog.status.model_copy(update=changes)


def invalid_status(catalog: VllmCatalog, problem: Problem, now: str) -> VllmCatalogStatus:
    """Return the status of a VllmCatalog that this version of the operator cannot read."""
    before = catalog.status.conditions
    said = stalled_conditions(problem, catalog.generation, before, now, CATALOG_ASPECTS)
    changes = {"conditions": said, "observed_generation": catalog.generation}
    return catalog.status.model_copy(update=changes)


def _conditions(
    catalog: VllmCatalog, plan: CatalogPlan, sync_targets: TargetResults, now: str
) -> tuple[Condition, ...]:
    problem = plan.problem or _failed(sync_targets)
    ready = condition_of(ConditionType.READY, problem, said="agents can use what is published")
    reachable = condition_of(
        ConditionType.SOURCES_REACHABLE,
        _failing(plan),
        said=f"the lists of all {len(plan.offers)} sources are fresh",
    )
    published = condition_of(
        ConditionType.CONFIG_PUBLISHED,
        problem,
        said=_published(plan, sync_targets),
    )
    before = catalog.status.conditions
    return finish([ready, reachable, published], catalog.generation, before, now)


def _published(plan: CatalogPlan, sync_targets: TargetResults) -> str:
    said = plan.note or f"published to {sync_targets.published} namespaces"
    variables = sum(len(offer.credentials) for offer in plan.published)
    if variables <= MAX_CREDENTIALS:
        return said
    return f"{said}; agents need {variables} variables, of which the status names {MAX_CREDENTIALS}"


def _failing(plan: CatalogPlan) -> Problem | None:
    """Name the sources whose lists are not fresh, of which the last list stays published, and those
    that are not published at all because an older one has their id."""
    failing = [(offer, _why(offer)) for offer in plan.offers if offer.reason]
    barred = [(offer, offer.provider_id) for offer in plan.conflicts]
    said = [
        f"{what}: {len(those)} of the sources: {_list(those)}"
        for what, those in (("not fresh", failing), ("an older one has the id", barred))
        if those
    ]
    return Problem(Reason.SOURCES_FAILING, "; ".join(said)) if said else None


def _list(offers: list[tuple[Offer, str]]) -> str:
    return ", ".join(f"{o.kind} {o.resource.key} ({why})" for o, why in offers[:NAMED])


def _why(offer: Offer) -> str:
    return f"{offer.reason}: {offer.advice[:MAX_TEXT]}" if offer.advice else offer.reason


def _failed(sync_targets: TargetResults) -> Problem | None:
    for what, failures in (
        ("not published to", sync_targets.failures),
        ("not removed from", sync_targets.failed_deletions),
    ):
        for namespace, first in failures[:1]:
            said = f"in {namespace}: {first.message[:MAX_TEXT]}"
            message = f"{what} {len(failures)} of the namespaces; {said}"
            return Problem(first.reason, message)
    return None


def _named(offers: Iterable[Offer]) -> Iterable[Offer]:
    """Choose the sources that fit, by id; a restart takes those that are left out for fresh."""
    failing_first = sorted(offers, key=lambda offer: not offer.reason)
    return sorted(failing_first[:MAX_PROVIDERS], key=lambda offer: offer.provider_id)


def _provider(offer: Offer) -> CatalogProvider:
    return CatalogProvider(
        id=offer.provider_id,
        kind=offer.kind,
        namespace=offer.resource.key.namespace,
        name=offer.resource.key.name,
        model_count=len(offer.models),
        reason=offer.reason,
    )


def _conflict(offer: Offer) -> CatalogConflict:
    return CatalogConflict(
        provider_id=offer.provider_id,
        kind=offer.kind,
        namespace=offer.resource.key.namespace,
        name=offer.resource.key.name,
    )


def _credentials(offers: Iterable[Offer]) -> Iterable[CatalogCredentials]:
    for offer in offers:
        for credential in offer.credentials:
            secret = credential.secret
            yield CatalogCredentials(
                provider_id=offer.provider_id,
                env=credential.env,
                secret_namespace=offer.resource.key.namespace if secret else None,
                secret_name=secret.name if secret else None,
                secret_key=secret.key if secret else None,
            )


def _targets(sync_targets: TargetResults) -> TargetsStatus:
    failures = (*sync_targets.failures, *sync_targets.failed_deletions)
    shown = tuple(
        TargetFailure(
            namespace=namespace, reason=problem.reason, message=problem.message[:MAX_TEXT]
        )
        for namespace, problem in failures[:MAX_SHOWN]
    )
    return TargetsStatus(published=sync_targets.published, failed=len(failures), failures=shown)
