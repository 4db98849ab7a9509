"""A cluster in memory, in place of `edges.kube.cluster.Cluster`.

tests/apiserver/test_fake_cluster.py holds it to the real one, case by case. It has one writer: an
apply replaces what is there, where the API server merges the fields of all managers. What it does
not override asks a server that it does not have, and fails.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any, cast

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import FIELD_MANAGER, ConfigMapState
from openclaw_vllm.api.fields import WireModel
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.pods import AgentPod
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.kube.cluster import Cluster
from openclaw_vllm.edges.kube.replies import AnyCustomObject, AnyObject, Conflict, NotFound
from tests import builders
from tests.builders import Wire


@dataclass
class Action:
    """One request, as the API server's audit log names it; `accepted` unless it was refused."""

    verb: str
    resource: str
    key: ObjectKey | None = None
    namespaces: tuple[str, ...] = ()  # of a list
    metadata_only: bool = False  # of a list
    accepted: bool = False


async def accept(_: Action) -> None:
    """Let every action pass."""


class FakeCluster(Cluster):
    """Objects by key, and the actions on them.

    `react` runs before each action; it may wait, change the objects, or raise what the real cluster
    raises. A namespace that is not in `namespaces` takes no ConfigMap.
    """

    def __init__(self, *objects: AnyCustomObject, namespaces: Iterable[str] = ()) -> None:
        self.objects: dict[tuple[str, ObjectKey], AnyCustomObject] = {}
        self.config_maps: dict[ObjectKey, ConfigMapState] = {}
        self.manifests: dict[ObjectKey, Wire] = {}  # of ConfigMaps, as they were applied
        self.services: list[Wire] = []
        self.slices: list[Wire] = []
        self.namespaces = set(namespaces)
        self.actions: list[Action] = []
        self.react: Callable[[Action], Awaitable[None]] = accept
        self._version = 1000
        self.put(*objects)

    def put(self, *objects: AnyCustomObject) -> None:
        """Have these objects exist as they are."""
        for obj in objects:
            self.objects[obj.KIND, obj.key] = obj

    @property
    def lists(self) -> int:
        """How many lists were asked for."""
        return sum(action.verb == "list" for action in self.actions)

    async def ensure_still_exists(self, obj: AnyCustomObject) -> None:
        async with self._action("get", plural(obj), obj.key):
            if self._existing(obj).uid != obj.uid:
                raise NotFound(f"{obj.KIND} {obj.key} is gone")

    async def find_config_map(self, key: ObjectKey) -> ConfigMapState | None:
        async with self._action("get", "configmaps", key):
            return self.config_maps.get(key)

    async def annotate_pod(self, key: ObjectKey, pod: AgentPod, digest: str) -> AgentPod:
        async with self._action("patch", "pods", key):
            return replace(pod, digest=digest, resource_version=self._next_version())

    async def get_config_map(self, key: ObjectKey) -> Wire | None:
        async with self._action("get", "configmaps", key):
            result = self.config_maps.get(key)
            return None if result is None else self._stored(key, self.manifests[key])

    async def apply_config_map(self, key: ObjectKey, manifest: Wire) -> ConfigMapState | Problem:
        async with self._action("patch", "configmaps", key) as action:
            if key.namespace not in self.namespaces:
                raise NotFound(f"namespace {key.namespace} is gone")
            existing, uid = self.config_maps.get(key), manifest["metadata"].get("uid")
            if uid and (existing is None or existing.uid != uid):
                raise Conflict(f"ConfigMap {key} was replaced")
            version = manifest["metadata"].get("resourceVersion")
            if version and existing is not None and existing.resource_version != version:
                raise Conflict(f"ConfigMap {key} has changed")
            return self._write(key, manifest, action)

    async def create_config_map(self, key: ObjectKey, manifest: Wire) -> ConfigMapState | Problem:
        async with self._action("create", "configmaps", key) as action:
            if key.namespace not in self.namespaces:
                raise NotFound(f"namespace {key.namespace} is gone")
            if key in self.config_maps:
                raise Conflict(f"ConfigMap {key} exists")
            return self._write(key, manifest, action)

    async def replace_config_map(self, key: ObjectKey, manifest: Wire) -> ConfigMapState | Problem:
        async with self._action("update", "configmaps", key) as action:
            existing, metadata = self.config_maps.get(key), manifest["metadata"]
            expected = (metadata["uid"], metadata["resourceVersion"])
            if existing is None or identity(existing) != expected:
                raise Conflict(f"ConfigMap {key} has changed")
            return self._write(key, manifest, action)

    async def delete_config_map(self, key: ObjectKey, item: ConfigMapState) -> None:
        async with self._action("delete", "configmaps", key):
            if (existing := self.config_maps.get(key)) is None:
                return
            if identity(existing) != identity(item):
                raise Conflict(f"ConfigMap {key} has changed")
            del self.config_maps[key]

    async def apply_status(self, obj: AnyObject, status: WireModel) -> AnyObject:
        async with self._action("patch", f"{plural(obj)}/status", obj.key):
            wire = builders.manifest(status=status.model_dump(exclude_none=True))
            return self._update(obj, status=obj.read(wire).status)

    async def set_finalizers(self, obj: AnyObject, finalizers: Iterable[str]) -> AnyObject:
        async with self._action("patch", plural(obj), obj.key):
            updated = self._update(obj, finalizers=tuple(finalizers))
            if updated.deleting and not updated.finalizers:
                del self.objects[obj.KIND, obj.key]
            return updated

    async def post_event(
        self, obj: AnyCustomObject, reason: str, note: str, *, warning: bool
    ) -> None:
        async with self._action("create", "events", obj.key):
            return

    async def list_objects(
        self,
        kind: str,
        namespaces: Iterable[str],
        *,
        selector: str = "",
        metadata_only: bool = False,
    ) -> AsyncIterator[Wire]:
        chosen = tuple(namespaces)
        async with self._action("list", kind, None, chosen, metadata_only=metadata_only):
            listed = list(self._of_kind(kind))
        for wire in listed:
            metadata = wire["metadata"]
            within = not chosen or metadata["namespace"] in chosen
            if within and matches(selector, metadata.get("labels") or {}):
                yield {"metadata": metadata} if metadata_only else wire

    def _of_kind(self, kind: str) -> Iterator[Wire]:
        """Yield every object of a kind; of our kinds only their metadata."""
        if kind == "services":
            yield from self.services
        elif kind == "endpointslices":
            yield from self.slices
        elif kind == "namespaces":
            yield from ({"metadata": {"name": name, "uid": name}} for name in self.namespaces)
        elif kind == "configmaps":
            for key, state in self.config_maps.items():
                labels = dict(state.labels)
                yield self._stored(
                    key, {"metadata": {"labels": labels}} | self.manifests.get(key, {})
                )
        else:
            for obj in self.objects.values():
                if plural(obj) == kind:
                    name = {"name": obj.key.name, "namespace": obj.key.namespace}
                    yield {"metadata": name | {"uid": obj.uid, "labels": dict(obj.labels)}}

    @asynccontextmanager
    async def _action(
        self, verb: str, resource: str, key: ObjectKey | None, *namespaces: Any, **of_a_list: Any
    ) -> AsyncIterator[Action]:
        """Have the test react to an action, and record whether it was accepted."""
        action = Action(verb, resource, key, *namespaces, **of_a_list)
        try:
            await self.react(action)
            action.accepted = True
            yield action
        except BaseException:
            action.accepted = False
            raise
        finally:
            self.actions.append(action)

    def _write(self, key: ObjectKey, manifest: Wire, action: Action) -> ConfigMapState | Problem:
        """Store what a write that met its preconditions asks for."""
        existing, desired = self.config_maps.get(key), self._stored(key, manifest)
        if existing is not None and existing.immutable and changes(existing, desired):
            action.accepted = False
            message = f"ConfigMap {key.name} is immutable; delete it, and it is written anew"
            return Problem(Reason.IMMUTABLE, message)
        if existing is None or existing != ConfigMapState.read(desired):
            desired["metadata"]["resourceVersion"] = self._next_version()
        self.manifests[key] = manifest
        self.config_maps[key] = ConfigMapState.read(desired)
        return self.config_maps[key]

    def _existing(self, obj: AnyObject) -> AnyObject:
        try:
            return cast(AnyObject, self.objects[obj.KIND, obj.key])
        except KeyError:
            raise NotFound(f"{obj.KIND} {obj.key} is gone") from None

    def _update(self, obj: AnyObject, **changed: Any) -> AnyObject:
        """Change an object as it was read; a change that changes nothing makes no new version."""
        existing = self._existing(obj)
        if identity(existing) != identity(obj):
            raise Conflict(f"{obj.KIND} {obj.key} has changed")
        updated = replace(existing, **changed)
        if updated != existing:
            updated = replace(updated, resource_version=self._next_version())
        self.put(updated)
        return updated

    def _stored(self, key: ObjectKey, manifest: Wire) -> Wire:
        """Give a manifest the identity of the ConfigMap of this key, or a new one."""
        existing = self.config_maps.get(key)
        uid, version = identity(existing) if existing else (f"uid-of-{key}-{self._version}", "")
        metadata = {**manifest["metadata"], "name": key.name, "namespace": key.namespace}
        metadata["managedFields"] = [{"manager": FIELD_MANAGER}]
        return {**manifest, "metadata": metadata | {"uid": uid, "resourceVersion": version}}

    def _next_version(self) -> str:
        self._version += 1
        return str(self._version)


def plural(obj: AnyCustomObject) -> str:
    return f"{obj.KIND.lower()}s"


def identity(obj: AnyCustomObject | ConfigMapState) -> tuple[str, str]:
    """What preconditions name."""
    return obj.uid, obj.resource_version


def changes(existing: ConfigMapState, desired: Wire) -> bool:
    """Whether an apply would change what stays as it is in an immutable ConfigMap."""
    after = ConfigMapState.read(desired)
    return (after.immutable, after.digest) != (existing.immutable, existing.digest)


def matches(selector: str, labels: Wire) -> bool:
    """Whether labels fulfil a selector of equalities and of names that have to be there."""
    expected = (part.partition("=") for part in selector.split(",") if part)
    return all(
        labels.get(name) == value if sign else name in labels for name, sign, value in expected
    )
