"""Lists of what the operator watches, as metadata alone."""

from collections.abc import AsyncIterator, Iterable
from typing import Any

from openclaw_vllm.api.configmap import SELECTOR
from openclaw_vllm.api.endpoint_slice import SERVICE_NAME
from openclaw_vllm.api.pods import REFRESH
from openclaw_vllm.edges.kube.paths import SLICES
from openclaw_vllm.reconcile.context import ReconcileContext

PROVIDERS = "vllmproviders"
# Of what is watched in part.
LABEL_SELECTORS = {"configmaps": SELECTOR, SLICES: SERVICE_NAME, "pods": REFRESH}


async def uids_of(
    context: ReconcileContext, kinds: Iterable[str], namespaces: tuple[str, ...] = ()
) -> set[str]:
    """Return the uids of all that there is of these kinds."""
    return {
        item["metadata"]["uid"]
        for kind in kinds
        async for item in list_metadata(context, kind, namespaces)
    }


def list_metadata(
    context: ReconcileContext, kind: str, namespaces: tuple[str, ...]
) -> AsyncIterator[dict[str, Any]]:
    """List the metadata of a kind's objects, of those that are watched."""
    selector = context.shard_selector if kind == PROVIDERS else LABEL_SELECTORS.get(kind, "")
    return context.cluster.list_objects(kind, namespaces, selector=selector, metadata_only=True)
