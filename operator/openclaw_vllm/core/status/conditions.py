"""Conditions of both kinds, computed from the outcomes of a reconcile.

The outcome of an aspect is None or a Problem, and `Ready` is computed from them. Reasons decide who
has to act: `STALLED` are those that no retry can resolve. The rules are kstatus': Reconciling and
Stalled are present only while they are True.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from openclaw_vllm.api.conditions import Condition, ConditionStatus, ConditionType, Reason
from openclaw_vllm.api.problem import Problem

STALLED = frozenset(
    {
        Reason.INVALID_SPEC,
        Reason.NOT_OWNED,
        Reason.IMMUTABLE,
        Reason.DESTINATION_DENIED,
        Reason.KEY_NOT_ALLOWED,
        Reason.TOO_MANY_MODELS,
        Reason.BASE_CONFIG_INVALID,
    }
)
PROVIDER_ASPECTS = (
    ConditionType.ENDPOINT_RESOLVED,
    ConditionType.SERVER_REACHABLE,
    ConditionType.CONFIG_PUBLISHED,
)
CATALOG_ASPECTS = (ConditionType.SOURCES_REACHABLE, ConditionType.CONFIG_PUBLISHED)
SUMMARIES = (ConditionType.READY, ConditionType.RECONCILING, ConditionType.STALLED)
MAX_MESSAGE = 1024  # characters; the API takes 32 768, and refuses the whole status beyond


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Outcomes of a reconcile by condition; None for success."""

    endpoint: Problem | None
    server: Problem | None
    published: Problem | None
    note: str = ""
    skipped: bool = False  # the server was not probed
    tolerated: bool = False  # a failed probe does not count yet


def conditions(
    outcomes: Outcomes, generation: int, before: Iterable[Condition], now: str
) -> tuple[Condition, ...]:
    """Return every condition, in a fixed order; a time changes only with the status."""
    server = (
        condition_of(ConditionType.SERVER_REACHABLE, None, Reason.SKIPPED, "spec.models is given")
        if outcomes.skipped
        else condition_of(
            ConditionType.SERVER_REACHABLE, outcomes.server, message="the last answer was good"
        )
    )
    aspects = [
        condition_of(
            ConditionType.ENDPOINT_RESOLVED, outcomes.endpoint, message="there is a URL to probe"
        ),
        server,
        condition_of(
            ConditionType.CONFIG_PUBLISHED,
            outcomes.published,
            message=outcomes.note or "the ConfigMap holds what this generation asks for",
        ),
    ]
    return finish([_draft_ready(aspects, outcomes), *aspects], generation, before, now)


def stalled_conditions(
    problem: Problem,
    generation: int,
    before: Iterable[Condition],
    now: str,
    aspects: Iterable[ConditionType] = PROVIDER_ASPECTS,
) -> tuple[Condition, ...]:
    """Return the conditions of an invalid spec: Ready is False, existing aspects stay."""
    by_type = {condition.type: condition for condition in before}
    unchanged = tuple(by_type[type_] for type_ in aspects if type_ in by_type)
    waiting = "the spec has to be valid first"
    new = [
        _draft(type_, "Unknown", Reason.PENDING, waiting)
        for type_ in aspects
        if type_ not in by_type
    ]
    ready = condition_of(ConditionType.READY, problem)
    return finish([ready, *new], generation, before, now) + unchanged


def suspended_conditions(
    generation: int, before: Iterable[Condition], now: str
) -> tuple[Condition, ...]:
    """Return the conditions of a suspended VllmProvider: each keeps its value."""
    by_type = {condition.type: condition for condition in before}
    ready = by_type.get(ConditionType.READY) or _draft(
        ConditionType.READY, "Unknown", Reason.SUSPENDED, "", now
    )
    by_type[ConditionType.READY] = ready.model_copy(
        update={
            "reason": Reason.SUSPENDED,
            "message": "spec.suspend is true: nothing is probed or written; all stays",
            "observed_generation": generation,
        }
    )
    by_type.pop(ConditionType.RECONCILING, None)
    return tuple(by_type.values())


def transitions(
    before: Iterable[Condition], after: Iterable[Condition]
) -> list[tuple[Condition, bool]]:
    """Return the conditions worth an Event, and whether it is a warning.

    A condition that becomes False, or False for another reason, is a warning; one that recovers is
    not. The first success is in the status already and needs no Event.
    """
    previous = {condition.type: condition for condition in before}
    events = []
    current = tuple(after)
    aspect_reasons = {condition.reason for condition in current if condition.type not in SUMMARIES}
    for condition in current:
        old = previous.get(condition.type)
        stalled = condition.type == ConditionType.STALLED and condition.reason not in aspect_reasons
        if stalled and (old is None or old.reason != condition.reason):
            events.append((condition, True))
        if condition.type in SUMMARIES or condition.reason == Reason.PENDING:
            continue
        if condition.status == "False":
            if old is None or (old.status, old.reason) != (condition.status, condition.reason):
                events.append((condition, True))
        elif old is not None and old.status == "False":
            events.append((condition, False))
    return events


def _draft(
    type_: str, status: ConditionStatus, reason: str, message: str, time: str = ""
) -> Condition:
    if len(message) > MAX_MESSAGE:
        message = f"{message[: MAX_MESSAGE - 3]}..."
    return Condition(
        type=type_, status=status, reason=reason, message=message, last_transition_time=time
    )


def condition_of(
    type_: ConditionType,
    problem: Problem | None,
    reason: Reason = Reason.SUCCEEDED,
    message: str = "",
) -> Condition:
    """Return one condition, without its time: False with a problem, True with `message`."""
    if problem is None:
        return _draft(type_, "True", reason, message)
    unknown = problem.reason is Reason.PENDING and type_ is ConditionType.SERVER_REACHABLE
    return _draft(type_, "Unknown" if unknown else "False", problem.reason, problem.message)


def _draft_ready(aspects: Iterable[Condition], outcomes: Outcomes) -> Condition:
    for aspect in aspects:
        tolerated = aspect.type == ConditionType.SERVER_REACHABLE and outcomes.tolerated
        if aspect.status != "True" and not tolerated:
            return _draft(ConditionType.READY, "False", aspect.reason, aspect.message)
    return _draft(ConditionType.READY, "True", Reason.SUCCEEDED, "agents can use what is published")


def finish(
    drafts: list[Condition], generation: int, before: Iterable[Condition], now: str
) -> tuple[Condition, ...]:
    """Complete conditions, Ready first: add Reconciling or Stalled, generation and times."""
    drafts = [*drafts, *_draft_activity(drafts)]
    previous = {condition.type: condition for condition in before}
    return tuple(_complete(draft, previous, generation, now) for draft in drafts)


def _draft_activity(drafts: Iterable[Condition]) -> list[Condition]:
    """Return Reconciling if a retry can help, Stalled if only a person can, neither when Ready."""
    reasons = [draft.reason for draft in drafts if draft.status == "False"]
    ready, *aspects = drafts
    for aspect in (ready, *aspects):
        if aspect.status == "False" and aspect.reason in STALLED:
            return [_draft(ConditionType.STALLED, "True", aspect.reason, aspect.message)]
    if ready.status == "True":
        return []
    is_pending = set(reasons) <= {Reason.PENDING}
    reason = Reason.PROGRESSING if is_pending else Reason.PROGRESSING_WITH_RETRY
    return [_draft(ConditionType.RECONCILING, "True", reason, ready.message)]


def _complete(
    draft: Condition, previous: Mapping[str, Condition], generation: int, now: str
) -> Condition:
    old = previous.get(draft.type)
    same = old is not None and old.status == draft.status
    time = old.last_transition_time if old is not None and same else now
    return draft.model_copy(
        update={"observed_generation": generation, "last_transition_time": time}
    )
