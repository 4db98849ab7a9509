"""The form in which an entry of models.providers may be taken over from a ConfigMap.

Whoever may edit ConfigMaps can write one that looks like ours, with a digest that fits, and a
catalogue would carry it to the agents of other teams. So nothing but what `entry` writes is read:
other fields would stop OpenClaw, and `${NAME}` in any other place than a key's or a header's would
send another team's key to this team's server.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, ValidationError

from openclaw_vllm.api.endpoint_fields import RESERVED_HEADERS
from openclaw_vllm.api.fields import WireModel
from openclaw_vllm.api.models import Modality, ModelCompat, ModelCost
from openclaw_vllm.core.config.entry import KEYLESS, SECRET
from openclaw_vllm.core.config.escaping import REFERENCE, escape, escape_all, unescape, unescape_all
from openclaw_vllm.core.discovery.models import rejection

Json = dict[str, Any]


def _usable(id_: str) -> str:
    if not id_ or rejection(unescape(id_)):
        raise ValueError("OpenClaw cannot use this id")
    return id_


def _key(text: str) -> str:
    if text != KEYLESS and not REFERENCE.fullmatch(text):
        raise ValueError("neither a variable nor our placeholder")
    return text


def _header_name(text: str) -> str:
    if text.lower() in RESERVED_HEADERS:
        raise ValueError("a reserved name")
    return text


def _header(text: str) -> str:
    if SECRET.fullmatch(text):
        raise ValueError("OpenClaw would take it for a reference to a secret")
    return text if REFERENCE.fullmatch(text) else escape(unescape(text))


class _Model(WireModel):
    id: Annotated[str, AfterValidator(_usable)]
    name: str
    reasoning: bool
    input: Annotated[list[Modality], Field(min_length=1)]
    cost: ModelCost
    context_window: Annotated[int, Field(ge=1)]
    max_tokens: Annotated[int, Field(ge=1)]
    compat: ModelCompat


class _Tls(WireModel):
    ca: str = ""
    server_name: str = ""


class _Request(WireModel):
    tls: _Tls


class _Entry(WireModel):
    api: Literal["openai-completions"]
    auth: Literal["api-key"]
    api_key: Annotated[str, AfterValidator(_key)]
    base_url: Annotated[str, Field(pattern="^https?://")]
    models: Annotated[list[_Model], Field(min_length=1)]
    headers: dict[
        Annotated[str, AfterValidator(_header_name)], Annotated[str, AfterValidator(_header)]
    ] = Field(default_factory=dict)
    request: _Request | None = None


def parse_untrusted_entry(entry: object) -> Json | None:
    """Return the entry as we write it, byte for byte if it is ours; None for one of another form,
    or without models."""
    try:
        read = _Entry.model_validate(entry, strict=True)
    except ValidationError:
        return None
    document = read.model_dump(exclude_unset=True, exclude={"api_key", "headers"})
    kept = read.model_dump(exclude_unset=True, include={"api_key", "headers"})
    escaped: Json = escape_all(unescape_all(document))  # once, what is escaped already included
    return escaped | kept
