"""Parsing of spec.baseUrl."""

import re
from urllib.parse import SplitResult, urlsplit

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.hosts import flaw_of

URL = re.compile(r"[!-\[\]-~]+")  # printable ASCII without a backslash, as the CRD has it
AUTHORITY = re.compile(r"([a-z0-9._-]+|\[[0-9a-f.]*:[0-9a-f:.]*\])(:[0-9]*)?")  # in lower case
DEFAULT_PORTS = {"http": 80, "https": 443}


def parse_url(base_url: str) -> SplitResult | Problem:
    """Parse a URL, with the checks of the CEL rules: objects may be older than those."""
    try:
        parts = urlsplit(base_url)
        is_valid = parts.scheme in DEFAULT_PORTS and parts.port != 0
        is_valid = is_valid and AUTHORITY.fullmatch(parts.netloc.lower()) is not None
        is_valid = is_valid and URL.fullmatch(base_url) is not None
    except ValueError:
        is_valid = False
    if not is_valid or parts.query or parts.fragment:
        message = (
            "spec.baseUrl has to be http(s)://host[:port][/path], without user, query or fragment"
        )
        return Problem(Reason.INVALID_SPEC, message)
    if flaw := flaw_of(parts.hostname or ""):
        return Problem(Reason.INVALID_SPEC, f"the host of spec.baseUrl has to {flaw}")
    if ".." in parts.path.split("/"):
        return Problem(Reason.INVALID_SPEC, "the path of spec.baseUrl has to be free of '..'")
    return parts
