"""Maintained releases of OpenClaw, and in what they differ for an agent."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Behaviour:
    """How a release follows a changed ConfigMap."""

    follows_include: bool  # a change of an included file, without a restart
    follows_mounted: bool  # a change of a mounted openclaw.json
    memory_search: tuple[str, ...]  # where the configuration of embeddings is


BELOW_AGENTS, OF_ITS_OWN = ("agents", "defaults", "memorySearch"), ("memory", "search")

RELEASES: Mapping[str, Behaviour] = {
    "2026.6.35": Behaviour(follows_include=False, follows_mounted=True, memory_search=BELOW_AGENTS),
    "2026.7.35": Behaviour(follows_include=False, follows_mounted=True, memory_search=BELOW_AGENTS),
    "2026.8.2": Behaviour(follows_include=True, follows_mounted=True, memory_search=OF_ITS_OWN),
    "2026.9.6": Behaviour(follows_include=True, follows_mounted=True, memory_search=OF_ITS_OWN),
}
