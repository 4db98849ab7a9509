"""Log lines: one per change, as JSON for machines or as text for people.

A line about an object has its key, passed as `extra={"key": key}`: `namespace` and `name` in JSON
(of a VllmCatalog `name` only), before the message in text. Probes that change nothing log nothing.
"""

import json
import logging
import re
import sys
from datetime import UTC, datetime
from urllib.parse import urlsplit

from typing_extensions import override

from openclaw_vllm.api.keys import ObjectKey, SourceKey

QUIET_LOGGERS = ("httpx", "httpcore", "kopf", "kopf.objects", "aiohttp.access")
KEY_TYPES = (ObjectKey, SourceKey)

# kopf's loggers of its lists and watches, of the tasks around them, and of logins (1.45.2).
WATCH_LOGGERS = (
    "kopf._cogs.clients.watching",
    "kopf._core.reactor.orchestration",
    "kopf._core.reactor.running",
    "kopf.activities.authentication",
)
FAILED_REQUEST = re.compile(
    r"Request attempt #(?P<count>\d+)\S* failed; (?P<next>[^:]+):"
    r" (?P<method>[A-Z]+) (?P<url>\S+)(?: -> (?P<error>.*))?",
    re.DOTALL,
)
LONGEST_ERROR = 300  # characters: a gateway may answer with a page


class JsonFormatter(logging.Formatter):
    """Writes a record as one JSON object."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if isinstance(key := getattr(record, "key", None), KEY_TYPES):
            line |= {field: str(part) for field, part in key._asdict().items() if part}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


class TextFormatter(logging.Formatter):
    """Writes a record as one line for a person."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    @override
    def formatMessage(self, record: logging.LogRecord) -> str:
        """Return the line without an exception."""
        if isinstance(key := getattr(record, "key", None), KEY_TYPES):
            record.message = f"{key}: {record.message}"
        return super().formatMessage(record)


def is_watch_failure(error: object) -> bool:
    """Whether this is an answer of the API server that ends kopf: no traceback says more."""
    return type(error).__module__.startswith("kopf.")


class WatchFailures(logging.Filter):
    """Writes a failure of kopf's watches in one line; of those in a row the 1st, 2nd, 4th, 8th ...

    kopf sends a request again until it succeeds, and logs each attempt as an error. What ends it
    is logged with its traceback by each task around it, by asyncio where several end at once, and
    at the process's end.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrite the record; False for one that says nothing new."""
        if record.name == "asyncio":
            return not is_watch_failure(record.exc_info and record.exc_info[1])
        if record.name not in WATCH_LOGGERS:
            return True
        record.exc_info = None
        failed = FAILED_REQUEST.fullmatch(record.getMessage())
        if failed is None:
            return True
        count = int(failed["count"])
        record.levelno, record.levelname = logging.WARNING, "WARNING"
        record.msg, record.args = _failure(failed, count), None
        return count & (count - 1) == 0


def _failure(failed: re.Match[str], count: int) -> str:
    """Return the line about `count` failures of a request in a row, without its parameters."""
    request = f"{failed['method']} {urlsplit(failed['url']).path}"
    times = f" {count} times in a row" if count > 1 else ""
    error = f" ({failed['error'][:LONGEST_ERROR]})" if failed["error"] else ""
    return f"{request} failed{times}{error}; {failed['next']}"


def set_up(form: str, level: str) -> None:
    """Send logs of `level` and above to standard error, as `json` or `text`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    handler.addFilter(WatchFailures())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in QUIET_LOGGERS:  # a line per request or per event otherwise
        logging.getLogger(name).setLevel(logging.WARNING)
