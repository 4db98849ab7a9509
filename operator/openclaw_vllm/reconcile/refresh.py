"""Refresh of one agent's pod: an annotation that makes its kubelet look at the ConfigMap at once.

One write per pod and change, none at rest. The label names a ConfigMap of the pod's own namespace,
and only one of ours counts.
"""

import asyncio
import logging

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import CATALOG, FIELD_MANAGER, MANAGED_BY
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.pods import REFRESH, AgentPod
from openclaw_vllm.api.status import ConsumersStatus
from openclaw_vllm.edges.kube.replies import AnyCustomObject, NotFound, Rejected
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.driver import REJECTION_PAUSE

SPACING = 0.05  # seconds between two writes: at most 20 in a second
PUBLISHER_PAUSE = 2.0  # seconds until a ConfigMap's publisher is looked for again

logger = logging.getLogger(__name__)


async def refresh(key: ObjectKey, context: ReconcileContext, pace: asyncio.Lock) -> float | None:
    """Annotate the pod with the digest of its ConfigMap, unless it has it; `pace` is held for a
    while after each write."""
    pods = context.cache.pods
    pod = pods.by_key.get(key)
    digest = published_digest(pod.config_map, context) if pod else ""
    if pod is None or not pod.runs or digest in ("", pod.digest):
        return None
    if not pod.mounts:
        return await _report_unmounted(key, pod.config_map, context)
    async with pace:
        try:
            updated = await context.cluster.annotate_pod(key, pod, digest)
        except NotFound:
            pods.by_key.delete(key, pod.uid)
            return None
        except Rejected as error:
            return await _record_refusal(pod.config_map, str(error), context)
        finally:
            await asyncio.sleep(SPACING)
    pods.by_key.upsert(key, updated)
    pods.refusals.pop(pod.config_map, None)
    return None


def published_digest(config_map: ObjectKey, context: ReconcileContext) -> str:
    """Return the digest of a ConfigMap of ours as it is; empty when there is none."""
    published = context.cache.published.get(config_map)
    is_ours = published is not None and published.labels.get(MANAGED_BY) == FIELD_MANAGER
    return published.digest if published is not None and is_ours else ""


def consumers_of(
    config_map: ObjectKey, digest: str, context: ReconcileContext
) -> ConsumersStatus | None:
    """Return how many pods mount the ConfigMap, and how many were made to look at this digest;
    None where no pod asks for it."""
    pods = [pod for _, pod in context.cache.pods.running(config_map)]
    if not pods:
        return None
    return ConsumersStatus(pods=len(pods), current=sum(_is_current(pod, digest) for pod in pods))


def _is_current(pod: AgentPod, digest: str) -> bool:
    return pod.mounts and pod.digest == digest


async def _record_refusal(config_map: ObjectKey, why: str, context: ReconcileContext) -> float:
    """Record why pods are not refreshed, and post one Event about it until one of them is; return
    when to try again."""
    refusals = context.cache.pods.refusals
    if config_map in refusals:
        return REJECTION_PAUSE
    publishers = _publishers_of(config_map, context)
    if not publishers:
        return PUBLISHER_PAUSE
    refusals[config_map] = why
    logger.warning("pods are not refreshed: %s", why, extra={"key": config_map})
    note = f"{why}; the chart's mountRefresh.enabled grants what it needs"
    await _warn(publishers, Reason.REFRESH_REFUSED, note, context)
    return REJECTION_PAUSE


async def _report_unmounted(
    key: ObjectKey, config_map: ObjectKey, context: ReconcileContext
) -> float | None:
    """Post one Event about the first pod with the label and without a volume of its ConfigMap; a
    pod's volumes never change, so that it will not get there."""
    unmounted = context.cache.pods.unmounted
    if config_map in unmounted:
        return None
    publishers = _publishers_of(config_map, context)
    if not publishers:
        return PUBLISHER_PAUSE
    unmounted.add(config_map)
    note = f"pod {key.name} has the label {REFRESH}: {config_map.name}, and no volume of that "
    note += "ConfigMap: mount it, or take the label away"
    await _warn(publishers, Reason.REFRESH_NOT_MOUNTED, note, context)
    return None


def _publishers_of(config_map: ObjectKey, context: ReconcileContext) -> list[AnyCustomObject]:
    """Return the VllmProvider or VllmCatalog that publishes a ConfigMap; none at a start, while
    the watches have not delivered it."""
    published = context.cache.published.get(config_map)
    catalog = ObjectKey("", published.labels.get(CATALOG, "") if published else "")
    publishers: list[AnyCustomObject] = list(context.cache.claimants(config_map)[:1])
    if catalog in context.cache.catalogs:
        publishers.append(context.cache.catalogs[catalog])
    return publishers


async def _warn(
    publishers: list[AnyCustomObject], reason: Reason, note: str, context: ReconcileContext
) -> None:
    for publisher in publishers:
        await context.cluster.post_event(publisher, reason.value, note, warning=True)
