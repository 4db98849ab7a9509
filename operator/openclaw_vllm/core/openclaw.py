"""The ConfigMap's three documents, in OpenClaw's own format, as bytes that never churn.

Every rule here was forced by the real client (OpenClaw 2026.9.6). It substitutes `${NAME}` in any
string, so text that came from outside is escaped: a copied id would otherwise send a secret of the
agent's pod away. It fails without an `apiKey` on hosts it does not know as local. It stops on
unknown keys. And each changed byte may restart agents: keys and models are sorted, the text is
strict JSON.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from openclaw_vllm.api.configmap import AGENTS, CONFIG, MODELS, PublishedMap, digest
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.agents import Choice
from openclaw_vllm.core.baseconfig import Base, merge
from openclaw_vllm.core.defaults import agents_document
from openclaw_vllm.core.entry import Connection, ambiguous, provider_entry
from openclaw_vllm.core.models import Model
from openclaw_vllm.core.published import NOT_OURS

MAX_BYTES = 1_048_576  # of a ConfigMap's values together, measured on Kubernetes 1.37
HEADROOM = 16_384  # bytes left for labels, annotations and the keys that others add

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Documents:
    """The ConfigMap's data and its digest."""

    data: Mapping[str, str]
    digest: str

    @property
    def size(self) -> int:
        """Bytes of all values."""
        return sum(len(text.encode()) for text in self.data.values())

    @property
    def fits(self) -> bool:
        """Whether a ConfigMap can hold them."""
        return self.size <= MAX_BYTES - HEADROOM


def render(
    spec: VllmProviderSpec,
    connection: Connection,
    models: Iterable[Model],
    choice: Choice,
    base: Base | None = None,
) -> Documents | Problem:
    """Write the three documents for these models, in any order; a Problem when `base` is in the
    way, or a header would mean more than it says."""
    if problem := ambiguous(spec.headers):
        return problem
    ordered = sorted(models, key=lambda model: model.id)
    provider = provider_entry(spec, connection, ordered)
    agents = agents_document(f"{spec.provider_id}/", choice, ordered) if spec.agents else {}
    return compose({spec.provider_id: provider}, agents, base)


def compose(providers: Mapping[str, Json], agents: Json, base: Base | None) -> Documents | Problem:
    """Write the three documents for these entries of models.providers."""
    models: Json = {"providers": providers}
    config = merge(base, providers.keys(), models, agents)
    return config if isinstance(config, Problem) else _documents(config, models, agents)


def skeleton(spec: VllmProviderSpec, base: Base | None) -> Documents:
    """Write valid documents without a provider, for the time before a first good answer.

    An agent whose include is missing does not start (exit 78), so the ConfigMap exists from the
    first reconcile on. A base that is in the way is left out of it.
    """
    models: Json = {"providers": {}}
    config = merge(base, [spec.provider_id], models, {})
    return _documents({"models": models} if isinstance(config, Problem) else config, models, {})


def holds(published: PublishedMap, spec: VllmProviderSpec, base: Base | None) -> bool:
    """Tell whether what is published is its own parts, merged into this base."""
    return published.is_intact and recomposed(published, [spec.provider_id], base) is not None


def recomposed(
    published: PublishedMap, ours: Collection[str], base: Base | None
) -> Documents | None:
    """Write anew the documents that a ConfigMap was published with, from its own two parts and the
    base that they were merged into; None where that gives other bytes than were published.

    `ours` are the ids of the providers that are ours to write.
    """
    try:
        models, agents = json.loads(published.models_json), json.loads(published.agents_json)
        config = merge(base, ours, models, agents)
    except NOT_OURS:
        return None
    written = None if isinstance(config, Problem) else _documents(config, models, agents)
    return written if written and written.digest == published.promised else None


def _documents(config: Json, models: Json, agents: Json) -> Documents:
    """Write with two spaces, or, where that does not fit, without white space."""
    written = _written(config, models, agents, indent=2)
    return written if written.fits else _written(config, models, agents, indent=None)


def _written(config: Json, models: Json, agents: Json, *, indent: int | None) -> Documents:
    documents = {CONFIG: config, MODELS: models, AGENTS: agents}
    data = {key: _text(document, indent) for key, document in documents.items()}
    return Documents(data, digest(data))


def _text(document: Json, indent: int | None) -> str:
    separators = (",", ": ") if indent else (",", ":")
    return (
        json.dumps(
            document,
            indent=indent,
            separators=separators,
            sort_keys=True,
            ensure_ascii=False,
            allow_nan=False,
        )
        + "\n"
    )
