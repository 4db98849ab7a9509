"""Server-side apply of a ConfigMap: only where it differs, and only in the place of the existing
one."""

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.publication.manifest import Manifest, drift
from openclaw_vllm.edges.kube.cluster import Rejected
from openclaw_vllm.edges.metrics.counters import REFUSED, ReconcileCounters
from openclaw_vllm.reconcile.context import ReconcileContext

MAX_MESSAGE = 500  # characters of what the API server says; an admission webhook may write pages


async def get_existing(key: ObjectKey, context: ReconcileContext) -> ConfigMapState | None:
    """Return the ConfigMap of this name, ours or not, from the cache or else by name."""
    return context.cache.published.get(key) or await context.cluster.find_config_map(key)


async def apply_config_map(
    existing: ConfigMapState | None,
    desired: Manifest,
    counters: ReconcileCounters,
    context: ReconcileContext,
    *,
    prune: bool = False,
) -> Problem | None:
    """Apply a ConfigMap that has drifted; return why the API server rejects it.

    `prune` also counts labels and annotations that are no longer asked for as drift. Raises
    Conflict and NotFound of `edges`.
    """
    if existing is not None:
        if not drift(existing, desired, prune=prune):
            return None
        desired = {**desired, "metadata": {**desired["metadata"], "uid": existing.uid}}
    key = ObjectKey(desired["metadata"]["namespace"], desired["metadata"]["name"])
    with counters.writing_config_map() as attempt:
        applied = await _apply(key, desired, context)
        if isinstance(applied, Problem):
            attempt.result = REFUSED
            return applied
    context.cache.published[key] = applied
    return None


async def _apply(
    key: ObjectKey, desired: Manifest, context: ReconcileContext
) -> ConfigMapState | Problem:
    try:
        return await context.cluster.apply_config_map(key, desired)
    except Rejected as error:
        return Problem(Reason.WRITE_REFUSED, str(error)[:MAX_MESSAGE])
