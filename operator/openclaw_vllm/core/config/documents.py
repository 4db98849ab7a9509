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

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import AGENTS, CONFIG, MODELS, ConfigMapState, digest
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.agents import ResolvedDefaults
from openclaw_vllm.core.config.agents_document import agents_document
from openclaw_vllm.core.config.base_config import Base, merge
from openclaw_vllm.core.config.entry import Connection, ambiguous, provider_entry
from openclaw_vllm.core.config.json_size import indentation, minimum_size
from openclaw_vllm.core.config.read_back import NOT_OURS
from openclaw_vllm.core.discovery.models import Model

MAX_BYTES = 1_048_576  # of a ConfigMap's values together, measured on Kubernetes 1.37
HEADROOM = 16_384  # bytes left for labels, annotations and the keys that others add
TOO_LARGE = (
    f"the models and their params take more than a ConfigMap holds, which is {MAX_BYTES} bytes; "
    "publish fewer models or shorten params"
)

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Documents:
    """The ConfigMap's data and its digest."""

    data: Mapping[str, str]
    digest: str

    @property
    def size(self) -> int:
        """Bytes of all values."""
        return _size(self.data)

    @property
    def fits(self) -> bool:
        """Whether a ConfigMap can hold them."""
        return self.size <= MAX_BYTES - HEADROOM


def render(
    spec: VllmProviderSpec,
    connection: Connection,
    models: Iterable[Model],
    choice: ResolvedDefaults,
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
    if isinstance(config, Problem):
        return config
    if _cannot_fit(models, agents):
        return Problem(Reason.TOO_LARGE, TOO_LARGE)
    return _documents(config, models, agents)


def empty_documents(spec: VllmProviderSpec, base: Base | None) -> Documents:
    """Write valid documents without a provider, for the time before a first good answer.

    An agent whose include is missing does not start (exit 78), so the ConfigMap exists from the
    first reconcile on. A base that is in the way is left out of it.
    """
    models: Json = {"providers": {}}
    config = merge(base, [spec.provider_id], models, {})
    return _documents({"models": models} if isinstance(config, Problem) else config, models, {})


def was_rendered_from(published: ConfigMapState, spec: VllmProviderSpec, base: Base | None) -> bool:
    """Tell whether what is published is its own parts, merged into this base."""
    return published.is_unmodified and rerender(published, [spec.provider_id], base) is not None


def rerender(
    published: ConfigMapState, ours: Collection[str], base: Base | None
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
    return written if written and written.digest == published.recorded_digest else None


def _cannot_fit(models: Json, agents: Json) -> bool:
    """Tell whether both parts, each a document and in the whole, are too much without any base."""
    most = (MAX_BYTES - HEADROOM) // 2
    taken = minimum_size(models, most)
    return taken > most or taken + minimum_size(agents, most - taken) > most


def _documents(config: Json, models: Json, agents: Json) -> Documents:
    """Write with two spaces, or, where that does not fit, without white space."""
    documents = {CONFIG: config, MODELS: models, AGENTS: agents}
    compact = {key: _text(document, indent=None) for key, document in documents.items()}
    left = MAX_BYTES - HEADROOM - _size(compact)
    for document in documents.values():
        left -= indentation(document, left)
        if left < 0:
            return Documents(compact, digest(compact))
    indented = {key: _text(document, indent=2) for key, document in documents.items()}
    return Documents(indented, digest(indented))


def _size(data: Mapping[str, str]) -> int:
    return sum(len(text.encode()) for text in data.values())


def _text(document: Json, *, indent: int | None) -> str:
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
