"""What both reconciles write in the same way: a ConfigMap, and what people are told of a change."""

import asyncio
import logging

from openclaw_vllm.api.conditions import Condition, ConditionType, Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmCatalog, VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.publication.manifest import Manifest
from openclaw_vllm.core.status.conditions import transitions
from openclaw_vllm.edges.kube.cluster import Rejected
from openclaw_vllm.edges.metrics.counters import REFUSED, ReconcileCounters
from openclaw_vllm.reconcile.context import ReconcileContext

MAX_REFUSAL = 500  # characters of what the API server says; an admission webhook may write pages

Conditions = tuple[Condition, ...]
logger = logging.getLogger(__name__)


async def write(
    key: ObjectKey,
    existing: ConfigMapState | None,
    manifest: Manifest,
    counts: ReconcileCounters,
    world: ReconcileContext,
) -> Problem | None:
    """Apply a ConfigMap, in the place of the `existing` one only; return what is in the way.

    Raises Stale and Gone of `edges`.
    """
    if existing is not None:
        manifest = {**manifest, "metadata": {**manifest["metadata"], "uid": existing.uid}}
    with counts.writing_config_map() as attempt:
        applied = await _apply(key, manifest, world)
        if isinstance(applied, Problem):
            attempt.result = REFUSED
            return applied
    world.cache.published[key] = applied
    return None


async def _apply(
    key: ObjectKey, manifest: Manifest, world: ReconcileContext
) -> ConfigMapState | Problem:
    try:
        return await world.cluster.apply_config_map(key, manifest)
    except Rejected as error:
        return Problem(Reason.WRITE_REFUSED, str(error)[:MAX_REFUSAL])


async def record_events(
    ours: VllmProvider | VllmCatalog, before: Conditions, after: Conditions, world: ReconcileContext
) -> None:
    """Log and post as Events what has changed with a status that was written.

    An edit that interrupts the run does not interrupt this: the status would never tell it again.
    """
    _log_transition(ours, before, after)

    async def post() -> None:
        for condition, warning in transitions(before, after):
            await world.cluster.post_event(ours, *_event(condition), warning=warning)

    posting = asyncio.create_task(post())
    posting.add_done_callback(_see_how_it_ended)
    await asyncio.shield(posting)


def _see_how_it_ended(posting: asyncio.Task[None]) -> None:
    """Look at a failure: of an interrupted run nobody else does."""
    if not posting.cancelled() and (error := posting.exception()):
        logger.info("an Event may not have been posted: %s", error)


def _log_transition(
    ours: VllmProvider | VllmCatalog, before: Conditions, after: Conditions
) -> None:
    """Log what a person would want to see in the log: that Ready has changed, and why."""
    said = {condition.type: (condition.status, condition.reason) for condition in before}
    for condition in after:
        changed = said.get(condition.type) != (condition.status, condition.reason)
        if condition.type == ConditionType.READY and changed:
            told = (condition.status, condition.reason, condition.message)
            logger.info("Ready is %s (%s): %s", *told, extra={"key": ours.key})


def _event(condition: Condition) -> tuple[str, str]:
    return condition.reason, f"{condition.type}: {condition.message}"
