"""The driver of one reconcile, the same for both kinds."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import CustomObject
from openclaw_vllm.edges.kube.replies import Conflict, NotFound, Rejected
from openclaw_vllm.edges.metrics.counters import ReconcileCounters

Object = TypeVar("Object", bound=CustomObject[Any, Any])

WATCH_LAG = 0.5  # seconds until a watch delivers what another client wrote
REJECTION_PAUSE = 60.0  # seconds

logger = logging.getLogger(__name__)


async def drive(
    key: ObjectKey,
    objects: Mapping[ObjectKey, Object],
    counters: ReconcileCounters,
    reconcile: Callable[[Object], Awaitable[float | None]],
    forget: Callable[[Object], None],
) -> float | None:
    """Reconcile the object of this key if there is one, and count how that ends.

    Returns the seconds until it wants to run again, or None when only an event can change
    anything. Raises Unavailable of `edges` when a retry may succeed.
    """
    obj = objects.get(key)
    if obj is None:
        return None
    try:
        with counters.reconciling():
            return await reconcile(obj)
    except Conflict:
        return WATCH_LAG
    except NotFound:
        forget(obj)
        return None
    except Rejected as error:
        logger.error("%s", error, extra={"key": key})
        return REJECTION_PAUSE
