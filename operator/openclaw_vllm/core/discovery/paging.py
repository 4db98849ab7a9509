"""Pages of a server's list: whether an answer is the whole list, and where the next one begins.

A page with `has_more` is followed by the next, as Anthropic's and some gateways' are. Cursors of
other kinds are only noticed: what they mean in a request is different for each server.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from openclaw_vllm.core.discovery.row_fields import read_field, text

# Names without a version are those of the documentation.
CURSORS = (
    "next_page_token",  # Bifrost, Cohere
    "nextPageToken",  # Gemini
    "next_cursor",
    "nextCursor",
    "nextLink",  # Azure
    "next",  # Django REST framework
    "links.next",  # OpenRouter
)
TOTAL_FIELDS = ("total", "total_count", "totalCount")  # Portkey, OpenRouter


def next_after(document: object, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the id after which the next page begins; empty on the last page."""
    if not _has_more(document) or not rows or not isinstance(document, dict):
        return ""
    return text(document.get("last_id")) or text(rows[-1].get("id"))


def is_cut(document: object) -> bool:
    """Return whether the answer says that there are more rows."""
    if not isinstance(document, dict):
        return False
    return _has_more(document) or any(text(read_field(document, name)) for name in CURSORS)


def total_of(document: object) -> int:
    """Return the number of rows on all pages; 0 where the answer does not say it."""
    values = (document.get(name) for name in TOTAL_FIELDS) if isinstance(document, dict) else ()
    return next((one for one in values if isinstance(one, int) and one is not True), 0)


def _has_more(document: object) -> bool:
    return isinstance(document, dict) and document.get("has_more") is True
