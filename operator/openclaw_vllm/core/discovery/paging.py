"""Pages of a server's list: whether an answer is the whole list, and where the next one begins.

A page with `has_more` is followed by the next, as Anthropic's and some gateways' are. Cursors of
other kinds are only noticed: what they mean in a request is different for each server.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from openclaw_vllm.core.discovery.row_fields import read_field, text

# Names without a version are those of the documentation.
AFTER, AFTER_ID = "after", "after_id"  # parameters for a page's last id: OpenAI's, Anthropic's
CONTAINERS = ("pagination", "paging", "page_info", "pageInfo", "meta", "result_info")
CURSORS = (
    "next_page_token",  # Bifrost, Cohere
    "nextPageToken",  # Gemini
    "next_cursor",
    "nextCursor",
    "nextLink",  # Azure
    "next",  # Django REST framework
    "next_page",
    "nextPage",
    "next_url",
    "links.next",  # OpenRouter
    "_links.next.href",  # HAL
)
MORE = ("has_more", "hasMore", "has_next", "hasNext", "has_next_page", "hasNextPage")
PAGE = ("page", "current_page", "currentPage")
PAGES = ("total_pages", "totalPages", "totalPage", "last_page")
PAGE_SIZE = ("per_page", "perPage", "page_size", "pageSize", "limit", "offset", *PAGE)
TOTAL_FIELDS = ("total", "total_count", "totalCount")  # Portkey, OpenRouter


def next_after(document: object, rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the id after which the next page begins; empty on the last page."""
    if not isinstance(document, dict) or document.get("has_more") is not True or not rows:
        return ""
    return text(document.get("last_id")) or text(rows[-1].get("id"))


def is_cut(document: object) -> bool:
    """Return whether the answer says that there are more rows."""
    return any(_says_more(place) for place in _places(document))


def total_of(document: object) -> int:
    """Return the number of rows on all pages; 0 where the answer does not say it.

    Inside another object a total is one of pages only beside their number or size.
    """
    top, *others = (*_places(document), {}) if isinstance(document, dict) else ({},)
    paged = (place for place in others if any(name in place for name in PAGE_SIZE))
    return next((total for place in (top, *paged) if (total := _first(place, TOTAL_FIELDS))), 0)


def _places(document: object) -> Iterator[Mapping[str, Any]]:
    """Yield the answer, and the objects in it that may speak of pages."""
    if isinstance(document, dict):
        inner = (document.get(name) for name in CONTAINERS)
        yield from (document, *(one for one in inner if isinstance(one, dict)))


def _says_more(place: Mapping[str, Any]) -> bool:
    if any(place.get(name) is True for name in MORE):
        return True
    cursors = [read_field(place, name) for name in CURSORS]
    is_before_last = 0 < _first(place, PAGE) < _first(place, PAGES)
    return is_before_last or any(text(one) or _number(one) > 0 for one in cursors)


def _first(place: Mapping[str, Any], names: Sequence[str]) -> int:
    return next((number for name in names if (number := _number(place.get(name)))), 0)


def _number(value: object) -> int:
    return value if isinstance(value, int) and value is not True else 0
