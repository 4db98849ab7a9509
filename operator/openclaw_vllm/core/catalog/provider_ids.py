"""Provider ids and environment variables of a catalog, stable when other sources change.

A variable is named after the provider's published id, never as its source asks: an agent's pod
would otherwise send any variable that a team names, another team's key among them, to that team's
server. No two ids share a variable, whatever characters they contain.
"""

import hashlib

MAX_LENGTH = 63  # the limit of OpenClaw and of a VllmProvider's providerId
PREFIX = "vllm"  # OpenClaw gives providers of other names the timeouts of remote services


def qualified_id(*parts: str) -> str:
    """Return `vllm-<part>-<part>`; one that was shortened or changed ends in a hash of all
    parts."""
    plain = "-".join((PREFIX, *parts))
    id_ = plain.replace(".", "-")
    if id_ == plain and len(id_) <= MAX_LENGTH:
        return id_
    digest = hashlib.sha256("/".join(parts).encode()).hexdigest()[:10]
    return f"{id_[: MAX_LENGTH - len(digest) - 1].rstrip('-')}-{digest}"


def key_variable(provider_id: str) -> str:
    """Return the environment variable of a provider's API key."""
    return f"VLLM_API_KEY{_suffix(provider_id)}"


def header_variable(provider_id: str, number: int) -> str:
    """Return the environment variable of a provider's secret header; `number` counts them by name
    from 0."""
    return f"VLLM_HEADER_{number}{_suffix(provider_id)}"


def client_variable(provider_id: str, part: str) -> str:
    """Return the environment variable of a client certificate's part, CERTIFICATE or KEY."""
    return f"VLLM_CLIENT_{part}{_suffix(provider_id)}"


def _suffix(provider_id: str) -> str:
    return provider_id.removeprefix(PREFIX).upper().replace("-", "_")
