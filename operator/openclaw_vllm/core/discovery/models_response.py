"""A server's list of models: from the bytes of `GET /v1/models` to values, or the reason why not.

The bytes are untrusted. Python's parser accepts `NaN`, raises RecursionError on deep nesting and
refuses long integers (all measured): the first two make an answer a bad one instead of an
exception, and a bad one never touches what is published. An integer beyond 64 bits counts as null,
and a text with a lone surrogate as none, so that neither costs more than its own row.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.discovery import ModelKind
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.adapters import base_ids
from openclaw_vllm.core.discovery.body_errors import BodyError, read_error
from openclaw_vllm.core.discovery.kinds import kind_of
from openclaw_vllm.core.discovery.listing import Listing, read_listing
from openclaw_vllm.core.discovery.numbers import context_of, max_output_of
from openclaw_vllm.core.discovery.refusals import error_refusal
from openclaw_vllm.core.discovery.row_fields import read_field

MODELS_PATH = "/v1/models"  # of most servers
MAX_OBJECTS = 16_000  # 1 MiB holds 4 000 models of vLLM, two objects each, or 13 000 of LiteLLM
MAX_VALUES = 100_000
LONG_NUMBER = re.compile(rb"[0-9]{19}")  # only then each number has to be checked
INT64_DIGITS = 20
INT64 = range(-(2**63), 2**63)
MAX_VERSION_BODY = 4096  # bytes; vLLM sends 20, and a MiB of brackets takes a third of a second
NO_API = (
    "write the path of the server's API, such as /v1, into baseUrl or serviceRef, with apiRoot: "
    "AsWritten if it names no version"
)
WRITE_MODELS = "write the models into spec.models"
VERSION = re.compile(r"[0-9][0-9A-Za-z.+_-]{0,63}")
CUT_LIST = Problem(
    Reason.INVALID_ANSWER,
    "the server cut its list of models into pages and did not give all of them; what is published "
    "stays: raise the server's page size, or write the models into spec.models",
)


@dataclass(frozen=True, slots=True)
class ServedModel:
    """A model as its server lists it: lengths in tokens, `parent` an adapter's base model."""

    id: str  # empty: a row without a usable one
    parent: str = ""
    context: int | None = None
    max_output: int | None = None
    kind: ModelKind | None = field(default=None, compare=False)  # None where the list is silent
    loaded: bool = field(default=True, compare=False)  # False where the list says that it is not
    images: bool | None = field(default=None, compare=False)  # where the list says what it takes


@dataclass(frozen=True, slots=True)
class Page:
    """One answer: every model in the server's order, duplicates included."""

    models: tuple[ServedModel, ...]
    names_only: bool = False  # see Listing
    next_after: str = ""
    is_cut: bool = False
    total: int = 0

    def is_last_of(self, count: int) -> bool:
        """Return whether this page ends a list of `count` models in all."""
        return not self.is_cut and self.total <= count


def parse(body: bytes, path: str = MODELS_PATH) -> tuple[ServedModel, ...] | Problem:
    """Read an answer that is the whole list; a first page alone is a bad one.

    `path` is what was asked, for messages.
    """
    page = parse_page(body, path)
    if isinstance(page, BodyError):
        return error_refusal(page, path)
    if isinstance(page, Problem):
        return page
    return page.models if page.is_last_of(len(page.models)) else CUT_LIST


def parse_page(body: bytes, path: str) -> Page | Problem | BodyError:
    """Read an answer, which may be one page of several, or an error."""
    if body.count(b"{") > MAX_OBJECTS or body.count(b",") > MAX_VALUES:
        message = f"the answer to GET {path} holds more than {MAX_OBJECTS} objects, or "
        message += f"{MAX_VALUES} values; {WRITE_MODELS}"
        return Problem(Reason.ANSWER_TOO_LARGE, message)
    try:
        careful = _integer if LONG_NUMBER.search(body) else None
        document = json.loads(body.decode("utf-8"), parse_constant=_refuse, parse_int=careful)
    except (ValueError, RecursionError):
        form = "a web page" if body.lstrip().startswith(b"<") else "not JSON that can be read"
        message = f"the answer to GET {path} is {form if body.strip() else 'empty'}; {NO_API}"
        return Problem(Reason.INVALID_ANSWER, message)
    if error := read_error(document):
        return error
    listing = read_listing(document)
    if isinstance(listing, str):
        return Problem(Reason.INVALID_ANSWER, f"the answer to GET {path} {listing}")
    return _read_page(listing)


def _read_page(listing: Listing) -> Page:
    contexts = tuple(context_of(row) for row in listing.rows)
    rows = zip(listing.rows, base_ids(listing.rows, contexts), contexts, strict=True)
    models = tuple(_read_model(*row) for row in rows)
    return Page(models, listing.names_only, listing.next_after, listing.is_cut, listing.total)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is not JSON")


def _integer(digits: str) -> int | None:
    is_short = len(digits) <= INT64_DIGITS
    return int(digits) if is_short and int(digits) in INT64 else None


def _read_model(card: Mapping[str, Any], parent: str, context: int | None) -> ServedModel:
    return ServedModel(
        id=card["id"],
        parent=parent,
        context=context,
        max_output=max_output_of(card),
        kind=kind_of(card),
        loaded=_is_loaded(card),
        images=_takes_images(card),
    )


def _is_loaded(card: Mapping[str, Any]) -> bool:
    """Return whether a model is in memory, as far as llama-server's router mode
    (`status.value`), LM Studio (`state`) and mistral.rs (`status`) say it."""
    if card.get("status") in ("unloaded", "reloading"):
        return False
    state = card.get("state") or read_field(card, "status.value")
    return not isinstance(state, str) or state == "loaded"


def _takes_images(card: Mapping[str, Any]) -> bool | None:
    """Read `architecture.input_modalities`, which llama-server's router mode gives."""
    architecture = card.get("architecture")
    inputs = architecture.get("input_modalities") if isinstance(architecture, dict) else None
    return "image" in inputs if isinstance(inputs, list) and inputs else None


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
