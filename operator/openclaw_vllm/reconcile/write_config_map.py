"""The write of a ConfigMap: only where it differs, and only in the place of the existing one, or
where there is none.

A VllmProvider's is applied. Of a VllmCatalog's there are many, of a MiB each, for which an apply
costs the API server three to five times what a create or a replacement costs (measured).
"""

from collections.abc import Awaitable, Callable

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.publication.contest import NO_CONTEST
from openclaw_vllm.core.publication.manifest import Manifest, drift
from openclaw_vllm.core.publication.replacement import replacement
from openclaw_vllm.edges.kube.cluster import Cluster
from openclaw_vllm.edges.kube.config_maps import NO_VERSION
from openclaw_vllm.edges.kube.replies import Conflict, Forbidden, Rejected
from openclaw_vllm.edges.metrics.counters import REFUSED, ReconcileCounters
from openclaw_vllm.reconcile.context import ReconcileContext

WriteResult = ConfigMapState | Problem
Write = Callable[[ObjectKey, ConfigMapState | None, Manifest, Cluster], Awaitable[WriteResult]]

MAX_MESSAGE = 500  # characters of what the API server says; an admission webhook may write pages


async def get_existing(key: ObjectKey, context: ReconcileContext) -> ConfigMapState | None:
    """Return the ConfigMap of this name, ours or not, from the cache or else by name."""
    return context.cache.published.get(key) or await context.cluster.find_config_map(key)


async def apply(
    key: ObjectKey, existing: ConfigMapState | None, desired: Manifest, cluster: Cluster
) -> WriteResult:
    """Apply a ConfigMap in the place of the existing one, or where there is none."""
    precondition = {"uid": existing.uid} if existing else {"resourceVersion": NO_VERSION}
    return await cluster.apply_config_map(key, _with_metadata(desired, **precondition))


async def create_or_replace(
    key: ObjectKey, existing: ConfigMapState | None, desired: Manifest, cluster: Cluster
) -> WriteResult:
    """Create a ConfigMap, or replace all of the existing one, as it was read; one that others write
    to as well is read again, since what is theirs stays."""
    if existing is None:
        return await cluster.create_config_map(key, desired)
    try:
        return await _replace(key, existing, desired, cluster)
    except Forbidden:  # the rights of the first release, to patch but not to update, suffice
        return await apply(key, existing, desired, cluster)


async def _replace(
    key: ObjectKey, existing: ConfigMapState, desired: Manifest, cluster: Cluster
) -> WriteResult:
    version = {"uid": existing.uid, "resourceVersion": existing.resource_version}
    if existing.is_shared:
        current = await cluster.get_config_map(key)
        if current is None or not version.items() <= current["metadata"].items():
            raise Conflict(f"ConfigMap {key} has changed")
        return await cluster.replace_config_map(key, replacement(current, desired))
    return await cluster.replace_config_map(key, _with_metadata(desired, **version))


def _with_metadata(manifest: Manifest, **metadata: str) -> Manifest:
    return {**manifest, "metadata": {**manifest["metadata"], **metadata}}


async def write_config_map(
    existing: ConfigMapState | None,
    desired: Manifest,
    counters: ReconcileCounters,
    context: ReconcileContext,
    *,
    write: Write = apply,
    prune: bool = False,
) -> Problem | None:
    """Write a ConfigMap that has drifted; return why the API server rejects it, or who contests it.

    `prune` also counts labels and annotations that are no longer asked for as drift. Raises
    Conflict, also where there is one although `existing` is None, and NotFound of `edges`.
    """
    metadata = desired["metadata"]
    key = ObjectKey(metadata["namespace"], metadata["name"])
    contest, now = context.states.contests.get(key, NO_CONTEST), context.clock.monotonic()
    if existing is not None and not drift(existing, desired, prune=prune):
        context.states.contests[key] = contest.with_applied(metadata)
        return contest.problem(key.name, now)
    if existing is not None:
        context.states.contests[key] = contest = contest.observe(existing, now)
        if now < contest.held_until:
            return contest.problem(key.name, now)
    with counters.writing_config_map() as attempt:
        result = await _try(write(key, existing, desired, context.cluster))
        if isinstance(result, Problem):
            attempt.result = REFUSED
            return result
    context.cache.published[key] = result
    context.states.contests[key] = contest.with_applied(metadata)
    return contest.problem(key.name, now)


async def _try(writing: Awaitable[WriteResult]) -> WriteResult:
    try:
        return await writing
    except Rejected as error:
        return Problem(Reason.WRITE_REFUSED, str(error)[:MAX_MESSAGE])
