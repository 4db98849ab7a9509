"""Errors that come with status 200: whether an answer is one, and what status it should have had.

Gateways answer so for a wrong key, an empty pool or a wrong path, and many of them beside a list
that is empty or null, which would read as a server without models. A text may hold what was sent,
such as the key: it is compared with words of ours, and never quoted.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openclaw_vllm.core.discovery.row_fields import read_field

MARKS = ("error", "errors")  # OpenAI's and most others'; Cloudflare's
FAILURES = ("error", "fail", "failed", "failure")  # as a value of `status`
FINE = ("0", "200", "ok", "success")  # as a value of `code`, in the manner of New API and DashScope
TEXTS = ("message", "msg", "detail", "title", "reason")
CODES = ("code", "status", "status_code", "statusCode", "http_status", "type")
INNER = ("error", "detail")  # objects that hold more of both
MAX_TEXT = 512  # characters; a crafted MiB has to be judged in little time
STATUSES = range(400, 600)
WORDS: tuple[tuple[int, tuple[str, ...]], ...] = (
    (401, ("api key", "apikey", "unauthori", "authenticat", "access token", "credential")),
    (401, ("invalid token", "invalid key", "jwt", "log in", "login")),
    (403, ("forbidden", "permission", "access denied")),
    (404, ("not found", "no route", "no such", "unknown path", "unknown url", "invalid url")),
    (405, ("method not allowed",)),
    (429, ("rate limit", "too many requests", "quota", "throttl")),
    (
        503,
        ("unavailable", "overloaded", "not ready", "loading", "starting", "timed out", "timeout"),
    ),
    (503, ("no healthy", "no available", "no worker", "no model", "upstream", "internal")),
)


@dataclass(frozen=True, slots=True)
class BodyError:
    """An error as an answer; `status` is the one that it should have had, 0 where that is open."""

    status: int


def read_error(document: object) -> BodyError | None:
    """Return the error that an answer is; None for one that lists models, or is no error."""
    if not isinstance(document, dict) or _lists_models(document) or not _is_error(document):
        return None
    values = tuple(_values(document))
    numbers = (_number(value) for value in values)
    by_number = next((number for number in numbers if number in STATUSES), 0)
    return BodyError(by_number or _by_words(values))


def _lists_models(document: Mapping[str, Any]) -> bool:
    return any(isinstance(rows := document.get(name), list) and rows for name in ("data", "models"))


def _is_error(document: Mapping[str, Any]) -> bool:
    if any(document.get(mark) for mark in MARKS) or document.get("object") == "error":
        return True
    if document.get("success") is False or document.get("status") in FAILURES:
        return True
    if "code" in document and str(document["code"]).lower() not in FINE:
        return any(document.get(name) for name in TEXTS)
    has_list = "data" in document or "models" in document
    return not has_list and any(document.get(name) for name in TEXTS)


def _values(document: Mapping[str, Any]) -> Iterator[object]:
    """Yield what may tell the status: codes before texts, the inner ones first."""
    errors = document.get("errors")
    first = errors[0] if isinstance(errors, list) and errors else errors
    places = (*(document.get(name) for name in INNER), first, document)
    for names in (CODES, TEXTS):
        for place in places:
            yield from (read_field(place, name) for name in names if isinstance(place, dict))
    yield from places[:-1]


def _number(value: object) -> int:
    if isinstance(value, str) and len(value) == len("404") and value.isdecimal():
        return int(value)
    return value if isinstance(value, int) else 0


def _by_words(values: tuple[object, ...]) -> int:
    texts = (value[:MAX_TEXT].lower() for value in values if isinstance(value, str))
    for text in texts:
        spelled = text.replace("_", " ").replace("-", " ")
        for status, words in WORDS:
            if any(word in spelled for word in words):
                return status
    return 0
