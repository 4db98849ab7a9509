"""Changes of conditions that get an Event."""

from collections.abc import Iterable

from openclaw_vllm.api.conditions import Condition, ConditionType, Reason
from openclaw_vllm.core.status.conditions import SUMMARIES


def transitions(
    before: Iterable[Condition], after: Iterable[Condition]
) -> list[tuple[Condition, bool]]:
    """Return the conditions that get an Event, and whether it is a warning.

    `Stalled` gets one where no aspect has its reason.
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
        if (warning := _is_warning(old, condition)) is not None:
            events.append((condition, warning))
    return events


def _is_warning(old: Condition | None, condition: Condition) -> bool | None:
    """Return whether the change of an aspect is a warning; None where it gets no Event.

    A condition that becomes False, or False for another reason, is a warning; one that recovers is
    not. The first success is in the status already and needs no Event, but for an empty list, which
    takes models away from agents where there were some.
    """
    if condition.reason == Reason.NO_CHAT_MODELS and condition.status == "True":
        is_new = old is None or old.reason != condition.reason
        return (old is not None and old.status == "True") if is_new else None
    if condition.status == "False":
        same = old is not None and (old.status, old.reason) == (condition.status, condition.reason)
        return None if same else True
    return False if old is not None and old.status == "False" else None
