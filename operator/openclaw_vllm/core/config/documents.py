"""The ConfigMap's documents, in OpenClaw's format, as reproducible bytes.

Every rule here follows from the real client (OpenClaw 2026.9.6). It substitutes `${NAME}` in any
string, so untrusted text is escaped: an id would otherwise send a secret of the agent's pod away.
It fails without an `apiKey` on hosts that it does not regard as local. It stops on unknown keys.
And each changed byte may restart agents: keys and models are sorted, the text is strict JSON.
"""

import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from sys import intern
from typing import Any, Protocol

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import (
    AGENTS,
    CONFIG,
    DIGEST,
    DOCUMENTS,
    KEYS,
    MODELS,
    ConfigMapState,
    digest,
)
from openclaw_vllm.api.output import Output
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.agents import ResolvedDefaults
from openclaw_vllm.core.config.agents_document import agents_document
from openclaw_vllm.core.config.base_config import Base, merge
from openclaw_vllm.core.config.entry import ambiguous, provider_entry
from openclaw_vllm.core.config.json_size import indentation, minimum_size
from openclaw_vllm.core.config.read_back import NOT_OURS
from openclaw_vllm.core.config.releases import adapt, check_base, parse_release
from openclaw_vllm.core.discovery.connection import Connection
from openclaw_vllm.core.discovery.models import Model

MAX_BYTES = 1_048_576  # of a ConfigMap's values together, measured on Kubernetes 1.37
HEADROOM = 16_384  # bytes reserved for labels, annotations and the keys that others add
TOO_LARGE = (
    f"the models and their params take more than a ConfigMap holds, which is {MAX_BYTES} bytes; "
    "publish fewer models or shorten params"
)

Json = dict[str, Any]
DEFAULTS = Output()


class DocumentForm(Protocol):
    """What a spec says about the documents: `spec.output`, or a catalog's `spec.target`."""

    @property
    def openclaw(self) -> str | None:
        """The oldest release of OpenClaw that must accept them."""

    @property
    def documents(self) -> Collection[str]:
        """The keys of those to publish."""


@dataclass(frozen=True, slots=True)
class Documents:
    """The ConfigMap's data and its digest."""

    data: Mapping[str, str]
    digest: str

    @property
    def annotations(self) -> dict[str, str]:
        """The annotations that tell how to read the data."""
        subset = {} if self.data.keys() >= set(KEYS) else {DOCUMENTS: ",".join(self.data)}
        return {DIGEST: self.digest, **subset}

    @property
    def size(self) -> int:
        """The bytes of all values."""
        return _count_bytes(self.data)

    @property
    def fits(self) -> bool:
        """Whether a ConfigMap can hold them."""
        return self.size <= MAX_BYTES - HEADROOM


def render(
    spec: VllmProviderSpec,
    connection: Connection,
    models: Iterable[Model],
    defaults: ResolvedDefaults,
    base: Base | None = None,
) -> Documents | Problem:
    """Render the documents for these models, in any order; a Problem when `base` conflicts,
    or OpenClaw would not take a header literally."""
    if problem := ambiguous(spec.headers):
        return problem
    ordered = sorted(models, key=lambda model: model.id)
    provider = provider_entry(spec, connection, ordered)
    agents = agents_document(f"{spec.provider_id}/", defaults, ordered) if spec.agents else {}
    return compose({spec.provider_id: provider}, agents, base, spec.output)


def compose(
    providers: Mapping[str, Json], agents: Json, base: Base | None, form: DocumentForm = DEFAULTS
) -> Documents | Problem:
    """Render the documents for these entries of models.providers, as the oldest release of OpenClaw
    that must accept them takes them."""
    release = parse_release(form.openclaw)
    if isinstance(release, Problem):
        return release
    adapted = adapt(providers, agents, release)
    if isinstance(adapted, Problem):
        return adapted
    models: Json = {"providers": adapted[0]}
    agents = adapted[1]
    config = merge(base, providers.keys(), models, agents)
    if isinstance(config, Problem):
        return config
    if problem := check_base(config, agents, release):
        return problem
    parts = {CONFIG: config, MODELS: models, AGENTS: agents}
    if _cannot_fit(parts, form.documents):
        return Problem(Reason.TOO_LARGE, TOO_LARGE)
    return _serialize_all(parts, form.documents)


def empty_documents(spec: VllmProviderSpec, base: Base | None) -> Documents:
    """Render valid documents without a provider, for the time before a first good answer.

    An agent whose include is missing does not start (exit 78), so the ConfigMap exists from the
    first reconcile on. A base that conflicts is left out.
    """
    models: Json = {"providers": {}}
    config = merge(base, [spec.provider_id], models, {})
    whole = {"models": models} if isinstance(config, Problem) else config
    return _serialize_all({CONFIG: whole, MODELS: models, AGENTS: {}}, spec.output.documents)


def was_rendered_from(published: ConfigMapState, spec: VllmProviderSpec, base: Base | None) -> bool:
    """Return whether the published configuration is its own parts, merged into this base."""
    return published.is_unmodified and rerender(published, [spec.provider_id], base) is not None


def rerender(
    published: ConfigMapState, provider_ids: Collection[str], base: Base | None
) -> Documents | None:
    """Render the documents of a ConfigMap again, from its own two parts and the base that they were
    merged into; None where that gives other bytes than were published.

    `provider_ids` are the providers that are ours to write.
    """
    try:
        providers = json.loads(published.models_json)["providers"]  # of the base too, sometimes
        models = {"providers": {id_: providers[id_] for id_ in provider_ids if id_ in providers}}
        agents = json.loads(published.agents_json or "{}")
        config = merge(base, provider_ids, models, agents)
    except NOT_OURS:
        return None
    parts = {CONFIG: config, MODELS: models, AGENTS: agents}
    failed = isinstance(config, Problem)
    documents = None if failed else _serialize_all(parts, published.documents)
    return documents if documents and documents.digest == published.recorded_digest else None


def _cannot_fit(parts: Mapping[str, Json], keys: Collection[str]) -> bool:
    """Return whether the parts, in openclaw.json and alone, are too large without any base."""
    remaining = MAX_BYTES - HEADROOM
    for key in (MODELS, AGENTS):
        copies = (CONFIG in keys) + (key in keys)
        if copies:
            remaining -= copies * minimum_size(parts[key], remaining // copies)
        if remaining < 0:
            return True
    return False


def _serialize_all(parts: Mapping[str, Json], keys: Collection[str]) -> Documents:
    """Serialize the parts of these keys, with an indent of two spaces, or, where that does not fit,
    without white space."""
    documents: dict[str, Json] = {key: parts[key] for key in KEYS if key in keys}
    compact = {key: _serialize(document, indent=None) for key, document in documents.items()}
    remaining = MAX_BYTES - HEADROOM - _count_bytes(compact)
    for document in documents.values():
        remaining -= indentation(document, remaining)
        if remaining < 0:
            return Documents(compact, digest(compact))
    indented = {key: _serialize(document, indent=2) for key, document in documents.items()}
    return Documents(indented, digest(indented))


def _count_bytes(data: Mapping[str, str]) -> int:
    return sum(len(text.encode()) for text in data.values())


def _serialize(document: Json, *, indent: int | None) -> str:
    text = json.dumps(
        document,
        indent=indent,
        separators=(",", ": ") if indent else (",", ":"),
        sort_keys=True,
        ensure_ascii=False,
        allow_nan=False,
    )
    return intern(f"{text}\n")  # the ConfigMap in the cache has the same text
