"""What gets an Event when a status is written: changes of conditions, and advice."""

from collections.abc import Iterable

from openclaw_vllm.api.conditions import Condition, ConditionType, Reason
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.core.discovery.models import SMALL_CONTEXT
from openclaw_vllm.core.status.conditions import SUMMARIES
from openclaw_vllm.core.status.replicas import replicas_advice


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


def advice_of(
    before: VllmProviderStatus, after: VllmProviderStatus, spec: VllmProviderSpec | None
) -> list[tuple[str, str]]:
    """Return the reasons and notes of what works and is unwise: each once, when it begins."""
    advice = []
    noted_before = {model.id for model in before.models if model.note}
    small = sum(1 for model in after.models if model.note and model.id not in noted_before)
    if small:
        note = (
            f"agents' turns hardly fit into less than {SMALL_CONTEXT} tokens of context; "
            f"such models: {small}"
        )
        advice.append((Reason.SMALL_CONTEXT.value, note))
    advice += replicas_advice(before, after)
    skips = spec is not None and spec.tls is not None and spec.tls.insecure_skip_verify
    if skips and before.observed_generation != after.observed_generation:
        note = "OpenClaw refuses insecureSkipVerify: our probe works, agents' requests will not"
        advice.append((Reason.INSECURE_SKIP_VERIFY.value, note))
    return advice
