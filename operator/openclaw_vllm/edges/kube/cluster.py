"""Reads, applies and lists of the objects that the operator needs.

What a person has to fix is returned as a Problem; what ends a reconcile is raised.

Every write carries a precondition, so that a stale view never overwrites a newer one: the status'
resourceVersion (409 when it is old), and those of `config_maps`; all measured.
"""

import logging
from collections.abc import AsyncIterator, Iterable
from http import HTTPStatus
from typing import Any

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import DIGEST, FIELD_MANAGER, GROUP, VERSION
from openclaw_vllm.api.fields import WireModel
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.pods import AgentPod
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.secret import Secret
from openclaw_vllm.api.service import Service
from openclaw_vllm.edges.kube import paths
from openclaw_vllm.edges.kube.config_maps import ConfigMaps
from openclaw_vllm.edges.kube.events import event_about
from openclaw_vllm.edges.kube.replies import (
    AnyCustomObject,
    AnyObject,
    NotFound,
    read_current,
    read_problem,
    require_success,
)

METADATA_LIST = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
PAGE = 500  # objects of a list at once, unless they are large
FIRST_PAGE = 20  # ConfigMaps, which may hold 1 MiB each
PAGE_BYTES = 8 * 1024 * 1024
DRY_RUN_MANAGER = "openclaw-vllm-cli"  # field manager of dry runs

logger = logging.getLogger(__name__)


class Cluster(ConfigMaps):
    """Reads and writes of one cluster."""

    async def ensure_still_exists(self, obj: AnyCustomObject) -> None:
        """Raise NotFound unless the object exists with the same uid, Rejected if that cannot be
        read."""
        reply = await self._server.get(paths.of_object(obj))
        if read_current(obj, reply, "confirming").uid != obj.uid:
            raise NotFound(f"{obj.KIND} {obj.key} is gone")

    async def apply_status(self, obj: AnyObject, status: WireModel) -> AnyObject:
        """Apply the status of the object as it was read; returns the updated object.

        Raises NotFound when it does not exist any more, Conflict when it has changed.
        """
        metadata = {"name": obj.key.name, "uid": obj.uid}
        if obj.key.namespace:
            metadata["namespace"] = obj.key.namespace
        manifest = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": obj.KIND,
            "metadata": metadata | {"resourceVersion": obj.resource_version},
            "status": status.model_dump(exclude_none=True),
        }
        reply = await self._server.apply(f"{paths.of_object(obj)}/status", manifest, FIELD_MANAGER)
        return read_current(obj, reply, "applying the status of")

    async def set_finalizers(self, obj: AnyObject, finalizers: Iterable[str]) -> AnyObject:
        """Replace the finalizers of the object as it was read; returns the updated object.

        Raises NotFound when it does not exist any more, Conflict when it has changed.
        """
        metadata = {"finalizers": list(finalizers), "resourceVersion": obj.resource_version}
        reply = await self._server.merge(
            paths.of_object(obj), {"metadata": metadata}, FIELD_MANAGER
        )
        return read_current(obj, reply, "setting the finalizers of")

    async def annotate_pod(self, key: ObjectKey, pod: AgentPod, digest: str) -> AgentPod:
        """Annotate the pod as it was read with a digest; returns the updated pod.

        Raises NotFound when it does not exist any more, Rejected for all else.
        """
        metadata = {"uid": pod.uid, "annotations": {DIGEST: digest}}
        reply = await self._server.merge(
            paths.core("pods", key), {"metadata": metadata}, FIELD_MANAGER
        )
        if reply.code in (HTTPStatus.NOT_FOUND, HTTPStatus.CONFLICT):
            raise NotFound(f"Pod {key} is gone")
        return AgentPod.read(require_success(reply, f"annotating Pod {key}"))

    async def read_secret(self, key: ObjectKey) -> Secret | Problem:
        """Read a Secret by name."""
        reply = await self._server.get(paths.core("secrets", key))
        if problem := read_problem(reply, "Secret", key, Reason.SECRET_NOT_FOUND):
            return problem
        return Secret.read(require_success(reply, f"reading Secret {key}"))

    async def read_service(self, key: ObjectKey) -> Service | None:
        """Read a Service by name; None when there is none, or none that may be read."""
        reply = await self._server.get(paths.core("services", key))
        if reply.code in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
            return None
        return Service.read(require_success(reply, f"reading Service {key}"))

    async def try_provider(self, key: ObjectKey, manifest: dict[str, Any]) -> str:
        """Validate a VllmProvider by a dry run; return the API server's error, empty when it is
        accepted."""
        path = paths.custom("vllmproviders", key)
        reply = await self._server.apply(path, manifest, DRY_RUN_MANAGER, dry_run=True)
        accepted = reply.code in (HTTPStatus.OK, HTTPStatus.CREATED)
        return "" if accepted else reply.message or f"status {reply.code}"

    async def post_event(
        self, obj: AnyCustomObject, reason: str, note: str, *, warning: bool
    ) -> None:
        """Post an Event about the object; a rejection is only logged, since Events are not state.

        Events about cluster-scoped objects go to the namespace default, as Kubernetes has it.
        """
        namespace = obj.key.namespace
        regarding = obj.reference | ({"namespace": namespace} if namespace else {})
        event = event_about(regarding, reason, note, warning=warning)
        reply = await self._server.create(paths.events(namespace or "default"), event)
        namespace_is_gone = reply.code == HTTPStatus.NOT_FOUND or reply.namespace_terminates
        if reply.code >= HTTPStatus.BAD_REQUEST and not namespace_is_gone:
            arguments = ("no Event could be posted: %s", reply.message)
            logger.warning(*arguments, extra={"key": obj.key})

    async def list_objects(
        self,
        kind: str,
        namespaces: Iterable[str],
        *,
        selector: str = "",
        metadata_only: bool = False,
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield every object of a kind (its plural) in the namespaces, all if empty; in pages."""
        accept = METADATA_LIST if metadata_only else "application/json"
        limit = FIRST_PAGE if kind == "configmaps" and not metadata_only else PAGE
        for path in paths.lists(kind, namespaces):
            query: dict[str, str | int] = {"limit": limit}
            if selector:
                query["labelSelector"] = selector
            while True:
                reply = await self._server.get(path, query, accept)
                body = require_success(reply, f"listing {kind}")
                items = body.get("items") or ()
                for item in items:
                    yield item
                if not (token := body["metadata"].get("continue")):
                    break
                query |= {"continue": token, "limit": _next_page(len(items), reply.size)}

    async def serves(self, kinds: Iterable[str]) -> bool:
        """Return whether the CRDs of these kinds (their plurals) are installed and served."""
        reply = await self._server.get(paths.CUSTOM)
        names = {resource["name"] for resource in reply.body.get("resources") or ()}
        return reply.code == HTTPStatus.OK and names.issuperset(kinds)

    async def version(self) -> tuple[int, int]:
        """Return the API server's version as (major, minor)."""
        body = require_success(await self._server.get("/version"), "reading the version")
        digits = "".join(character for character in body["minor"] if character.isdigit())
        return int(body["major"]), int(digits)


def _next_page(count: int, size: int) -> int:
    """Return how many objects to ask for after so many that took so many bytes."""
    return max(1, min(PAGE, PAGE_BYTES * count // max(size, 1)))
