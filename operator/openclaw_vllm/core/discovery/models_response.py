"""A server's list of models: from the bytes of `GET /v1/models` to values, or the reason why not.

The bytes are untrusted. Python's parser accepts `NaN` and lone surrogates, raises RecursionError on
deep nesting and refuses long integers (all measured): each of these makes an answer a bad one
instead of an exception, and a bad one never touches what is published.
"""

import json
import re
from dataclasses import dataclass, field
from typing import Any, NoReturn

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem

MAX_OBJECTS = 16_000  # 1 MiB holds 4 000 models of vLLM, two objects each, or 13 000 of LiteLLM
MAX_CONTEXT = 1_000_000_000  # tokens; as in spec.modelDefaults
MAX_VALUES = 100_000
LONG_NUMBER = re.compile(rb"[0-9]{19}")  # only then is each number worth a look
INT64_DIGITS = 20
INT64 = range(-(2**63), 2**63)
MAX_VERSION_BODY = 4096  # bytes; vLLM sends 20, and a MiB of brackets takes a third of a second
VERSION = re.compile(r"[0-9][0-9A-Za-z.+_-]{0,63}")


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model as its server lists it: `context` in tokens, `parent` an adapter's base model."""

    id: str
    parent: str = ""
    context: int | None = None
    loaded: bool = field(default=True, compare=False)  # False where the list says that it is not
    images: bool | None = field(default=None, compare=False)  # where the list says what it takes


def parse(body: bytes) -> tuple[ServedModel, ...] | Problem:
    """Read an answer: every model in the server's order, duplicates included.

    Good is a JSON object whose `data` is an array of objects with a non-empty string `id` each.
    """
    if body.count(b"{") > MAX_OBJECTS or body.count(b",") > MAX_VALUES:
        message = f"the answer to GET /v1/models holds more than {MAX_OBJECTS} objects, or "
        message += f"{MAX_VALUES} values"
        return Problem(Reason.ANSWER_TOO_LARGE, message)
    try:
        careful = _integer if LONG_NUMBER.search(body) else None
        document = json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_int=careful)
        if b"\\u" in body:
            _refuse_lone_surrogates(document)
        rows = document.get("data") if isinstance(document, dict) else None
        if not isinstance(rows, list) or not all(map(_is_card, rows)):
            return _bad("is not a list of models: data[] with an id each is expected")
        return tuple(_served(card) for card in rows)
    except (ValueError, RecursionError):
        return _bad("is not JSON that can be read")


def _bad(what: str) -> Problem:
    return Problem(Reason.INVALID_ANSWER, f"the answer to GET /v1/models {what}")


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _integer(digits: str) -> int:
    if len(digits) > INT64_DIGITS or int(digits) not in INT64:
        raise ValueError("integer outside 64 bits")
    return int(digits)


def _refuse_lone_surrogates(document: object) -> None:
    """Raise UnicodeEncodeError, a ValueError, for text that no UTF-8 document can hold."""
    json.dumps(document, ensure_ascii=False).encode("utf-8")


def _is_card(row: object) -> bool:
    return isinstance(row, dict) and isinstance(row.get("id"), str) and row["id"] != ""


def _served(card: dict[str, Any]) -> ServedModel:
    parent = card.get("parent")
    return ServedModel(
        id=card["id"],
        parent=parent if isinstance(parent, str) else "",
        context=_context(card),
        loaded=_is_loaded(card),
        images=_takes_images(card),
    )


def _is_loaded(card: dict[str, Any]) -> bool:
    """Tell whether a model is in memory, as far as llama-server's router mode (`status.value`) and
    LM Studio (`state`) say it."""
    status = card.get("status")
    state = status.get("value") if isinstance(status, dict) else card.get("state")
    return not isinstance(state, str) or state == "loaded"


def _takes_images(card: dict[str, Any]) -> bool | None:
    """Read `architecture.input_modalities`, which llama-server's router mode gives."""
    architecture = card.get("architecture")
    inputs = architecture.get("input_modalities") if isinstance(architecture, dict) else None
    return "image" in inputs if isinstance(inputs, list) and inputs else None


def _context(card: dict[str, Any]) -> int | None:
    """Find the context length under the names that vLLM, LiteLLM and llama.cpp give it.

    `meta.n_ctx_train` is left out: it is the length of training, not the limit. A number beyond
    what a person may write is no length, and from 2**53 on OpenClaw shows none (measured).
    """
    meta = card.get("meta")
    candidates = (
        card.get("max_model_len"),
        card.get("max_input_tokens"),
        card.get("context_length"),
        meta.get("n_ctx") if isinstance(meta, dict) else None,
    )
    for value in candidates:
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value <= MAX_CONTEXT:
            return value
    return None


def parse_version(body: bytes) -> str:
    """Read the answer to vLLM's `GET /version`; empty when it does not look like a version."""
    if len(body) > MAX_VERSION_BODY:
        return ""
    try:
        document = json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return ""
    version = document.get("version") if isinstance(document, dict) else None
    return version if isinstance(version, str) and VERSION.fullmatch(version) else ""
