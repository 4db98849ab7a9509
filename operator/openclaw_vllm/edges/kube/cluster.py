"""The cluster in our terms: what is read by name, what is applied, what is listed.

What somebody has to mend comes back as a Problem; what ends a reconcile is raised.

Every write carries a precondition, so that a stale view never overwrites a newer one: the
ConfigMap's uid (422 when it was replaced, 409 when it is gone), the status' resourceVersion (409
when it is old); all measured. What was refused is told by a Status' reason and causes, never by the
words of its message: they may be names.
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
TRIAL_MANAGER = "openclaw-vllm-cli"  # of applies that are never kept
OUTDATED = ("Conflict", "AlreadyExists")  # reasons; a webhook that answers 409 gives none
UID = ("FieldValueInvalid", "metadata.uid")
FROZEN = "FieldValueForbidden"  # the reason why data of an immutable ConfigMap stays
DATA = ("data", "binaryData", "immutable")

AnyCustomObject = CustomObject[Any, Any]
Ours = TypeVar("Ours", bound=AnyCustomObject)
logger = logging.getLogger(__name__)


class Rejected(Exception):
    """The API server understood a write and will not have it; the message is its own."""


class NotFound(Exception):
    """The object is not there any more, or another one has its name."""


class Conflict(Exception):
    """The object has changed since it was read; the watch is about to show how."""


class Cluster:
    """Reads and writes of one cluster."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server

    async def ensure_still_exists(self, ours: AnyCustomObject) -> None:
        """Raise Gone unless the object still exists with the same uid, Refused if nobody tells."""
        reply = await self._server.get(paths.of(ours))
        if _changed(ours, reply, "confirming").uid != ours.uid:
            raise NotFound(f"{ours.KIND} {ours.key} is gone")

    async def find_config_map(self, key: ObjectKey) -> ConfigMapState | None:
        """Read the ConfigMap that would be published to, ours or not."""
        manifest = await self.get_config_map(key)
        return None if manifest is None else ConfigMapState.read(manifest)

    async def get_config_map(self, key: ObjectKey) -> dict[str, Any] | None:
        """Read a ConfigMap whole, as the API server sends it."""
        reply = await self._server.get(paths.core("configmaps", key))
        if reply.code == HTTPStatus.NOT_FOUND:
            return None
        return _expect(reply, f"reading ConfigMap {key}")

    async def apply_config_map(
        self, key: ObjectKey, manifest: dict[str, Any]
    ) -> ConfigMapState | Problem:
        """Apply the ConfigMap.

        Raises Stale when it was replaced, Gone when its namespace goes, Refused for all else.
        """
        reply = await self._server.apply(paths.core("configmaps", key), manifest, FIELD_MANAGER)
        if reply.code == HTTPStatus.NOT_FOUND or reply.namespace_terminates:
            raise NotFound(f"namespace {key.namespace} is gone")
        if UID in reply.causes or _is_outdated(reply):
            raise Conflict(f"ConfigMap {key} was replaced")
        if any((FROZEN, field) in reply.causes for field in DATA):
            message = f"ConfigMap {key.name} is immutable; delete it, and it is written anew"
            return Problem(Reason.IMMUTABLE, message)
        return ConfigMapState.read(_expect(reply, f"applying ConfigMap {key}"))

    async def delete_config_map(self, key: ObjectKey, found: ConfigMapState) -> None:
        """Delete the ConfigMap as it was read; raises Stale when it has changed since."""
        preconditions = {"uid": found.uid, "resourceVersion": found.resource_version}
        reply = await self._server.delete(paths.core("configmaps", key), preconditions)
        if reply.code == HTTPStatus.CONFLICT:
            raise Conflict(f"ConfigMap {key} has changed")
        if reply.code != HTTPStatus.NOT_FOUND:
            _expect(reply, f"deleting ConfigMap {key}")

    async def apply_status(self, ours: Ours, status: WireModel) -> Ours:
        """Apply the status of the object as it was read; returns it as it is now.

        Raises Gone when it does not exist any more, Stale when it has changed.
        """
        metadata = {"name": ours.key.name, "uid": ours.uid}
        if ours.key.namespace:
            metadata["namespace"] = ours.key.namespace
        manifest = {
            "apiVersion": f"{GROUP}/{VERSION}",
            "kind": ours.KIND,
            "metadata": metadata | {"resourceVersion": ours.resource_version},
            "status": status.model_dump(exclude_none=True),
        }
        reply = await self._server.apply(f"{paths.of(ours)}/status", manifest, FIELD_MANAGER)
        return _changed(ours, reply, "applying the status of")

    async def set_finalizers(self, ours: Ours, finalizers: Iterable[str]) -> Ours:
        """Replace the finalizers of the object as it was read; returns it as it is now.

        Raises Gone when it does not exist any more, Stale when it has changed.
        """
        metadata = {"finalizers": list(finalizers), "resourceVersion": ours.resource_version}
        reply = await self._server.merge(paths.of(ours), {"metadata": metadata}, FIELD_MANAGER)
        return _changed(ours, reply, "setting the finalizers of")

    async def read_secret(self, key: ObjectKey) -> Secret | Problem:
        """Read a Secret by name."""
        reply = await self._server.get(paths.core("secrets", key))
        if problem := _unreadable(reply, "Secret", key, Reason.SECRET_NOT_FOUND):
            return problem
        body = _expect(reply, f"reading Secret {key}")
        annotations = body["metadata"].get("annotations") or {}
        data = {name: base64.b64decode(value) for name, value in (body.get("data") or {}).items()}
        return Secret(annotations.get(ALLOWED_HOSTS, ""), data)

    async def read_config_map(self, key: ObjectKey) -> Mapping[str, str] | Problem:
        """Read the data of a user's ConfigMap by name."""
        reply = await self._server.get(paths.core("configmaps", key))
        if problem := _unreadable(reply, "ConfigMap", key, Reason.CA_BUNDLE_NOT_FOUND):
            return problem
        return dict(_expect(reply, f"reading ConfigMap {key}").get("data") or {})

    async def read_service(self, key: ObjectKey) -> Service | None:
        """Read a Service by name; None when there is none, or none that may be read."""
        reply = await self._server.get(paths.core("services", key))
        if reply.code in (HTTPStatus.NOT_FOUND, HTTPStatus.FORBIDDEN):
            return None
        return Service.read(_expect(reply, f"reading Service {key}"))

    async def try_provider(self, key: ObjectKey, manifest: dict[str, Any]) -> str:
        """Let the API server judge a VllmProvider that is not kept; return what it has against
        it."""
        path = paths.ours("vllmproviders", key)
        reply = await self._server.apply(path, manifest, TRIAL_MANAGER, dry_run=True)
        accepted = reply.code in (HTTPStatus.OK, HTTPStatus.CREATED)
        return "" if accepted else reply.message or f"status {reply.code}"

    async def post_event(
        self, ours: AnyCustomObject, reason: str, note: str, *, warning: bool
    ) -> None:
        """Post an Event about the object; a refusal is logged, for Events are not state.

        Those about cluster-scoped objects go to the namespace default, as Kubernetes has it.
        """
        namespace = ours.key.namespace or "default"
        event = event_about(ours, reason, note, warning=warning)
        reply = await self._server.create(paths.events(namespace), event)
        leaving = reply.code == HTTPStatus.NOT_FOUND or reply.namespace_terminates
        if reply.code >= HTTPStatus.BAD_REQUEST and not leaving:
            said = ("no Event could be posted: %s", reply.message)
            logger.warning(*said, extra={"key": ours.key})

    async def list_objects(
        self,
        kind: str,
        namespaces: Iterable[str],
        *,
        selector: str = "",
        metadata_only: bool = False,
    ) -> AsyncIterator[dict[str, Any]]:
        """Yield every object of a kind (its plural) in the namespaces, or in all of them; paged."""
        accept = METADATA_ONLY if metadata_only else "application/json"
        limit = BIG_PAGE if kind == "configmaps" and not metadata_only else PAGE
        for path in paths.lists(kind, namespaces):
            query: dict[str, str | int] = {"limit": limit}
            if selector:
                query["labelSelector"] = selector
            while True:
                body = _expect(await self._server.get(path, query, accept), f"listing {kind}")
                for item in body.get("items") or ():
                    yield item
                if not (token := body["metadata"].get("continue")):
                    break
                query["continue"] = token

    async def serves(self, kinds: Iterable[str]) -> bool:
        """Tell whether the CRDs of these kinds (their plurals) are installed and served."""
        reply = await self._server.get(paths.OURS)
        names = {resource["name"] for resource in reply.body.get("resources") or ()}
        return reply.code == HTTPStatus.OK and names.issuperset(kinds)

    async def version(self) -> tuple[int, int]:
        """Return the API server's version as (major, minor)."""
        body = _expect(await self._server.get("/version"), "reading the version")
        digits = "".join(character for character in body["minor"] if character.isdigit())
        return int(body["major"]), int(digits)


def _is_outdated(reply: Reply) -> bool:
    return reply.code == HTTPStatus.CONFLICT and reply.body.get("reason") in OUTDATED


def _changed(ours: Ours, reply: Reply, doing: str) -> Ours:
    if reply.code == HTTPStatus.NOT_FOUND:
        raise NotFound(f"{ours.KIND} {ours.key} is gone")
    if reply.code == HTTPStatus.CONFLICT:
        raise Conflict(f"{ours.KIND} {ours.key} has changed")
    return ours.read(_expect(reply, f"{doing} {ours.key}"))


def _expect(reply: Reply, doing: str) -> dict[str, Any]:
    if reply.code not in (HTTPStatus.OK, HTTPStatus.CREATED):
        raise Rejected(f"{doing}: {reply.code} {reply.message}")
    return reply.body


def _unreadable(reply: Reply, kind: str, key: ObjectKey, reason: Reason) -> Problem | None:
    if reply.code == HTTPStatus.NOT_FOUND:
        message = f"{kind} {key.name} does not exist in namespace {key.namespace}; create it"
        return Problem(reason, message)
    if reply.code == HTTPStatus.FORBIDDEN:
        message = f"{kind} {key.name} in namespace {key.namespace} may not be read by the operator"
        return Problem(reason, f"{message}; grant it get on {kind.lower()}s there")
    return None
