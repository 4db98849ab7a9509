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
from openclaw_vllm.core.models import Entry

KEYLESS = (
    "vllm-local"  # any literal but OpenClaw's reserved markers; never sent to anyone who checks
)
MAX_BYTES = 1_048_576  # of a ConfigMap's values together, measured on Kubernetes 1.37

_NOT_OURS = (ValueError, KeyError, TypeError, AttributeError, RecursionError)
_REFERENCE = re.compile(r"\$\{[A-Z_][A-Z0-9_]*\}")
_SECRET = re.compile(r"\$[A-Z][A-Z0-9_]{0,127}|secretref-managed|secretref-env:.*")
_ESCAPED = re.compile(r"\$(\$\{[A-Z_][A-Z0-9_]*\})")

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
    provider = _provider(spec, connection, [_model(entry) for entry in ordered])
    models: Json = {"providers": {spec.provider_id: provider}}
    agents = _agents(spec.provider_id, choice, ordered) if spec.agents else {}
    config = merge(base, spec.provider_id, models, agents)
    return config if isinstance(config, Problem) else _documents(config, models, agents)


def skeleton(spec: VllmProviderSpec, base: Base | None) -> Documents:
    """Write valid documents without a provider, for the time before a first good answer.

    An agent whose include is missing does not start (exit 78), so the ConfigMap exists from the
    first reconcile on. A base that is in the way is left out of it.
    """
    models: Json = {"providers": {}}
    config = merge(base, spec.provider_id, models, {})
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
        models = {_unescape(model["id"]): model for model in provider["models"]}
        return PublishedModels(
            base_url=_unescape(provider["baseUrl"]),
            contexts=tuple((id_, int(model["contextWindow"])) for id_, model in models.items()),
            capabilities={id_: _capabilities(model) for id_, model in models.items()},
        )
    except _NOT_OURS:
        return PublishedModels("", (), {})


def read_primary(agents_json: str, provider_id: str) -> str:
    """Read the primary's id from an `agents-defaults.json` that we wrote; empty without one."""
    try:
        reference = json.loads(agents_json)["model"]["primary"]
        return _unescape(reference).removeprefix(f"{provider_id}/")
    except _NOT_OURS:
        return ""


def _capabilities(model: Json) -> Capabilities:
    """Read back what was found out; that a model takes no image is published as nothing."""
    return Capabilities(model["compat"].get("supportsTools"), "image" in model["input"] or None)


def escape(text: str) -> str:
    """Write `$${NAME}` for each `${NAME}`, which OpenClaw reads back as it was; other text has no
    effect."""
    return _REFERENCE.sub(lambda found: "$" + found.group(), text)


def _unescape(text: str) -> str:
    return _ESCAPED.sub(r"\1", text)


def _documents(config: Json, models: Json, agents: Json) -> Documents:
    data = {CONFIG: _text(config), MODELS: _text(models), AGENTS: _text(agents)}
    return Documents(data, digest(data))


def _text(document: Json) -> str:
    return (
        json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n"
    )


def _provider(spec: VllmProviderSpec, connection: Connection, models: list[Json]) -> Json:
    provider: Json = {
        "api": "openai-completions",
        "auth": "api-key",  # or VLLM_API_KEY of the agent's pod goes to any provider named vllm
        "apiKey": f"${{{spec.auth.api_key_env}}}" if spec.auth else KEYLESS,
        "baseUrl": escape(connection.base_url),
        "models": models,
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


def _agents(provider_id: str, choice: Choice, entries: Iterable[Entry]) -> Json:
    """Write what the choice says; values are escaped, keys are not, since OpenClaw leaves keys
    alone."""

    def ref(id_: str) -> str:
        return f"{provider_id}/{escape(id_)}"

    model: Json = {"primary": ref(choice.primary)} if choice.primary else {}
    if choice.fallbacks:
        model["fallbacks"] = [ref(id_) for id_ in choice.fallbacks]
    aliases = {id_: {"alias": alias} for id_, alias in (choice.aliases or {}).items()}
    params = {e.id: {"params": _escaped(e.settings.params)} for e in entries if e.settings.params}
    models = {
        f"{provider_id}/{id_}": aliases.get(id_, {}) | params.get(id_, {})
        for id_ in aliases | params
    }
    allow = _allowed(provider_id, choice.allow, models)
    sections = {"model": model, "models": models, "modelPolicy": allow}
    return {name: section for name, section in sections.items() if section}


def _allowed(provider_id: str, ids: tuple[str, ...] | None, models: Json) -> Json:
    """Write `modelPolicy`: exactly the ids, or all that we publish, or everything.

    OpenClaw takes an id here only without empty parts and white space between its slashes; an empty
    list allows everything; and without any list `models` would act as one (all measured).
    """
    if ids is None:
        return {"allow": []} if models else {}
    if not ids or any(not re.fullmatch(r"[^\s/]+(/[^\s/]+)*", id_) for id_ in ids):
        return {"allow": [f"{provider_id}/*"]}
    return {"allow": [f"{provider_id}/{escape(id_)}" for id_ in ids]}


def _escaped(value: Any) -> Any:
    """Escape every string value of free-form settings; OpenClaw leaves keys alone."""
    match value:
        case str():
            return escape(value)
        case Mapping():
            return {key: _escaped(item) for key, item in value.items()}
        case list() | tuple():
            return [_escaped(item) for item in value]
    return value
