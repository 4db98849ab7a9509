"""Conditions of both kinds, computed from the outcomes of a reconcile.

The outcome of an aspect is None or a Problem, and `Ready` is computed from them. Reasons decide who
has to act: `STALLED` are those that no retry can resolve. The rules are kstatus': Reconciling and
Stalled are present only while they are True.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from openclaw_vllm.api.conditions import Condition, ConditionStatus, ConditionType, Reason
from openclaw_vllm.api.problem import Problem

STALLED = frozenset(
    {
        Reason.INVALID_SPEC,
        Reason.NOT_OWNED,
        Reason.CONTESTED,
        Reason.IMMUTABLE,
        Reason.DESTINATION_DENIED,
        Reason.KEY_NOT_ALLOWED,
        Reason.TOO_MANY_MODELS,
        Reason.BASE_CONFIG_INVALID,
    }
)
NOT_PROBED = frozenset({Reason.PENDING, Reason.NO_READY_ENDPOINTS})  # the server's state is unknown
NOTHING_PUBLISHED = frozenset({Reason.PENDING, Reason.NO_MODELS})
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
    reason: Reason = Reason.SUCCEEDED  # of what is published, without a problem
    skipped: bool = False  # the server was not probed
    tolerated: bool = False  # a failed probe does not count yet, or the server may sleep


def conditions(
    outcomes: Outcomes, generation: int, before: Iterable[Condition], now: str
) -> tuple[Condition, ...]:
    """Return every condition, in a fixed order; a time changes only with the status."""
    message = "the last answer was good"
    server = condition_of(ConditionType.SERVER_REACHABLE, outcomes.server, message=message)
    if outcomes.skipped:
        message = "spec.models is given"
        server = condition_of(ConditionType.SERVER_REACHABLE, None, Reason.SKIPPED, message)
    note = outcomes.note or "the ConfigMap holds what this generation asks for"
    aspects = [
        condition_of(
            ConditionType.ENDPOINT_RESOLVED, outcomes.endpoint, message="there is a URL to probe"
        ),
        server,
        condition_of(ConditionType.CONFIG_PUBLISHED, outcomes.published, outcomes.reason, note),
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
    """Return the conditions of a suspended VllmProvider: each keeps its value.

    Ready is True while nothing was published, for the spec asks for nothing: kstatus waits for
    what is not True, and nothing else will come. ConfigPublished says that nothing is there.
    """
    previous = {condition.type: condition for condition in before}
    unseen = "nothing was looked at before spec.suspend was true"
    aspects = [
        previous.get(type_)
        or _complete(_draft(type_, "Unknown", Reason.PENDING, unseen), previous, generation, now)
        for type_ in PROVIDER_ASPECTS
    ]
    stalled = [previous[ConditionType.STALLED]] if _is_stalled(aspects) else []
    status, message = _suspended_ready(previous.get(ConditionType.READY), aspects)
    ready = _draft(ConditionType.READY, status, Reason.SUSPENDED, message)
    return (_complete(ready, previous, generation, now), *aspects, *stalled)


def _suspended_ready(
    before: Condition | None, aspects: Iterable[Condition]
) -> tuple[ConditionStatus, str]:
    """Return status and message of Ready; a spec that could not be read before says nothing now."""
    message = "spec.suspend is true: nothing is probed or written"
    *others, published = aspects
    if _is_stalled((*others, published)):
        return "False", f"{message}; all stays"
    if published.status != "True" and published.reason in NOTHING_PUBLISHED:
        return "True", f"{message}, and no model is published yet"
    if before is None or before.reason == Reason.INVALID_SPEC:
        works = all(aspect.status == "True" for aspect in (*others, published))
        return ("True" if works else "False"), f"{message}; all stays"
    return before.status, f"{message}; all stays"


def _is_stalled(aspects: Iterable[Condition]) -> bool:
    return any(aspect.status == "False" and aspect.reason in STALLED for aspect in aspects)


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
    unknown = problem.reason in NOT_PROBED and type_ is ConditionType.SERVER_REACHABLE
    return _draft(type_, "Unknown" if unknown else "False", problem.reason, problem.message)


def _draft_ready(aspects: Iterable[Condition], outcomes: Outcomes) -> Condition:
    for aspect in aspects:
        tolerated = aspect.type == ConditionType.SERVER_REACHABLE and outcomes.tolerated
        if aspect.status != "True" and not tolerated:
            return _draft(ConditionType.READY, "False", aspect.reason, aspect.message)
    message = "agents can use what is published"
    if outcomes.reason is not Reason.SUCCEEDED:
        message = outcomes.note
    return _draft(ConditionType.READY, "True", outcomes.reason, message)


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
    return replace(draft, observed_generation=generation, last_transition_time=time)
