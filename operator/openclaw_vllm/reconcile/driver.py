"""The driver of one reconcile, the same for both kinds."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import CustomObject
from openclaw_vllm.edges.kube.cluster import Conflict, NotFound, Rejected
from openclaw_vllm.edges.metrics.counters import ReconcileCounters
from openclaw_vllm.reconcile.context import requeue_after_rejection

Object = TypeVar("Object", bound=CustomObject[Any, Any])


async def drive(
    key: ObjectKey,
    objects: Mapping[ObjectKey, Object],
    counters: ReconcileCounters,
    reconcile: Callable[[Object], Awaitable[float | None]],
    forget: Callable[[Object], None],
) -> float | None:
    """Reconcile the object of this key if there is one, and count how that ends.

    Returns the seconds until it wants to run again, or None when only an event can change
    anything. Raises Unavailable of `edges` when a plain retry may heal.
    """
    target = objects.get(key)
    if target is None:
        return None
    try:
        with counters.reconciling():
            return await reconcile(target)
    except (Conflict, NotFound, Rejected) as error:
        return requeue_after_rejection(error, key, forget=lambda: forget(target))
