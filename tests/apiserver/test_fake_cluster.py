"""The fake cluster of the unit tests answers as the real one does: each case runs on both."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
from kubernetes.aio.client import Configuration

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.edges.kube.apiserver import ApiServer
from openclaw_vllm.edges.kube.cluster import Cluster
from tests import builders
from tests.apiserver.config_map_cases import CONFIG_MAP_CASES
from tests.apiserver.object_cases import OBJECT_CASES, Case
from tests.apiserver.workspace import KIND, PROVIDERS, Workspace
from tests.controlplane.plane import ControlPlane
from tests.fakes.cluster import FakeCluster


@dataclass
class RealUser:
    """A user of the real API server."""

    cluster: Cluster
    space: Workspace

    @property
    def namespace(self) -> str:
        return self.space.namespace

    def create(self, name: str) -> VllmProvider:
        manifest = {**KIND, "metadata": {"name": name}, "spec": builders.wire_spec()}
        return VllmProvider.read(self.space.create(PROVIDERS, manifest))

    def read(self, name: str) -> VllmProvider:
        return VllmProvider.read(self.space.get(PROVIDERS, name))

    def delete(self, provider: VllmProvider) -> None:
        self.space.delete(PROVIDERS, provider.key.name)


@dataclass
class FakeUser:
    """A user of the fake, who changes its objects."""

    cluster: FakeCluster
    namespace: str
    created: int = 0

    def create(self, name: str) -> VllmProvider:
        self.created += 1
        identity: dict[str, Any] = {
            "uid": f"uid-{self.created}",
            "resourceVersion": str(self.created),
        }
        provider = builders.resource(namespace=self.namespace, name=name, **identity)
        self.cluster.put(provider)
        return provider

    def read(self, name: str) -> VllmProvider:
        provider = self.cluster.objects["VllmProvider", ObjectKey(self.namespace, name)]
        assert isinstance(provider, VllmProvider)
        return provider

    def delete(self, provider: VllmProvider) -> None:
        existing = self.cluster.objects[provider.KIND, provider.key]
        if existing.finalizers:
            self.cluster.put(replace(existing, deleting=True, resource_version="99"))
        else:
            del self.cluster.objects[provider.KIND, provider.key]


each_case = pytest.mark.parametrize(
    "case", CONFIG_MAP_CASES + OBJECT_CASES, ids=lambda case: case.__name__
)


@pytest.fixture
async def real(control_plane: ControlPlane, home: Workspace) -> AsyncIterator[RealUser]:
    """A namespace of the real API server, with an administrator's rights."""
    admin = control_plane.admin
    configuration = Configuration()
    configuration.host, configuration.ca_cert_data = admin.server, admin.authority
    configuration.api_key = {"BearerToken": f"Bearer {admin.token}"}
    server = ApiServer(configuration)
    yield RealUser(Cluster(server), home)
    await server.close()


@each_case
async def test_the_real_cluster(case: Case, real: RealUser) -> None:
    await case(real)


@each_case
async def test_the_fake_cluster(case: Case) -> None:
    await case(FakeUser(FakeCluster(namespaces=["agents"]), "agents"))
