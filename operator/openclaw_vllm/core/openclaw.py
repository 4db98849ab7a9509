"""The ConfigMap's three documents, in OpenClaw's own format, as bytes that never churn.

Every rule here was forced by the real client (OpenClaw 2026.9.6). It substitutes `${NAME}` in any
string, so text that came from outside is escaped: a copied id would otherwise send a secret of the
agent's pod away. It fails without an `apiKey` on hosts it does not know as local. It stops on
unknown keys. And each changed byte may restart agents: keys and models are sorted, the text is
strict JSON.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import AGENTS, CONFIG, MODELS, PublishedMap, digest
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import Header, VllmProviderSpec
from openclaw_vllm.core.agents import Choice
from openclaw_vllm.core.baseconfig import Base, merge
from openclaw_vllm.core.capabilities import Capabilities
from openclaw_vllm.core.defaults import agents_document
from openclaw_vllm.core.escaping import escape, unescape
from openclaw_vllm.core.models import Entry

KEYLESS = (
    "vllm-local"  # any literal but OpenClaw's reserved markers; never sent to anyone who checks
)
MAX_BYTES = 1_048_576  # of a ConfigMap's values together, measured on Kubernetes 1.37
HEADROOM = 16_384  # bytes left for labels, annotations and the keys that others add

_NOT_OURS = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_SECRET = re.compile(r"\$[A-Z][A-Z0-9_]{0,127}|secretref-managed|secretref-env:.*")

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


@dataclass(frozen=True, slots=True)
class PublishedModels:
    """What a published `models.json` says: the URL, each model's context, and what it can."""

    base_url: str
    contexts: tuple[tuple[str, int], ...]
    capabilities: Mapping[str, Capabilities]


@dataclass(frozen=True, slots=True)
class Connection:
    """How agents reach the server, beside what the spec says: the URL and the CA's certificates."""

    base_url: str
    ca_pem: str = ""


def render(
    spec: VllmProviderSpec,
    connection: Connection,
    entries: Iterable[Entry],
    choice: Choice,
    base: Base | None = None,
) -> Documents | Problem:
    """Write the three documents for these models, in any order; a Problem when `base` is in the
    way, or a header would mean more than it says."""
    if problem := _ambiguous(spec.headers):
        return problem
    ordered = sorted(entries, key=lambda entry: entry.id)
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
    try:
        models, agents = json.loads(published.models_json), json.loads(published.agents_json)
        config = merge(base, spec.provider_id, models, agents)
    except _NOT_OURS:
        return False
    merged = None if isinstance(config, Problem) else _documents(config, models, agents)
    return merged is not None and merged.digest == published.digest


def read_models(models_json: str, provider_id: str) -> PublishedModels:
    """Read a `models.json` that we wrote; one of another form counts as one without models."""
    try:
        provider = json.loads(models_json)["providers"][provider_id]
        models = {unescape(model["id"]): model for model in provider["models"]}
        return PublishedModels(
            base_url=unescape(provider["baseUrl"]),
            contexts=tuple((id_, int(model["contextWindow"])) for id_, model in models.items()),
            capabilities={id_: _capabilities(model) for id_, model in models.items()},
        )
    except _NOT_OURS:
        return PublishedModels("", (), {})


def read_primary(agents_json: str, prefix: str) -> str:
    """Read the primary's id, the reference without its prefix, from an `agents-defaults.json` that
    we wrote; empty without one."""
    try:
        return unescape(json.loads(agents_json)["model"]["primary"]).removeprefix(prefix)
    except _NOT_OURS:
        return ""


def _capabilities(model: Json) -> Capabilities:
    """Read back what was found out; that a model takes no image is published as nothing."""
    return Capabilities(model["compat"].get("supportsTools"), "image" in model["input"] or None)


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


def provider_entry(
    spec: VllmProviderSpec, connection: Connection, entries: Iterable[Entry]
) -> Json:
    """Write one entry of models.providers; the models in the order of `entries`."""
    provider: Json = {
        "api": "openai-completions",
        "auth": "api-key",  # or VLLM_API_KEY of the agent's pod goes to any provider named vllm
        "apiKey": f"${{{spec.auth.api_key_env}}}" if spec.auth else KEYLESS,
        "baseUrl": escape(connection.base_url),
        "models": [_model(entry) for entry in entries],
    }
    if spec.headers:
        provider["headers"] = {header.name: _header(header) for header in spec.headers}
    tls = {
        "ca": connection.ca_pem,
        "serverName": (spec.tls.server_name if spec.tls else None) or "",
    }
    if any(tls.values()):
        provider["request"] = {"tls": {key: escape(value) for key, value in tls.items() if value}}
    return provider


def _ambiguous(headers: Iterable[Header]) -> Problem | None:
    """Check again what CEL has checked: an object may be older than that rule.

    OpenClaw reads these values as references to secrets, and cannot be told not to.
    """
    for header in headers:
        if _SECRET.fullmatch(header.value or ""):
            message = (
                f"spec.headers: OpenClaw would take the value of {header.name} for a reference to "
                "a secret; write another, or use valueFrom and env"
            )
            return Problem(Reason.INVALID_SPEC, message)
    return None


def _header(header: Header) -> str:
    return f"${{{header.env}}}" if header.env else escape(header.value or "")


def _model(entry: Entry) -> Json:
    settings = entry.settings
    compat: Json = {"supportsUsageInStreaming": True}
    if entry.tools is not None:
        compat["supportsTools"] = entry.tools
    if settings.compat:
        compat |= settings.compat.model_dump(exclude_none=True)
    cost = settings.cost.model_dump() if settings.cost else dict.fromkeys(_COSTS, 0)
    return {
        "id": escape(entry.id),
        "name": escape(entry.name),
        "reasoning": bool(settings.reasoning),
        "input": list(entry.input),
        "cost": {name: _number(value) for name, value in cost.items()},
        "contextWindow": entry.context_window,
        "maxTokens": entry.max_tokens,
        "compat": compat,
    }


_COSTS = ("input", "output", "cacheRead", "cacheWrite")


def _number(value: float) -> float:
    """Write whole numbers without a fraction, as the documented example has them."""
    return int(value) if value == int(value) else value
