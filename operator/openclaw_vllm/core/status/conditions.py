"""From what happened to conditions: the one place that decides what people are told.

Each aspect's outcome is None when all is well, a Problem otherwise, and `Ready` is computed from
them, never set. Reasons decide who has to act: `STALLED` names those that no retry can heal. The
rules are kstatus': Reconciling and Stalled are present only while they are True.
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
# What may be found only while asking, and still is about where and whether to ask.
ENDPOINT_REASONS = frozenset(
    {
        Reason.SERVICE_NOT_FOUND,
        Reason.PORT_NOT_FOUND,
        Reason.EXTERNAL_NAME_REFUSED,
        Reason.SECRET_NOT_FOUND,
        Reason.SECRET_KEY_NOT_FOUND,
        Reason.CA_BUNDLE_NOT_FOUND,
        Reason.DESTINATION_DENIED,
        Reason.KEY_NOT_ALLOWED,
        Reason.INVALID_SPEC,
    }
)
PROVIDER_ASPECTS = (
    ConditionType.ENDPOINT_RESOLVED,
    ConditionType.SERVER_REACHABLE,
    ConditionType.CONFIG_PUBLISHED,
)
CATALOG_ASPECTS = (ConditionType.SOURCES_REACHABLE, ConditionType.CONFIG_PUBLISHED)
SUMMARIES = (ConditionType.READY, ConditionType.RECONCILING, ConditionType.STALLED)
# Failed probes in a row that leave Ready alone once a good answer was published.
FAILURE_THRESHOLD = 2
MAX_MESSAGE = 1024  # characters; the API takes 32 768, and refuses the whole status beyond


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What a reconcile found, per condition; None is well.

    `skipped` means that nothing was asked, `tolerated` that a failed probe does not count yet.
    """

    endpoint: Problem | None
    server: Problem | None
    published: Problem | None
    note: str = ""
    skipped: bool = False
    tolerated: bool = False


def conditions(
    outcomes: Outcomes, generation: int, before: Iterable[Condition], now: str
) -> tuple[Condition, ...]:
    """Return every condition, in a fixed order; a time moves only when the status does."""
    server = (
        condition_of(ConditionType.SERVER_REACHABLE, None, Reason.SKIPPED, "spec.models is given")
        if outcomes.skipped
        else condition_of(
            ConditionType.SERVER_REACHABLE, outcomes.server, said="the last answer was good"
        )
    )
    aspects = [
        condition_of(
            ConditionType.ENDPOINT_RESOLVED, outcomes.endpoint, said="there is a URL to probe"
        ),
        server,
        condition_of(
            ConditionType.CONFIG_PUBLISHED,
            outcomes.published,
            said=outcomes.note or "the ConfigMap holds what this generation asks for",
        ),
    ]
    return finish([_ready(aspects, outcomes), *aspects], generation, before, now)


def stalled_conditions(
    problem: Problem,
    generation: int,
    before: Iterable[Condition],
    now: str,
    aspects: Iterable[ConditionType] = PROVIDER_ASPECTS,
) -> tuple[Condition, ...]:
    """Return the conditions of a spec that cannot be acted on: the others keep what they said."""
    said = {condition.type: condition for condition in before}
    kept = tuple(said[type_] for type_ in aspects if type_ in said)
    unseen = "the spec has to be valid first"
    new = [
        _draft(type_, "Unknown", Reason.PENDING, unseen) for type_ in aspects if type_ not in said
    ]
    ready = condition_of(ConditionType.READY, problem)
    return finish([ready, *new], generation, before, now) + kept


def suspended_conditions(
    generation: int, before: Iterable[Condition], now: str
) -> tuple[Condition, ...]:
    """Return the conditions of a suspended VllmProvider: each keeps its value."""
    said = {condition.type: condition for condition in before}
    ready = said.get(ConditionType.READY) or _draft(
        ConditionType.READY, "Unknown", Reason.SUSPENDED, "", now
    )
    said[ConditionType.READY] = ready.model_copy(
        update={
            "reason": Reason.SUSPENDED,
            "message": "spec.suspend is true: nothing is probed or written; all stays",
            "observed_generation": generation,
        }
    )
    said.pop(ConditionType.RECONCILING, None)
    return tuple(said.values())


def transitions(
    before: Iterable[Condition], after: Iterable[Condition]
) -> list[tuple[Condition, bool]]:
    """Return the conditions worth an Event, and whether it is a warning.

    A condition that turns bad, or bad for another reason, is a warning; one that was bad and is
    well again is news. The first success is in the status already and needs no Event.
    """
    old = {condition.type: condition for condition in before}
    events = []
    shown = tuple(after)
    told = {condition.reason for condition in shown if condition.type not in SUMMARIES}
    for condition in shown:
        was = old.get(condition.type)
        stalled = condition.type == ConditionType.STALLED and condition.reason not in told
        if stalled and (was is None or was.reason != condition.reason):
            events.append((condition, True))
        if condition.type in SUMMARIES or condition.reason == Reason.PENDING:
            continue
        if condition.status == "False":
            if was is None or (was.status, was.reason) != (condition.status, condition.reason):
                events.append((condition, True))
        elif was is not None and was.status == "False":
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
    type_: ConditionType, problem: Problem | None, reason: Reason = Reason.SUCCEEDED, said: str = ""
) -> Condition:
    """Return one condition, without its time: False with a problem, True with what is `said`."""
    if problem is None:
        return _draft(type_, "True", reason, said)
    unknown = problem.reason is Reason.PENDING and type_ is ConditionType.SERVER_REACHABLE
    return _draft(type_, "Unknown" if unknown else "False", problem.reason, problem.message)


def _ready(aspects: Iterable[Condition], outcomes: Outcomes) -> Condition:
    for aspect in aspects:
        tolerated = aspect.type == ConditionType.SERVER_REACHABLE and outcomes.tolerated
        if aspect.status != "True" and not tolerated:
            return _draft(ConditionType.READY, "False", aspect.reason, aspect.message)
    return _draft(ConditionType.READY, "True", Reason.SUCCEEDED, "agents can use what is published")


def finish(
    drafts: list[Condition], generation: int, before: Iterable[Condition], now: str
) -> tuple[Condition, ...]:
    """Complete conditions, of which Ready is the first: what goes on, generation, times."""
    drafts = [*drafts, *_activity(drafts)]
    old = {condition.type: condition for condition in before}
    return tuple(_dated(draft, old, generation, now) for draft in drafts)


def _activity(drafts: Iterable[Condition]) -> list[Condition]:
    """Say whether a retry can help, or only a person."""
    reasons = [draft.reason for draft in drafts if draft.status == "False"]
    ready, *aspects = drafts
    for aspect in (ready, *aspects):
        if aspect.status == "False" and aspect.reason in STALLED:
            return [_draft(ConditionType.STALLED, "True", aspect.reason, aspect.message)]
    if ready.status == "True":
        return []
    waits = set(reasons) <= {Reason.PENDING}
    reason = Reason.PROGRESSING if waits else Reason.PROGRESSING_WITH_RETRY
    return [_draft(ConditionType.RECONCILING, "True", reason, ready.message)]


def _dated(draft: Condition, old: Mapping[str, Condition], generation: int, now: str) -> Condition:
    was = old.get(draft.type)
    same = was is not None and was.status == draft.status
    time = was.last_transition_time if was is not None and same else now
    return draft.model_copy(
        update={"observed_generation": generation, "last_transition_time": time}
    )
