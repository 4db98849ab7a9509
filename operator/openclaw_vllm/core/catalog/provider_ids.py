"""Names in a catalogue: provider ids that stay when others come and go, and variables of their own.

A variable is named after the provider's published id, never as its source asks: an agent's pod
would otherwise send any variable that a team names, another team's key among them, to that team's
server. No two ids share a variable, whatever characters they are made of.
"""

import hashlib

MAX_LENGTH = 63  # what OpenClaw and VllmProvider's own providerId take
PREFIX = "vllm"  # OpenClaw gives providers of other names the timeouts of remote services


def qualified(*parts: str) -> str:
    """Return `vllm-<part>-<part>`; one that is too long or was changed ends in a hash of all."""
    plain = "-".join((PREFIX, *parts))
    id_ = plain.replace(".", "-")
    if id_ == plain and len(id_) <= MAX_LENGTH:
        return id_
    digest = hashlib.sha256("/".join(parts).encode()).hexdigest()[:10]
    return f"{id_[: MAX_LENGTH - len(digest) - 1].rstrip('-')}-{digest}"


def key_variable(provider_id: str) -> str:
    """Return the environment variable that agents read a provider's API key from."""
    return f"VLLM_API_KEY{_suffix(provider_id)}"


def header_variable(provider_id: str, number: int) -> str:
    """Return the variable of a provider's secret header, counted from 0 among those by name."""
    return f"VLLM_HEADER_{number}{_suffix(provider_id)}"


def _suffix(provider_id: str) -> str:
    return provider_id.removeprefix(PREFIX).upper().replace("-", "_")
