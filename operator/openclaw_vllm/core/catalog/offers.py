"""Offers of sources to a catalog: each an entry of models.providers, with its source.

The entry of a VllmProvider is the published one, except for the names of its variables; that of a
Service comes from probing it. A source without an entry for now keeps the one that was published
last.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

from openclaw_vllm.api.conditions import ConditionType, Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import ModelSettings, VllmProviderSpec
from openclaw_vllm.api.status import ReplicasStatus
from openclaw_vllm.core.catalog.entries import (
    Json,
    ProviderEntry,
    discovered_entry,
    published_entry,
)
from openclaw_vllm.core.catalog.provider_ids import qualified_id
from openclaw_vllm.core.catalog.sources import SharedService
from openclaw_vllm.core.catalog.state import CatalogState, SourceName
from openclaw_vllm.core.catalog.variables import Credential
from openclaw_vllm.core.config.escaping import unescape
from openclaw_vllm.core.config.read_back import entries_of
from openclaw_vllm.core.discovery.endpoint import leads_to
from openclaw_vllm.core.discovery.models import Model
from openclaw_vllm.core.discovery.service_names import ServiceNames
from openclaw_vllm.core.discovery.state import DiscoveryState
from openclaw_vllm.core.publication.notes import SENTENCES
from openclaw_vllm.core.publication.ownership import is_ours

NOTHING_LISTED = (Reason.NO_MODELS, Reason.NO_CHAT_MODELS)
UNASKED = "Unasked"  # never published in a status


@dataclass(frozen=True, slots=True)
class Offer:
    """A source's part of a catalog."""

    provider_id: str
    own_id: str  # reserved for the source; its variables are named after it
    kind: Literal["VllmProvider", "Service"]
    provider: VllmProvider
    reason: str = ""  # why its list is not fresh, or is empty; else empty
    entry: ProviderEntry | None = None  # None while it is unknown
    advice: str = ""  # what to do about the reason, or to know without one
    replicas: ReplicasStatus | None = None  # of a Service that is asked at each of them

    @property
    def source(self) -> SourceName:
        """Kind and key of the source."""
        return (self.kind, self.provider.key)

    @property
    def document(self) -> Json | None:
        """The entry as it is published."""
        return self.entry.document if self.entry else None

    @property
    def models(self) -> tuple[Model, ...]:
        """The models of the entry."""
        return self.entry.models if self.entry else ()

    @property
    def credentials(self) -> tuple[Credential, ...]:
        """The variables of the entry."""
        return self.entry.credentials if self.entry else ()

    @property
    def is_fresh(self) -> bool:
        """Whether its list is that of the source now; one that is asleep keeps its list."""
        asleep = self.reason == Reason.NO_READY_ENDPOINTS and self.entry is not None
        return not self.reason or asleep or self.reason == Reason.NO_CHAT_MODELS

    @property
    def rank(self) -> tuple[str, str, str]:
        """Sort key of offers, the oldest source first."""
        return (self.provider.created, self.kind, str(self.provider.key))


def offer_of_provider(
    provider: VllmProvider,
    published: ConfigMapState | None,
    provider_ids: str,
    names: ServiceNames,
) -> Offer:
    """Offer what a VllmProvider has published, if that is its own and unmodified; it stays
    published when the spec cannot be read."""
    own_id = qualified_id(provider.key.namespace, provider.key.name)
    id_ = provider.provider_id if provider_ids == "Keep" else ""
    offer = Offer(id_ or own_id, own_id, "VllmProvider", provider, _find_reason(provider))
    if isinstance(provider.spec, Problem):
        offer = replace(offer, reason=provider.spec.reason.value, advice=provider.spec.message)
    if published is None or not published.is_unmodified or not is_ours(provider, published):
        return replace(offer, reason=offer.reason or Reason.PENDING.value)
    entry = entries_of(published.models_json).get(provider.provider_id)
    if entry is None or not _is_trusted(provider, published, entry, names):
        return replace(offer, reason=offer.reason or Reason.PENDING.value)
    return _with_entry(offer, provider.spec, entry)


def _is_trusted(
    provider: VllmProvider, published: ConfigMapState, entry: Json, names: ServiceNames
) -> bool:
    """Return whether status or spec confirm the host of a published entry: a user who can write
    ConfigMaps, but not these, must not send every team's agents, and their key, to another host."""
    recorded = provider.status.config_map
    if recorded is not None and recorded.digest == published.digest:
        return True
    spec, url = provider.spec, unescape(entry["baseUrl"])
    return not isinstance(spec, Problem) and leads_to(url, spec, provider.key.namespace, names)


def offer_of_service(shared: SharedService, discovery: DiscoveryState | None) -> Offer:
    """Offer what a Service was found to serve; `discovery` is None before it is asked."""
    offer = Offer(shared.spec.provider_id, shared.own_id, "Service", shared.provider)
    if shared.problem is not None:
        return replace(offer, reason=shared.problem.reason.value, advice=shared.problem.message)
    if discovery is None:
        return replace(offer, reason=UNASKED)
    advice = SENTENCES["FormerDomain"] if discovery.has_former_domain else ""
    problem = discovery.endpoint.problem or discovery.problem
    reason = problem.reason.value if problem else ""
    entry = discovered_entry(shared.spec, discovery)
    if isinstance(entry, Reason):
        return replace(offer, reason=reason or entry.value, advice=advice)
    return replace(offer, reason=reason, advice=advice, entry=entry)


def with_settings(offer: Offer, settings: Mapping[str, ModelSettings]) -> Offer:
    """Offer the models with these settings, by reference, which the spec of the offer's
    VllmProvider does not have."""
    if offer.entry is None:
        return offer
    models = (
        replace(model, settings=settings.get(model.id, model.settings)) for model in offer.models
    )
    return replace(offer, entry=replace(offer.entry, models=tuple(models)))


def _with_entry(offer: Offer, spec: VllmProviderSpec | Problem, document: Json) -> Offer:
    parents = {model.id: model.parent for model in offer.provider.status.models}
    entry = published_entry(spec, offer.provider_id, offer.own_id, document, parents)
    return replace(offer, entry=entry)


def with_last_known_entry(offer: Offer, spec: VllmProviderSpec, before: CatalogState) -> Offer:
    """Offer what was published before, while the source itself offers nothing.

    After a restart a Service keeps its last reason until it is probed. An entry that was read back
    may be forged by whoever can write ConfigMaps: keys must not be sent to its host unchecked.
    """
    if offer.reason == UNASKED:
        offer = replace(offer, reason=before.reasons.get(offer.provider_id, Reason.PENDING.value))
    last_entry = before.entry_of(offer.provider_id, offer.source)
    if offer.entry is not None or last_entry is None or offer.reason in NOTHING_LISTED:
        return offer
    if not before.leads_to_source(last_entry, spec, offer.provider.key.namespace):
        return offer
    return _with_entry(offer, spec, last_entry)


def restore_entry(
    offer: Offer, provider_id: str, published: Json, before: CatalogState
) -> Offer | None:
    """Offer the published entry of the source under its previous id; None when it must not be.

    One that was read back, and not published by this process, must have the source's host.
    """
    spec, namespace = offer.provider.spec, offer.provider.key.namespace
    if before.last_published.documents is None:
        if isinstance(spec, Problem):
            return offer if offer.entry is not None else None
        if not before.leads_to_source(published, spec, namespace):
            return None
    return _with_entry(replace(offer, provider_id=provider_id), spec, published)


def _find_reason(provider: VllmProvider) -> str:
    """Return the reason of the condition by which a list is not fresh, or is empty though it is;
    empty if there is none."""
    types = (ConditionType.READY, ConditionType.SERVER_REACHABLE)
    for condition in provider.status.conditions:
        if condition.type in types and condition.status != "True":
            return condition.reason
    empty = Reason.NO_CHAT_MODELS
    is_empty = any(condition.reason == empty for condition in provider.status.conditions)
    return empty.value if is_empty else ""
