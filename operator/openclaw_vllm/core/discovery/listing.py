"""Shapes of a server's list of models: from a JSON document to rows.

OpenAI's is `{"data": [{"id": ...}]}`. Ollama 0.17.4 writes `"data": null` when it has no model,
gateways send a bare array, and vLLM's own router `{"models": [...]}` with ids or with rows.
Rows that have a name or a key and no id are those of a server's own API: Ollama's, LM Studio's,
Gemini's, Cohere's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openclaw_vllm.core.discovery.paging import is_cut, next_after, total_of
from openclaw_vllm.core.discovery.row_fields import text

FORM = 'expected is {"data": [...]} with an id in each row'
OTHER_API = "that is another API than OpenAI's; write the path of that, such as /v1"
OTHER_IDS = ("name", "key")
JSON_TYPES = {dict: "an object", list: "an array", str: "text", bool: "a truth value"}


@dataclass(frozen=True, slots=True)
class Listing:
    """The rows of an answer, each with a usable `id` or with an empty one."""

    rows: tuple[Mapping[str, Any], ...]
    names_only: bool = False  # `models` holds ids: vLLM's router, or KServe's own protocol
    next_after: str = ""  # the id after which the next page begins; empty on the last page
    is_cut: bool = False  # there are more rows, by a cursor that is not followed
    total: int = 0  # rows of all pages, where the answer says so


def read_listing(document: object) -> Listing | str:
    """Return the rows of a document, or words for what it is instead of a list of models.

    A row without a usable id costs the others nothing; without a single good row the answer is bad.
    """
    values = _values(document)
    if isinstance(values, str):
        return f"{values}; {FORM}"
    rows = tuple(_row(value) for value in values)
    if rows and not any(row["id"] for row in rows):
        advice = OTHER_API if any(row.get(name) for row in rows for name in OTHER_IDS) else FORM
        return f"lists {len(rows)} rows, none of them with an id; {advice}"
    names_only = bool(values) and _has_models_only(document) and _all_text(values)
    return Listing(
        rows, names_only, next_after(document, rows), is_cut(document), total_of(document)
    )


def _all_text(values: list[object]) -> bool:
    """Return whether a list holds ids instead of rows."""
    return all(isinstance(value, str) for value in values)


def _values(document: object) -> list[object] | str:
    """Return what is listed, or words for the shape that came instead."""
    if isinstance(document, list):
        return document
    if not isinstance(document, dict):
        return f"is {_type(document)}"
    name = "models" if _has_models_only(document) else "data"
    if name not in document:
        return "is an object without data"
    listed = document[name]
    if listed is None:
        return []
    return listed if isinstance(listed, list) else f"has {_type(listed)} as its {name}"


def _has_models_only(document: object) -> bool:
    return isinstance(document, dict) and "data" not in document and "models" in document


def _type(value: object) -> str:
    return "null" if value is None else JSON_TYPES.get(type(value), "a number")


def _row(value: object) -> Mapping[str, Any]:
    row: Mapping[str, Any] = value if isinstance(value, dict) else {"id": value}
    return {**row, "id": text(row.get("id"))}
