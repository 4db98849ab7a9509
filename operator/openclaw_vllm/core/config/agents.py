"""What agents are told to use: default model, fallbacks, aliases, allow list; no name dangles.

The primary is sticky: once chosen it stays while its model is known, even if an earlier pattern
matches again, because a default that moves with every rollout moves agents' behaviour. Only an edit
of the patterns, or the model going for good, decides anew.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import AgentDefaults
from openclaw_vllm.core.discovery.globs import matching
from openclaw_vllm.core.discovery.models import Model


@dataclass(frozen=True, slots=True)
class ResolvedDefaults:
    """The models chosen, by id: aliases map an id to its alias; `allow` is None where any is
    allowed."""

    primary: str = ""
    fallbacks: tuple[str, ...] = ()
    aliases: Mapping[str, str] | None = None
    allow: tuple[str, ...] | None = None
    unmatched: tuple[str, ...] = ()


def patterns_hash(agents: AgentDefaults | None) -> str:
    """Return what identifies the primary patterns: kept beside the choice, it tells an edit from a
    restart."""
    patterns = json.dumps(agents.primary if agents else ())
    return hashlib.sha256(patterns.encode()).hexdigest()[:16]


def resolve_defaults(
    agents: AgentDefaults | None, models: Iterable[Model], sticky: str
) -> ResolvedDefaults | Problem:
    """Resolve the patterns to models; `sticky` is the primary's id from before, or empty to decide
    anew."""
    if agents is None:
        return ResolvedDefaults()
    known = tuple(models)
    ids, primary = _ranked(known), primary_of(agents, known, sticky)
    patterns = (*agents.primary, *agents.fallbacks, *agents.aliases.values())
    firsts = {pattern: next(matching(pattern, ids), "") for pattern in dict.fromkeys(patterns)}
    aliases = _aliases(agents.aliases, ids, firsts)
    if isinstance(aliases, Problem):
        return aliases
    matched = dict.fromkeys(pattern for pattern in agents.fallbacks if firsts[pattern])
    return ResolvedDefaults(
        primary=primary,
        fallbacks=_all_that_match(matched, [id_ for id_ in ids if id_ != primary]),
        aliases=aliases,
        allow=tuple(sorted(ids)) if agents.allow == "Discovered" else None,
        unmatched=tuple(pattern for pattern in patterns if not firsts[pattern]),
    )


def primary_of(agents: AgentDefaults | None, models: Iterable[Model], sticky: str) -> str:
    """Choose the primary alone, as `choose` does; empty when no pattern matches."""
    ids = _ranked(models)
    return sticky if sticky in ids else _first(agents.primary if agents else (), ids)


def _ranked(models: Iterable[Model]) -> list[str]:
    """Return the ids with base models before adapters."""
    return [m.id for m in sorted(models, key=lambda model: (model.parent != "", model.id))]


def _first(patterns: Iterable[str], ids: Iterable[str]) -> str:
    return next((id_ for pattern in patterns for id_ in matching(pattern, ids)), "")


def _all_that_match(patterns: Iterable[str], ids: Iterable[str]) -> tuple[str, ...]:
    """Return the ids in the order of the patterns, each once."""
    found: dict[str, None] = {}
    for pattern in patterns:
        found |= dict.fromkeys(matching(pattern, [id_ for id_ in ids if id_ not in found]))
    return tuple(found)


def _aliases(
    wanted: Mapping[str, str], ids: Iterable[str], firsts: Mapping[str, str]
) -> dict[str, str] | Problem:
    """Give each alias the first model that its glob matches; OpenClaw holds one per model."""
    given: dict[str, str] = {}
    taken = {id_.lower() for id_ in ids}
    for alias, pattern in sorted(wanted.items()):
        id_ = firsts[pattern]
        if alias.lower() in taken:
            message = f"spec.agents.aliases: {alias} is a model's id or another alias, but for case"
            return Problem(Reason.INVALID_SPEC, f"{message}; choose another")
        taken.add(alias.lower())
        if id_ in given:
            message = (
                f"spec.agents.aliases: {given[id_]} and {alias} mean the same model, and "
                "OpenClaw holds one alias per model; remove one of them or narrow its glob"
            )
            return Problem(Reason.INVALID_SPEC, message)
        if id_:
            given[id_] = alias
    return given
