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
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import ModelSettings, SecretKeyRef, VllmProviderSpec
from openclaw_vllm.core.catalog.memory import CatalogMemory, SourceName
from openclaw_vllm.core.catalog.provider_ids import header_variable, key_variable, qualified
from openclaw_vllm.core.catalog.sources import SharedService
from openclaw_vllm.core.config.entry import provider_entry
from openclaw_vllm.core.config.escaping import unescape
from openclaw_vllm.core.config.read_back import entries_of
from openclaw_vllm.core.discovery.endpoint import leads_to
from openclaw_vllm.core.discovery.memory import Memory
from openclaw_vllm.core.discovery.models import Model, settings_for
from openclaw_vllm.core.discovery.references import AUTHORIZATION, secret_refs
from openclaw_vllm.core.publication.ownership import is_ours
from openclaw_vllm.core.publication.plan import models_of

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
    """A source's part of a catalogue: its `entry` of models.providers, None while nothing is known
    of it, and its `models` by reference; `reason` says why its list is not fresh, `advice` what to
    do about it. Variables are named after its `own_id`, which nobody else can choose."""

    provider_id: str
    own_id: str
    kind: Literal["VllmProvider", "Service"]
    resource: VllmProvider
    reason: str = ""
    entry: Json | None = None
    models: tuple[Model, ...] = ()
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
    resource: VllmProvider, published: ConfigMapState | None, provider_ids: str
) -> Offer:
    """Take over what a VllmProvider has published, if that is its own and undamaged; it stays
    published when the spec cannot be read."""
    own_id = qualified(resource.key.namespace, resource.key.name)
    id_ = resource.provider_id if provider_ids == "Keep" else ""
    offer = Offer(id_ or own_id, own_id, "VllmProvider", resource, _trouble(resource))
    if isinstance(resource.spec, Problem):
        offer = replace(offer, reason=resource.spec.reason.value, advice=resource.spec.message)
    if published is None or not published.is_unmodified or not is_ours(resource, published):
        return replace(offer, reason=offer.reason or Reason.PENDING.value)
    entry = entries_of(published.models_json).get(resource.provider_id)
    if entry is None or not _is_vouched_for(resource, published, entry):
        return replace(offer, reason=offer.reason or Reason.PENDING.value)
    return _with_entry(offer, resource.spec, entry)


def _is_vouched_for(resource: VllmProvider, published: ConfigMapState, entry: Json) -> bool:
    """Tell whether status or spec lead where a published entry does: whoever can write ConfigMaps,
    but neither of these, must not lead every team's agents, and their key, to another host."""
    told = resource.status.config_map
    if told is not None and told.digest == published.digest:
        return True
    spec, url = resource.spec, unescape(entry["baseUrl"])
    return not isinstance(spec, Problem) and leads_to(url, spec, resource.key.namespace)


def offer_of_service(shared: SharedService, memory: Memory | None) -> Offer:
    """Offer what a Service was found to serve."""
    resource, spec, problem = shared.resource, shared.spec, shared.problem
    offer = Offer(spec.provider_id, shared.own_id, "Service", resource)
    if problem is not None:
        return replace(offer, reason=problem.reason.value, advice=problem.message)
    if memory is None:
        return replace(offer, reason=UNASKED)
    problem = memory.endpoint or memory.server
    offer = replace(offer, reason=problem.reason.value if problem else "")
    models = models_of(spec, memory)
    if isinstance(models, Problem):
        return replace(offer, reason=offer.reason or models.reason.value)
    if memory.connection is None:
        return offer
    if not models:
        return replace(offer, reason=offer.reason or Reason.NO_MODELS.value)
    ordered = sorted(models, key=lambda model: model.id)
    entry = provider_entry(spec, memory.connection, ordered)
    secret = spec.auth.api_key_secret_ref if spec.auth else None
    credentials = (Credential(spec.auth.api_key_env, secret),) if spec.auth else ()
    return replace(
        offer,
        entry=entry,
        models=_referred(spec.provider_id, models),
        credentials=credentials,
    )


def with_settings(offer: Offer, known: Mapping[str, ModelSettings]) -> Offer:
    """Offer the models with the settings that they had last, by reference: the spec of the offer's
    VllmProvider does not say them."""
    models = (
        replace(model, settings=known.get(model.id, model.settings)) for model in offer.models
    )
    return replace(offer, models=tuple(models))


def with_last_known_entry(offer: Offer, spec: VllmProviderSpec, before: CatalogMemory) -> Offer:
    """Offer what was published before, while the source itself offers nothing.

    After a restart a Service is as fresh as it was said to be, until it is asked. What was read
    back may be anybody's who can write ConfigMaps: keys must not follow it to another host.
    """
    if offer.reason == UNASKED:
        offer = replace(offer, reason=before.reasons.get(offer.provider_id, Reason.PENDING.value))
    known = before.entry_of(offer.provider_id, offer.source)
    if offer.entry is not None or known is None or offer.reason == Reason.NO_MODELS:
        return offer
    if not leads_to(unescape(known["baseUrl"]), spec, offer.resource.key.namespace):
        return offer
    return _with_entry(offer, spec, known)


def restore_entry(
    offer: Offer, provider_id: str, published: Json, *, vouched: bool
) -> Offer | None:
    """Offer the entry that was published of the source, under the id that it had.

    One that is not vouched for, because it was read back, must lead to where the source is.
    """
    spec, namespace = offer.resource.spec, offer.resource.key.namespace
    if not vouched:
        if isinstance(spec, Problem):
            return offer if offer.entry is not None else None
        if not leads_to(unescape(published["baseUrl"]), spec, namespace):
            return None
    return _with_entry(replace(offer, provider_id=provider_id), spec, published)


def _with_entry(offer: Offer, spec: VllmProviderSpec | Problem, published: Json) -> Offer:
    """Take over a published entry, its variables with the names that they have in a catalogue."""
    entry, credentials = dict(published), []
    secrets = {} if isinstance(spec, Problem) else secret_refs(spec)
    if _VARIABLE.fullmatch(published["apiKey"]):
        env = key_variable(offer.own_id)
        entry["apiKey"] = f"${{{env}}}"
        credentials.append(Credential(env, secrets.get(AUTHORIZATION)))
    if headers := dict(published.get("headers", {})):
        secret = [name for name in sorted(headers) if _VARIABLE.fullmatch(headers[name])]
        for number, name in enumerate(secret):
            env = header_variable(offer.own_id, number)
            headers[name] = f"${{{env}}}"
            credentials.append(Credential(env, secrets.get(name)))
        entry["headers"] = headers
    return replace(
        offer, entry=entry, models=_models(offer, spec, entry), credentials=tuple(credentials)
    )


def _models(offer: Offer, spec: VllmProviderSpec | Problem, entry: Json) -> tuple[Model, ...]:
    """Read a published entry's models back, as far as choices among them need it."""
    parents = {model.id: model.parent for model in offer.resource.status.models}
    asked = None if isinstance(spec, Problem) or spec.models else spec
    models = []
    for model in entry["models"]:
        id_ = unescape(model["id"])
        settings = settings_for(id_, asked) if asked else ModelSettings()
        window = int(model["contextWindow"])
        models.append(Model(id_, window, "Server", settings, parents.get(id_, "")))
    return _referred(offer.provider_id, tuple(models))


def _referred(provider_id: str, models: tuple[Model, ...]) -> tuple[Model, ...]:
    return tuple(replace(model, id=f"{provider_id}/{model.id}") for model in models)


def _trouble(resource: VllmProvider) -> str:
    """Say why a VllmProvider's list may not be fresh, in its own words."""
    told = (ConditionType.READY, ConditionType.SERVER_REACHABLE)
    for condition in resource.status.conditions:
        if condition.type in told and condition.status != "True":
            return condition.reason
    return ""
