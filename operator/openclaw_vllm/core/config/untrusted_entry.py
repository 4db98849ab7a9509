"""Schema of an untrusted entry of models.providers, read from a ConfigMap.

Whoever may edit ConfigMaps can write one that looks like ours, with a matching digest, and a
catalog would carry it to the agents of other teams. So only the fields that `entry` writes are
read: others would stop OpenClaw, and `${NAME}` anywhere but in a key or a header would send another
team's key to this team's server.
"""

import re
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from openclaw_vllm.api.endpoint_fields import RESERVED_HEADERS, TimeoutSeconds
from openclaw_vllm.api.fields import WireModel
from openclaw_vllm.api.models import Modality, ModelCompat, ModelCost
from openclaw_vllm.core.config.entry import KEYLESS, SECRET
from openclaw_vllm.core.config.escaping import REFERENCE, escape, escape_all, unescape, unescape_all
from openclaw_vllm.core.discovery.ids import rejection
from openclaw_vllm.core.discovery.references import AUTHORIZATION

SCHEME_AND_KEY = re.compile(rf"[A-Za-z][-A-Za-z0-9]* {REFERENCE.pattern}")

Json = dict[str, Any]


def _check_id(id_: str) -> str:
    if not id_ or rejection(unescape(id_)):
        raise ValueError("OpenClaw cannot use this id")
    return id_


def _check_key(text: str) -> str:
    if text != KEYLESS and not REFERENCE.fullmatch(text):
        raise ValueError("neither a variable nor our placeholder")
    return text


def _check_headers(headers: dict[str, str]) -> dict[str, str]:
    return {name: _check_header(name, text) for name, text in headers.items()}


def _check_header(name: str, text: str) -> str:
    if name == AUTHORIZATION and SCHEME_AND_KEY.fullmatch(text):
        return text
    if name.lower() in RESERVED_HEADERS:
        raise ValueError("a reserved name")
    if SECRET.fullmatch(text):
        raise ValueError("OpenClaw would take it for a reference to a secret")
    return text if REFERENCE.fullmatch(text) else escape(unescape(text))


class _Model(WireModel):
    id: Annotated[str, AfterValidator(_check_id)]
    name: str
    reasoning: bool
    input: Annotated[list[Modality], Field(min_length=1)]
    cost: ModelCost
    context_window: Annotated[int, Field(ge=1)]
    max_tokens: Annotated[int, Field(ge=1)]
    compat: ModelCompat


def _check_variable(text: str) -> str:
    if not REFERENCE.fullmatch(text):
        raise ValueError("no variable")
    return text


class _Tls(WireModel):
    ca: str = ""
    server_name: str = ""
    cert: Annotated[str, AfterValidator(_check_variable)] | None = None
    key: Annotated[str, AfterValidator(_check_variable)] | None = None


class _Request(WireModel):
    tls: _Tls


class _Entry(WireModel):
    api: Literal["openai-completions"]
    auth: Literal["api-key"]
    api_key: Annotated[str, AfterValidator(_check_key)]
    base_url: Annotated[str, Field(pattern="^https?://")]
    models: Annotated[list[_Model], Field(min_length=1)]
    headers: Annotated[dict[str, str], AfterValidator(_check_headers)] = Field(default_factory=dict)
    timeout_seconds: TimeoutSeconds | None = None
    request: _Request | None = None

    @model_validator(mode="after")
    def _check_authorization(self) -> Self:
        """Refuse another variable than the key's: it may be another team's."""
        authorization = self.headers.get(AUTHORIZATION)
        if authorization is not None and authorization.partition(" ")[2] != self.api_key:
            raise ValueError("another variable than the key's")
        return self


def parse_untrusted_entry(entry: object) -> Json | None:
    """Return the entry as we would write it, unchanged if it is ours; None for one of another form
    or without models."""
    try:
        parsed = _Entry.model_validate(entry, strict=True)
    except ValidationError:
        return None
    document = parsed.model_dump(exclude_unset=True, exclude={"api_key", "headers"})
    verbatim = parsed.model_dump(exclude_unset=True, include={"api_key", "headers"})
    escaped: Json = escape_all(unescape_all(document))  # once, also what is escaped already
    if parsed.request is not None:
        client = parsed.request.tls.model_dump(exclude_unset=True, include={"cert", "key"})
        escaped["request"]["tls"] |= client
    return escaped | verbatim
