"""Apply of a status that differs, and the Events about what has changed with it."""

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from openclaw_vllm.api.conditions import Condition, ConditionType
from openclaw_vllm.api.fields import WireModel
from openclaw_vllm.api.observed import CustomObject
from openclaw_vllm.core.status.transitions import transitions
from openclaw_vllm.edges.metrics.counters import ReconcileCounters
from openclaw_vllm.reconcile.context import ReconcileContext

Object = TypeVar("Object", bound=CustomObject[Any, Any])
Conditions = tuple[Condition, ...]
Advice = tuple[str, str]  # the reason and the note of an Event
logger = logging.getLogger(__name__)


async def write_status(
    owner: Object,
    status: WireModel,
    put: Callable[[Object], None],
    counters: ReconcileCounters,
    context: ReconcileContext,
    advice: Iterable[Advice] = (),
) -> None:
    """Apply the status if it differs, `put` the written object into the cache, then post Events.

    `advice` is posted as warnings beside the conditions that have changed.
    """
    if status == owner.status:
        return
    with counters.writing_status():
        updated = await context.cluster.apply_status(owner, status)
        put(updated)
    await record_events(owner, owner.status.conditions, updated.status.conditions, context)
    for reason, note in advice:
        await context.cluster.post_event(owner, reason, note, warning=True)


async def record_events(
    owner: Object, before: Conditions, after: Conditions, context: ReconcileContext
) -> None:
    """Log and post as Events what has changed with a status that was written.

    An edit that interrupts the run does not interrupt this: no later run would post them.
    """
    _log_transition(owner, before, after)

    async def post() -> None:
        for condition, warning in transitions(before, after):
            note = f"{condition.type}: {condition.message}"
            await context.cluster.post_event(owner, condition.reason, note, warning=warning)

    posting = asyncio.create_task(post())
    posting.add_done_callback(_log_failure)
    await asyncio.shield(posting)


def _log_failure(posting: asyncio.Task[None]) -> None:
    """Log a failure: an interrupted run does not."""
    if not posting.cancelled() and (error := posting.exception()):
        logger.info("an Event may not have been posted: %s", error)


def _log_transition(owner: Object, before: Conditions, after: Conditions) -> None:
    """Log a change of Ready, with its reason."""
    earlier = {condition.type: (condition.status, condition.reason) for condition in before}
    for condition in after:
        changed = earlier.get(condition.type) != (condition.status, condition.reason)
        if condition.type == ConditionType.READY and changed:
            values = (condition.status, condition.reason, condition.message)
            logger.info("Ready is %s (%s): %s", *values, extra={"key": owner.key})
