"""Agents' defaults resolved to published models: primary, fallbacks, aliases, allow list.

The primary is sticky: once chosen it stays while its model is published, even if an earlier pattern
matches again, because a default that moves with every rollout moves agents' behaviour. It is chosen
again only after an edit of the patterns, or when its model is removed.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.fields import Globs
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import AgentDefaults
from openclaw_vllm.core.discovery.globs import matching
from openclaw_vllm.core.discovery.models import Model


@dataclass(frozen=True, slots=True)
class ResolvedDefaults:
    """The models that the patterns resolve to, by id."""

    primary: str = ""
    fallbacks: tuple[str, ...] = ()
    aliases: Mapping[str, str] | None = None  # from the id to its alias
    allow: tuple[str, ...] | None = None  # None where any model is allowed
    unmatched: tuple[str, ...] = ()  # patterns without a model
    base_primary: str = ""  # reference of the base configuration's primary, which stays beside ours


def hash_patterns(patterns: Iterable[str] | None) -> str:
    """Return the hash of the primary's patterns, None for `spec.agents` that is turned off; stored
    with the primary, it tells an edit from a restart."""
    text = json.dumps(None if patterns is None else tuple(patterns))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def resolve_defaults(
    agents: AgentDefaults | None,
    models: Iterable[Model],
    sticky: str,
    default_primary: Globs = (),
) -> ResolvedDefaults | Problem:
    """Resolve the patterns to models; `sticky` is the previous primary's id, empty to choose
    again, `default_primary` are the patterns where `agents` has none for it."""
    if agents is None:
        return ResolvedDefaults()
    candidates = tuple(models)
    ids = _rank_ids(candidates)
    primary = primary_of(agents, candidates, sticky, default_primary)
    patterns = (*agents.primary, *agents.fallbacks, *agents.aliases.values())
    matches = {pattern: next(matching(pattern, ids), "") for pattern in dict.fromkeys(patterns)}
    aliases = _resolve_aliases(agents.aliases, ids, matches)
    if isinstance(aliases, Problem):
        return aliases
    fallbacks = dict.fromkeys(pattern for pattern in agents.fallbacks if matches[pattern])
    return ResolvedDefaults(
        primary=primary,
        fallbacks=_match_all(fallbacks, [id_ for id_ in ids if id_ != primary]),
        aliases=aliases,
        allow=tuple(sorted(ids)) if agents.allow == "Discovered" else None,
        unmatched=tuple(pattern for pattern in patterns if not matches[pattern]),
    )


def primary_of(
    agents: AgentDefaults | None,
    models: Iterable[Model],
    sticky: str,
    default_primary: Globs = (),
) -> str:
    """Choose the primary as `resolve_defaults` does; empty when no pattern matches."""
    ids = _rank_ids(models)
    patterns = (agents.primary if agents else ()) or default_primary
    return sticky if sticky in ids else _find_first(patterns, ids)


def _rank_ids(models: Iterable[Model]) -> list[str]:
    """Return the ids, those of base models before those of adapters."""
    return [model.id for model in sorted(models, key=lambda model: (model.parent != "", model.id))]


def _find_first(patterns: Iterable[str], ids: Iterable[str]) -> str:
    return next((id_ for pattern in patterns for id_ in matching(pattern, ids)), "")


def _match_all(patterns: Iterable[str], ids: Iterable[str]) -> tuple[str, ...]:
    """Return the ids in the order of the patterns, each once."""
    ordered_ids: dict[str, None] = {}
    for pattern in patterns:
        ordered_ids |= dict.fromkeys(
            matching(pattern, [id_ for id_ in ids if id_ not in ordered_ids])
        )
    return tuple(ordered_ids)


def _resolve_aliases(
    patterns_by_alias: Mapping[str, str], ids: Iterable[str], matches: Mapping[str, str]
) -> dict[str, str] | Problem:
    """Return aliases by id, each of the first model that its glob matches; one per model."""
    aliases: dict[str, str] = {}
    names_in_use = {id_.lower() for id_ in ids}
    for alias, pattern in sorted(patterns_by_alias.items()):
        id_ = matches[pattern]
        if alias.lower() in names_in_use:
            message = f"spec.agents.aliases: {alias} is a model's id or another alias, but for case"
            return Problem(Reason.INVALID_SPEC, f"{message}; choose another")
        names_in_use.add(alias.lower())
        if id_ in aliases:
            message = (
                f"spec.agents.aliases: {aliases[id_]} and {alias} mean the same model, and "
                "OpenClaw holds one alias per model; remove one of them or narrow its glob"
            )
            return Problem(Reason.INVALID_SPEC, message)
        if id_:
            aliases[id_] = alias
    return aliases
