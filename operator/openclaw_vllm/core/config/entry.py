"""Entry of models.providers, in OpenClaw's format.

Without `auth: "api-key"` and an `apiKey` the client would send a key of its own choice, or fail on
hosts that it does not regard as local; untrusted text is escaped.
"""

import re
from collections.abc import Iterable
from typing import Any

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.endpoint_fields import RESERVED_HEADERS
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import Header, Tls, VllmProviderSpec
from openclaw_vllm.core.config.escaping import escape
from openclaw_vllm.core.discovery.connection import Connection
from openclaw_vllm.core.discovery.models import Model
from openclaw_vllm.core.discovery.references import AUTHORIZATION

# Any literal but OpenClaw's reserved markers; a server without keys does not check it.
BEARER = "Bearer"
KEYLESS = "vllm-local"
SECRET = re.compile(r"\$[A-Z][A-Z0-9_]{0,127}|secretref-managed|secretref-env:.*")

Json = dict[str, Any]


def provider_entry(spec: VllmProviderSpec, connection: Connection, models: Iterable[Model]) -> Json:
    """Return the entry, with the models in this order."""
    provider: Json = {
        "api": "openai-completions",
        "auth": "api-key",  # else VLLM_API_KEY of the agent's pod goes to any provider named vllm
        "apiKey": f"${{{spec.auth.api_key_env}}}" if spec.auth else KEYLESS,
        "baseUrl": escape(connection.base_url),
        "models": [_build_model(model) for model in models],
    }
    if spec.timeout_seconds is not None:
        provider["timeoutSeconds"] = spec.timeout_seconds
    headers = {header.name: _build_header(header) for header in spec.headers}
    if spec.auth and spec.auth.scheme != BEARER:
        headers[AUTHORIZATION] = f"{spec.auth.scheme} {provider['apiKey']}"  # wins over the key's
    if headers:
        provider["headers"] = headers
    if tls := _build_tls(spec.tls or Tls(), connection):
        provider["request"] = {"tls": tls}
    return provider


def ambiguous(headers: Iterable[Header]) -> Problem | None:
    """Return what is wrong with a header by the CEL rules: an object may be older than those.

    OpenClaw reads these values as references to secrets, without a way to escape them; and some of
    these names cannot be keys of a JavaScript object.
    """
    for header in headers:
        if header.name.lower() in RESERVED_HEADERS:
            message = f"spec.headers: {header.name} is reserved; write another name"
            return Problem(Reason.INVALID_SPEC, message)
        if SECRET.fullmatch(header.value or ""):
            message = (
                f"spec.headers: OpenClaw would take the value of {header.name} for a reference to "
                "a secret; write another, or use valueFrom and env"
            )
            return Problem(Reason.INVALID_SPEC, message)
    return None


def _build_tls(tls: Tls, connection: Connection) -> Json:
    """Return `request.tls`; OpenClaw takes PEM texts there and no paths (2026.9.6, measured), and
    substitutes variables."""
    texts = {"ca": connection.ca_pem, "serverName": tls.server_name or ""}
    tls_entry = {key: escape(text) for key, text in texts.items() if text}
    if client := tls.client_certificate_ref:
        tls_entry |= {"cert": f"${{{client.certificate_env}}}", "key": f"${{{client.key_env}}}"}
    return tls_entry


def _build_header(header: Header) -> str:
    return f"${{{header.env}}}" if header.env else escape(header.value or "")


def _build_model(model: Model) -> Json:
    settings = model.settings
    compat: Json = {"supportsUsageInStreaming": True}
    if model.tools is not None:
        compat["supportsTools"] = model.tools
    if settings.compat:
        compat |= settings.compat.model_dump(exclude_none=True)
    cost = settings.cost.model_dump() if settings.cost else dict.fromkeys(_COSTS, 0)
    return {
        "id": escape(model.id),
        "name": escape(model.name),
        "reasoning": bool(settings.reasoning),
        "input": list(model.input),
        "cost": {name: _to_number(value) for name, value in cost.items()},
        "contextWindow": model.context_window,
        "maxTokens": model.max_tokens,
        "compat": compat,
    }


_COSTS = ("input", "output", "cacheRead", "cacheWrite")


def _to_number(value: float) -> float:
    """Return whole numbers without a fraction, as in OpenClaw's documentation."""
    return int(value) if value == int(value) else value
