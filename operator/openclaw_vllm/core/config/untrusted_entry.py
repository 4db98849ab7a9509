"""Schema of an untrusted entry of models.providers, read from a ConfigMap.

Whoever may edit ConfigMaps can write one that looks like ours, with a matching digest, and a
catalog would carry it to the agents of other teams. So only the fields that `entry` writes are
read: others would stop OpenClaw, and `${NAME}` anywhere but in a key or a header would send another
team's key to this team's server.
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


def _check_id(id_: str) -> str:
    if not id_ or rejection(unescape(id_)):
        raise ValueError("OpenClaw cannot use this id")
    return id_


def _check_key(text: str) -> str:
    if text != KEYLESS and not REFERENCE.fullmatch(text):
        raise ValueError("neither a variable nor our placeholder")
    return text


def _check_header_name(text: str) -> str:
    if text.lower() in RESERVED_HEADERS:
        raise ValueError("a reserved name")
    return text


def _check_header(text: str) -> str:
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


class _Tls(WireModel):
    ca: str = ""
    server_name: str = ""


class _Request(WireModel):
    tls: _Tls


class _Entry(WireModel):
    api: Literal["openai-completions"]
    auth: Literal["api-key"]
    api_key: Annotated[str, AfterValidator(_check_key)]
    base_url: Annotated[str, Field(pattern="^https?://")]
    models: Annotated[list[_Model], Field(min_length=1)]
    headers: dict[
        Annotated[str, AfterValidator(_check_header_name)],
        Annotated[str, AfterValidator(_check_header)],
    ] = Field(default_factory=dict)
    request: _Request | None = None


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
    return escaped | verbatim
