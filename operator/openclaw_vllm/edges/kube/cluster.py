"""Reads, applies and lists of the objects that the operator needs.

What a person has to fix is returned as a Problem; what ends a reconcile is raised.

Every write carries a precondition, so that a stale view never overwrites a newer one: the
ConfigMap's uid (422 when it was replaced, 409 when it is gone), the status' resourceVersion (409
when it is old); all measured. Rejections are told apart by reason and causes of the Status, never
by its message, which may contain any name.
"""

import base64
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from http import HTTPStatus
from typing import Any, TypeVar

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import FIELD_MANAGER, GROUP, VERSION, ConfigMapState
from openclaw_vllm.api.fields import WireModel
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import ALLOWED_HOSTS, CustomObject, Secret, Service
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.kube import paths
from openclaw_vllm.edges.kube.apiserver import ApiServer, Reply
from openclaw_vllm.edges.kube.events import event_about

METADATA_ONLY = "application/json;as=PartialObjectMetadataList;v=v1;g=meta.k8s.io"
PAGE = 500
BIG_PAGE = 50  # of ConfigMaps, which may hold 1 MiB each
DRY_RUN_MANAGER = "openclaw-vllm-cli"  # field manager of dry runs
OUTDATED = ("Conflict", "AlreadyExists")  # reasons
UID = ("FieldValueInvalid", "metadata.uid")
FROZEN = "FieldValueForbidden"  # the cause when a ConfigMap is immutable
DATA = ("data", "binaryData", "immutable")

AnyCustomObject = CustomObject[Any, Any]
AnyObject = TypeVar("AnyObject", bound=AnyCustomObject)
logger = logging.getLogger(__name__)


class Rejected(Exception):
    """The API server rejected a write; the message is its own."""


class NotFound(Exception):
    """The object does not exist any more, or another one has its name."""


class Conflict(Exception):
    """The object has changed since it was read; a watch event is about to follow."""


class Cluster:
    """Reads and writes of one cluster."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server

    async def ensure_still_exists(self, obj: AnyCustomObject) -> None:
        """Raise NotFound unless the object exists with the same uid, Rejected if that cannot be
        read."""
        reply = await self._server.get(paths.of_object(obj))
        if _read_current(obj, reply, "confirming").uid != obj.uid:
            raise NotFound(f"{obj.KIND} {obj.key} is gone")

    async def find_config_map(self, key: ObjectKey) -> ConfigMapState | None:
        """Read the ConfigMap of this name, ours or not; None when there is none."""
        manifest = await self.get_config_map(key)
        return None if manifest is None else ConfigMapState.read(manifest)

    async def get_config_map(self, key: ObjectKey) -> dict[str, Any] | None:
        """Read the whole manifest of a ConfigMap; None when there is none."""
        reply = await self._server.get(paths.core("configmaps", key))
        if reply.code == HTTPStatus.NOT_FOUND:
            return None
        return _require_success(reply, f"reading ConfigMap {key}")

    async def apply_config_map(
        self, key: ObjectKey, manifest: dict[str, Any]
    ) -> ConfigMapState | Problem:
        """Apply the ConfigMap.

        Raises Conflict when it was replaced, NotFound when its namespace is being deleted, Rejected
        for all else.
        """
        reply = await self._server.apply(paths.core("configmaps", key), manifest, FIELD_MANAGER)
        if reply.code == HTTPStatus.NOT_FOUND or reply.namespace_terminates:
            raise NotFound(f"namespace {key.namespace} is gone")
        if UID in reply.causes or _is_outdated(reply):
            raise Conflict(f"ConfigMap {key} was replaced")
        if any((FROZEN, field) in reply.causes for field in DATA):
            message = f"ConfigMap {key.name} is immutable; delete it, and it is written anew"
            return Problem(Reason.IMMUTABLE, message)
        return ConfigMapState.read(_require_success(reply, f"applying ConfigMap {key}"))

    async def delete_config_map(self, key: ObjectKey, config_map: ConfigMapState) -> None:
        """Delete the ConfigMap as it was read; raises Conflict when it has changed since."""
        preconditions = {"uid": config_map.uid, "resourceVersion": config_map.resource_version}
        reply = await self._server.delete(paths.core("configmaps", key), preconditions)
        if reply.code == HTTPStatus.CONFLICT:
            raise Conflict(f"ConfigMap {key} has changed")
        if reply.code != HTTPStatus.NOT_FOUND:
            _require_success(reply, f"deleting ConfigMap {key}")

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
        return _read_current(obj, reply, "applying the status of")

    async def set_finalizers(self, obj: AnyObject, finalizers: Iterable[str]) -> AnyObject:
        """Replace the finalizers of the object as it was read; returns the updated object.

        Raises NotFound when it does not exist any more, Conflict when it has changed.
        """
        metadata = {"finalizers": list(finalizers), "resourceVersion": obj.resource_version}
        reply = await self._server.merge(
            paths.of_object(obj), {"metadata": metadata}, FIELD_MANAGER
        )
        return _read_current(obj, reply, "setting the finalizers of")

    async def read_secret(self, key: ObjectKey) -> Secret | Problem:
        """Read a Secret by name."""
        reply = await self._server.get(paths.core("secrets", key))
        if problem := _read_problem(reply, "Secret", key, Reason.SECRET_NOT_FOUND):
            return problem
        body = _require_success(reply, f"reading Secret {key}")
        annotations = body["metadata"].get("annotations") or {}
        data = {name: base64.b64decode(value) for name, value in (body.get("data") or {}).items()}
        return Secret(annotations.get(ALLOWED_HOSTS, ""), data)

    async def read_config_map(self, key: ObjectKey) -> Mapping[str, str] | Problem:
        """Read the data of a user's ConfigMap by name."""
        reply = await self._server.get(paths.core("configmaps", key))
        if problem := _read_problem(reply, "ConfigMap", key, Reason.CA_BUNDLE_NOT_FOUND):
            return problem
        return dict(_require_success(reply, f"reading ConfigMap {key}").get("data") or {})

    async def read_service(self, key: ObjectKey) -> Service | None:
        """Read a Service by name; None when there is none, or none that may be read."""
        reply = await self._server.get(paths.core("services", key))
        if reply.code in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
            return None
        return Service.read(_require_success(reply, f"reading Service {key}"))

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
        namespace = obj.key.namespace or "default"
        event = event_about(obj, reason, note, warning=warning)
        reply = await self._server.create(paths.events(namespace), event)
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
        accept = METADATA_ONLY if metadata_only else "application/json"
        limit = BIG_PAGE if kind == "configmaps" and not metadata_only else PAGE
        for path in paths.lists(kind, namespaces):
            query: dict[str, str | int] = {"limit": limit}
            if selector:
                query["labelSelector"] = selector
            while True:
                body = _require_success(
                    await self._server.get(path, query, accept), f"listing {kind}"
                )
                for item in body.get("items") or ():
                    yield item
                if not (token := body["metadata"].get("continue")):
                    break
                query["continue"] = token

    async def serves(self, kinds: Iterable[str]) -> bool:
        """Tell whether the CRDs of these kinds (their plurals) are installed and served."""
        reply = await self._server.get(paths.CUSTOM)
        names = {resource["name"] for resource in reply.body.get("resources") or ()}
        return reply.code == HTTPStatus.OK and names.issuperset(kinds)

    async def version(self) -> tuple[int, int]:
        """Return the API server's version as (major, minor)."""
        body = _require_success(await self._server.get("/version"), "reading the version")
        digits = "".join(character for character in body["minor"] if character.isdigit())
        return int(body["major"]), int(digits)


def _is_outdated(reply: Reply) -> bool:
    """Return whether a write lost a race; a 409 of a gateway or of a webhook has no reason."""
    if reply.code != HTTPStatus.CONFLICT or reply.is_about_the_request:
        return False
    return reply.body.get("reason", "") in ("", *OUTDATED)


def _read_current(obj: AnyObject, reply: Reply, action: str) -> AnyObject:
    if reply.code == HTTPStatus.NOT_FOUND:
        raise NotFound(f"{obj.KIND} {obj.key} is gone")
    if reply.code == HTTPStatus.CONFLICT:
        raise Conflict(f"{obj.KIND} {obj.key} has changed")
    return obj.read(_require_success(reply, f"{action} {obj.key}"))


def _require_success(reply: Reply, action: str) -> dict[str, Any]:
    if reply.code not in (HTTPStatus.OK, HTTPStatus.CREATED):
        raise Rejected(f"{action}: {reply.code} {reply.message}")
    return reply.body


def _read_problem(reply: Reply, kind: str, key: ObjectKey, reason: Reason) -> Problem | None:
    if reply.code == HTTPStatus.NOT_FOUND:
        message = f"{kind} {key.name} does not exist in namespace {key.namespace}; create it"
        return Problem(reason, message)
    if reply.code == HTTPStatus.FORBIDDEN:
        message = f"{kind} {key.name} in namespace {key.namespace} may not be read by the operator"
        return Problem(reason, f"{message}; grant it get on {kind.lower()}s there")
    return None
