"""Reads and writes of ConfigMaps.

Every write carries a precondition, so that a stale view never overwrites a newer one. An apply has
the ConfigMap's uid (422 when it was replaced, 409 when it is gone) or, where there shall be none, a
resourceVersion that no object has (409 when there is one). A create has none to overwrite, and a
replacement has the resourceVersion (409 when it is old, 404 when it is gone); all measured.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import FIELD_MANAGER, ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.kube import paths
from openclaw_vllm.edges.kube.apiserver import ApiServer
from openclaw_vllm.edges.kube.replies import (
    Conflict,
    NotFound,
    Reply,
    is_outdated,
    read_problem,
    require_success,
)

METADATA_ONLY = "application/json;as=PartialObjectMetadata;v=v1;g=meta.k8s.io"
NO_VERSION = "1"  # of no object: etcd's first revision is that of the empty store
UID = ("FieldValueInvalid", "metadata.uid")
FROZEN = "FieldValueForbidden"  # the cause when a ConfigMap is immutable
DATA = ("data", "binaryData", "immutable")


class ConfigMaps:
    """The ConfigMaps of one cluster."""

    def __init__(self, server: ApiServer) -> None:
        self._server = server

    async def find_config_map(self, key: ObjectKey) -> ConfigMapState | None:
        """Read the ConfigMap of this name, ours or not; None when there is none."""
        manifest = await self.get_config_map(key)
        return None if manifest is None else ConfigMapState.read(manifest)

    async def get_config_map(self, key: ObjectKey) -> dict[str, Any] | None:
        """Read the manifest of a ConfigMap; None when there is none."""
        reply = await self._server.get(paths.core("configmaps", key))
        if reply.code == HTTPStatus.NOT_FOUND:
            return None
        return require_success(reply, f"reading ConfigMap {key}")

    async def apply_config_map(
        self, key: ObjectKey, manifest: dict[str, Any]
    ) -> ConfigMapState | Problem:
        """Apply the ConfigMap, which keeps what other field managers own.

        Raises Conflict when it was replaced, NotFound when its namespace is being deleted, Rejected
        for all else.
        """
        reply = await self._server.apply(paths.core("configmaps", key), manifest, FIELD_MANAGER)
        return _read_written(key, reply, "applying", {})

    async def create_config_map(
        self, key: ObjectKey, manifest: dict[str, Any]
    ) -> ConfigMapState | Problem:
        """Create the ConfigMap; raises Conflict when there is one, else as an apply does."""
        path = paths.collection("configmaps", key.namespace)
        reply = await self._server.create(path, manifest, METADATA_ONLY)
        return _read_written(key, reply, "creating", manifest)

    async def replace_config_map(
        self, key: ObjectKey, manifest: dict[str, Any]
    ) -> ConfigMapState | Problem:
        """Replace all of the ConfigMap with the uid and resourceVersion of the manifest.

        Raises Conflict when it has changed or is gone, else as an apply does.
        """
        path = paths.core("configmaps", key)
        reply = await self._server.replace(path, manifest, METADATA_ONLY)
        if reply.code == HTTPStatus.NOT_FOUND and not reply.namespace_terminates:
            raise Conflict(f"ConfigMap {key} is gone")
        return _read_written(key, reply, "replacing", manifest)

    async def delete_config_map(self, key: ObjectKey, config_map: ConfigMapState) -> None:
        """Delete the ConfigMap as it was read; raises Conflict when it has changed since."""
        preconditions = {"uid": config_map.uid, "resourceVersion": config_map.resource_version}
        reply = await self._server.delete(paths.core("configmaps", key), preconditions)
        if reply.code == HTTPStatus.CONFLICT:
            raise Conflict(f"ConfigMap {key} has changed")
        if reply.code != HTTPStatus.NOT_FOUND:
            require_success(reply, f"deleting ConfigMap {key}")

    async def read_config_map(self, key: ObjectKey) -> Mapping[str, str] | Problem:
        """Read the data of a user's ConfigMap by name."""
        reply = await self._server.get(paths.core("configmaps", key))
        if problem := read_problem(reply, "ConfigMap", key, Reason.CA_BUNDLE_NOT_FOUND):
            return problem
        return dict(require_success(reply, f"reading ConfigMap {key}").get("data") or {})


def _read_written(
    key: ObjectKey, reply: Reply, action: str, sent: dict[str, Any]
) -> ConfigMapState | Problem:
    """Return the ConfigMap of a reply to a write, with what was sent where the reply has metadata
    alone; raises Conflict, NotFound or Rejected, which names `action`."""
    if reply.code == HTTPStatus.NOT_FOUND or reply.namespace_terminates:
        raise NotFound(f"namespace {key.namespace} is gone")
    if UID in reply.causes or is_outdated(reply):
        raise Conflict(f"ConfigMap {key} was replaced")
    if any((FROZEN, field) in reply.causes for field in DATA):
        message = f"ConfigMap {key.name} is immutable; delete it, and it is written anew"
        return Problem(Reason.IMMUTABLE, message)
    return ConfigMapState.read({**sent, **require_success(reply, f"{action} ConfigMap {key}")})
