"""Log lines: one per event, as JSON for machines or as text for people."""

import json
import logging
import sys
from datetime import UTC, datetime

QUIET = ("httpx", "httpcore", "kopf", "kopf.objects", "aiohttp.access")


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
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)


def set_up(form: str, level: str) -> None:
    """Send logs of `level` and above to standard error, as `json` or `text`."""
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)-7s %(name)s: %(message)s")
    handler.setFormatter(JsonFormatter() if form == "json" else text)
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    for name in QUIET:  # a line per request or per event otherwise
        logging.getLogger(name).setLevel(logging.WARNING)
