"""A catalog and what is published of it, as an administrator sees them."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from tests.apiserver.workspace import GROUP, MERGE, SOON, Json, soon
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync

KIND = {"apiVersion": f"{GROUP}/v1alpha1", "kind": "VllmCatalog"}
CATALOGS = f"/apis/{GROUP}/v1alpha1/vllmcatalogs"
FINALIZER = f"{GROUP}/catalog"
GOOD = "True Succeeded"


@dataclass(frozen=True)
class VllmCatalog:
    """A VllmCatalog; its ConfigMaps have one name in every namespace."""

    plane: ControlPlane
    name: str
    config_map_name: str

    @property
    def path(self) -> str:
        return f"{CATALOGS}/{self.name}"

    def read(self) -> Json:
        result: Json = self.plane.admin.request("GET", self.path)
        return result

    @property
    def status(self) -> Json:
        result: Json = self.read()["status"]
        return result

    def message(self, type_: str) -> str:
        conditions = self.status["conditions"]
        return next(str(c["message"]) for c in conditions if c["type"] == type_)

    def becomes(self, **expected: str) -> Json:
        """Wait until its present generation has these conditions, each `True Succeeded` or so."""

        def so() -> Json:
            current = self.read()
            status = current["status"]
            conditions = {
                c["type"]: f"{c['status']} {c['reason']}" for c in status.get("conditions", [])
            }
            assert status["observedGeneration"] == current["metadata"]["generation"], conditions
            assert {type_: conditions.get(type_, "absent") for type_ in expected} == expected, (
                conditions
            )
            return current

        return eventually_sync(so, within=SOON, describe=f"{self.name} becomes {expected}")

    def is_ready(self) -> Json:
        return self.becomes(Ready=GOOD, Stalled="absent", Reconciling="absent")

    def config_maps(self) -> dict[str, Json]:
        """Return its ConfigMaps, by namespace, wherever they are."""
        query = f"labelSelector={FINALIZER}%3D{self.name}"
        items = self.plane.admin.request("GET", f"/api/v1/configmaps?{query}")["items"]
        return {item["metadata"]["namespace"]: item for item in items}

    @property
    def targets(self) -> set[str]:
        return set(self.config_maps())

    @property
    def data(self) -> dict[str, str]:
        """The data that all of its ConfigMaps hold; it is the same, to the byte."""
        result = {json.dumps(item["data"]) for item in self.config_maps().values()}
        assert len(result) == 1, f"{len(result)} versions"
        data: dict[str, str] = json.loads(result.pop())
        return data

    @property
    def providers(self) -> Json:
        result: Json = json.loads(self.data["models.json"])["providers"]
        return result

    @property
    def models(self) -> dict[str, list[str]]:
        """The ids of the models by provider id."""
        return {
            id_: [model["id"] for model in provider["models"]]
            for id_, provider in self.providers.items()
        }

    def publishes(self, expected: dict[str, list[str]], *targets: str) -> float:
        """Wait until exactly these models are published, in these namespaces if any are named.

        Returns how many seconds it took.
        """

        def so() -> bool:
            assert self.targets == set(targets) or not targets, self.targets
            assert self.models == expected, self.models
            return True

        return waited(so, f"{self.name} publishes {expected} to {targets}")

    def spreads_to(self, *targets: str) -> float:
        """Wait until it is in exactly these namespaces; return how many seconds it took."""
        return waited(lambda: self.targets == set(targets), f"{self.name} is in {targets}")

    def edit(self, **spec: Any) -> None:
        self._patch({"spec": spec})

    def refresh(self) -> None:
        """Have everything that it names read anew."""
        self._patch({"metadata": {"annotations": {f"{GROUP}/requested-at": uuid4().hex}}})

    def delete(self, cascade: str = "Background") -> None:
        self.plane.admin.request("DELETE", f"{self.path}?propagationPolicy={cascade}")

    def is_gone(self) -> None:
        """Wait until neither the catalog nor a ConfigMap of it is left."""
        query = f"fieldSelector=metadata.name%3D{self.name}"

        def gone() -> bool:
            return not self.plane.admin.request("GET", f"{CATALOGS}?{query}")["items"]

        soon(lambda: gone() and not self.targets, f"{self.name} is gone")

    def agrees(self) -> Json:
        """Wait until the status says what is published, and return it."""

        def so() -> Json:
            status, providers = self.status, self.providers
            refs = sorted(f"{id_}/{m}" for id_, models in self.models.items() for m in models)
            digests = {
                item["metadata"]["annotations"][f"{GROUP}/config-digest"]
                for item in self.config_maps().values()
            }
            assert digests == {status.get("digest")}
            assert status["models"] == refs[:100]
            assert (status["modelCount"], status["providerCount"]) == (len(refs), len(providers))
            assert status["targets"]["published"] == len(self.targets), status
            named = {f"${{{credential['env']}}}" for credential in status.get("credentials", [])}
            assert named == set(variables(providers)), status
            return status

        return eventually_sync(so, within=SOON, describe=f"the status of {self.name} is right")

    def _patch(self, body: Json) -> None:
        self.plane.admin.request("PATCH", self.path, body, content_type=MERGE)


def variables(providers: Json) -> list[str]:
    """Return every variable that published providers read."""
    return [
        text
        for provider in providers.values()
        for text in (provider["apiKey"], *provider.get("headers", {}).values())
        if text.startswith("${")
    ]


def waited(holds: Callable[[], object], describe: str) -> float:
    """Wait for a condition, and return how many seconds it took."""
    began = time.monotonic()
    soon(holds, describe)
    return time.monotonic() - began
