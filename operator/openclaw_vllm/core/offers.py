"""What each source offers a catalogue: its entry of models.providers, and whose it is.

Of a VllmProvider it is what is published already, taken over as it stands but for the names of its
variables; of a Service what was learned by asking. A source that offers nothing for the moment
keeps the entry that was published last.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from openclaw_vllm.api.conditions import ConditionType, Reason
from openclaw_vllm.api.configmap import PublishedMap
from openclaw_vllm.api.observed import Resource
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import ModelSettings, SecretKeyRef, VllmProviderSpec
from openclaw_vllm.core.catalog_memory import CatalogMemory, SourceName
from openclaw_vllm.core.endpoint import leads_to
from openclaw_vllm.core.entry import provider_entry
from openclaw_vllm.core.escaping import unescape
from openclaw_vllm.core.memory import Memory
from openclaw_vllm.core.models import Entry, settings_for
from openclaw_vllm.core.ownership import is_ours
from openclaw_vllm.core.plan import entries_of
from openclaw_vllm.core.provider_ids import header_variable, key_variable, qualified
from openclaw_vllm.core.published import documents_of
from openclaw_vllm.core.references import AUTHORIZATION, secret_refs
from openclaw_vllm.core.sources import Question

Json = dict[str, Any]
UNASKED = "Unasked"  # never shown
_VARIABLE = re.compile(r"\$\{([A-Z_][A-Z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Credential:
    """A variable that agents' pods must set, and the Secret of the source's namespace it is in."""

    env: str
    secret: SecretKeyRef | None = None


@dataclass(frozen=True, slots=True)
class Offer:
    """A source's part of a catalogue; `document` is None while nothing is known of it, `reason`
    says why its list is not fresh, `advice` what to do about it."""

    provider_id: str
    kind: Literal["VllmProvider", "Service"]
    resource: Resource
    reason: str = ""
    document: Json | None = None
    entries: tuple[Entry, ...] = ()
    credentials: tuple[Credential, ...] = field(default=())
    advice: str = ""

    @property
    def source(self) -> SourceName:
        """Whose it is."""
        return (self.kind, self.resource.key)

    @property
    def rank(self) -> tuple[str, str, str]:
        """Sorts offers from the oldest source on."""
        return (self.resource.created, self.kind, str(self.resource.key))


def offer_of_provider(
    resource: Resource, published: PublishedMap | None, provider_ids: str
) -> Offer:
    """Take over what a VllmProvider has published, if that is its own and undamaged; it stays
    published when the spec cannot be read."""
    id_ = resource.provider_id if provider_ids == "Keep" else ""
    id_ = id_ or qualified(resource.key.namespace, resource.key.name)
    offer = Offer(id_, "VllmProvider", resource, _trouble(resource))
    if isinstance(resource.spec, Problem):
        offer = replace(offer, reason=resource.spec.reason.value, advice=resource.spec.message)
    if published is None or not published.is_intact or not is_ours(resource, published):
        return replace(offer, reason=offer.reason or Reason.PENDING.value)
    entry = documents_of(published.models_json).get(resource.provider_id)
    if entry is None or not _is_vouched_for(resource, published, entry):
        return replace(offer, reason=offer.reason or Reason.PENDING.value)
    return _with_document(offer, resource.spec, entry)


def _is_vouched_for(resource: Resource, published: PublishedMap, entry: Json) -> bool:
    """Tell whether status or spec lead where a published entry does: whoever can write ConfigMaps,
    but neither of these, must not lead every team's agents, and their key, to another host."""
    told = resource.status.config_map
    if told is not None and told.digest == published.digest:
        return True
    spec, url = resource.spec, unescape(entry["baseUrl"])
    return not isinstance(spec, Problem) and leads_to(url, spec, resource.key.namespace)


def offer_of_service(question: Question, memory: Memory | None) -> Offer:
    """Offer what a Service was found to serve."""
    resource, spec, problem = question.resource, question.spec, question.problem
    offer = Offer(spec.provider_id, "Service", resource)
    if problem is not None:
        return replace(offer, reason=problem.reason.value, advice=problem.message)
    if memory is None:
        return replace(offer, reason=UNASKED)
    problem = memory.endpoint or memory.server
    offer = replace(offer, reason=problem.reason.value if problem else "")
    entries = entries_of(spec, memory)
    if isinstance(entries, Problem):
        return replace(offer, reason=offer.reason or entries.reason.value)
    if memory.connection is None:
        return offer
    if not entries:
        return replace(offer, reason=offer.reason or Reason.NO_MODELS.value)
    ordered = sorted(entries, key=lambda entry: entry.id)
    document = provider_entry(spec, memory.connection, ordered)
    secret = spec.auth.api_key_secret_ref if spec.auth else None
    credentials = (Credential(spec.auth.api_key_env, secret),) if spec.auth else ()
    return replace(
        offer,
        document=document,
        entries=_referred(spec.provider_id, entries),
        credentials=credentials,
    )


def with_settings(offer: Offer, known: Mapping[str, ModelSettings]) -> Offer:
    """Offer the models with the settings that they had last, by reference: the spec of the offer's
    VllmProvider does not say them."""
    entries = (
        replace(entry, settings=known.get(entry.id, entry.settings)) for entry in offer.entries
    )
    return replace(offer, entries=tuple(entries))


def remembered(offer: Offer, spec: VllmProviderSpec, before: CatalogMemory) -> Offer:
    """Offer what was published before, while the source itself offers nothing.

    After a restart a Service is as fresh as it was said to be, until it is asked. What was read
    back may be anybody's who can write ConfigMaps: keys must not follow it to another host.
    """
    if offer.reason == UNASKED:
        offer = replace(offer, reason=before.reasons.get(offer.provider_id, Reason.PENDING.value))
    known = before.document_of(offer.provider_id, offer.source)
    if offer.document is not None or known is None or offer.reason == Reason.NO_MODELS:
        return offer
    if not leads_to(unescape(known["baseUrl"]), spec, offer.resource.key.namespace):
        return offer
    return _with_document(offer, spec, known)


def as_published(offer: Offer, entry: Json | None) -> Offer:
    """Offer what was published of the source, nothing else."""
    bare = replace(offer, document=None, entries=(), credentials=())
    spec = offer.resource.spec
    if entry is None or isinstance(spec, Problem):
        return bare if entry is None else offer
    leads = leads_to(unescape(entry["baseUrl"]), spec, offer.resource.key.namespace)
    return _with_document(bare, spec, entry) if leads else bare


def _with_document(offer: Offer, spec: VllmProviderSpec | Problem, entry: Json) -> Offer:
    """Give the variables of an entry the names that they have in a catalogue."""
    document, credentials = dict(entry), []
    secrets = {} if isinstance(spec, Problem) else secret_refs(spec)
    if _VARIABLE.fullmatch(entry["apiKey"]):
        env = key_variable(offer.provider_id)
        document["apiKey"] = f"${{{env}}}"
        credentials.append(Credential(env, secrets.get(AUTHORIZATION)))
    if headers := dict(entry.get("headers", {})):
        secret = [name for name in sorted(headers) if _VARIABLE.fullmatch(headers[name])]
        for number, name in enumerate(secret):
            env = header_variable(offer.provider_id, number)
            headers[name] = f"${{{env}}}"
            credentials.append(Credential(env, secrets.get(name)))
        document["headers"] = headers
    return replace(
        offer,
        document=document,
        entries=_entries(offer, spec, document),
        credentials=tuple(credentials),
    )


def _entries(offer: Offer, spec: VllmProviderSpec | Problem, document: Json) -> tuple[Entry, ...]:
    """Read a published entry's models back, as far as choices among them need it."""
    parents = {model.id: model.parent for model in offer.resource.status.models}
    asked = None if isinstance(spec, Problem) or spec.models else spec
    entries = []
    for model in document["models"]:
        id_ = unescape(model["id"])
        settings = settings_for(id_, asked) if asked else ModelSettings()
        window = int(model["contextWindow"])
        entries.append(Entry(id_, window, "Server", settings, parents.get(id_, "")))
    return _referred(offer.provider_id, tuple(entries))


def _referred(provider_id: str, entries: tuple[Entry, ...]) -> tuple[Entry, ...]:
    return tuple(replace(entry, id=f"{provider_id}/{entry.id}") for entry in entries)


def _trouble(resource: Resource) -> str:
    """Say why a VllmProvider's list may not be fresh, in its own words."""
    told = (ConditionType.READY, ConditionType.SERVER_REACHABLE)
    for condition in resource.status.conditions:
        if condition.type in told and condition.status != "True":
            return condition.reason
    return ""
