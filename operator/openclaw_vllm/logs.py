"""Log lines: one per change, as JSON for machines or as text for people.

A line about an object has its key, passed as `extra={"key": key}`: `namespace` and `name` in JSON
(of a VllmCatalog `name` only), before the message in text. Probes that change nothing log nothing.
"""

import json
import logging
import sys
from datetime import UTC, datetime

from openclaw_vllm.api.keys import ObjectKey, SourceKey

QUIET = ("httpx", "httpcore", "kopf", "kopf.objects", "aiohttp.access")
KEYS = (ObjectKey, SourceKey)


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
        if isinstance(key := getattr(record, "key", None), KEYS):
            line |= {field: str(part) for field, part in key._asdict().items() if part}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


class TextFormatter(logging.Formatter):
    """Writes a record as one line for a person."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(name)s: %(message)s")

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - logging's name
        """Return the line without an exception."""
        if isinstance(key := getattr(record, "key", None), KEYS):
            record.message = f"{key}: {record.message}"
        return super().formatMessage(record)


def set_up(form: str, level: str) -> None:
    """Send logs of `level` and above to standard error, as `json` or `text`."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else TextFormatter())
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in QUIET:  # a line per request or per event otherwise
        logging.getLogger(name).setLevel(logging.WARNING)
