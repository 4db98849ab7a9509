"""Namespaces with a LimitRange or a ResourceQuota, judged by the API server's own admission."""

import pytest

from tests.apiserver.chart import EVERYTHING, Manifest, Rendered, render
from tests.apiserver.workspace import Workspace, soon
from tests.controlplane.credential import ApiError
from tests.controlplane.plane import ControlPlane

pytestmark = pytest.mark.timeout(300)  # the first test may find Helm still to be built

# What the documentation of Kubernetes (Limit Ranges, 1.34) and of OpenShift (4.16) shows.
LIMIT_RANGES: dict[str, Manifest] = {
    "Kubernetes: container": {
        "type": "Container",
        "max": {"cpu": "800m", "memory": "1Gi"},
        "min": {"cpu": "100m", "memory": "99Mi"},
        "default": {"cpu": "700m", "memory": "900Mi"},
        "defaultRequest": {"cpu": "110m", "memory": "111Mi"},
    },
    "Kubernetes: pod": {"type": "Pod", "max": {"cpu": "2", "memory": "2Gi"}},
    "Kubernetes: ratio": {"type": "Pod", "maxLimitRequestRatio": {"memory": "2"}},
    "OpenShift: container": {
        "type": "Container",
        "max": {"cpu": "2", "memory": "1Gi"},
        "min": {"cpu": "100m", "memory": "4Mi"},
        "default": {"cpu": "300m", "memory": "200Mi"},
        "defaultRequest": {"cpu": "200m", "memory": "100Mi"},
        "maxLimitRequestRatio": {"cpu": "10"},
    },
    "docs/clusters.md: the narrowest": {
        "type": "Container",
        "max": {"cpu": "500m", "memory": "512Mi"},
        "min": {"cpu": "100m", "memory": "256Mi"},
        "maxLimitRequestRatio": {"cpu": "5", "memory": "2"},
    },
    "defaults alone": {
        "type": "Container",
        "default": {"cpu": "200m", "memory": "64Mi"},
        "defaultRequest": {"cpu": "10m", "memory": "32Mi"},
    },
}
DEMANDED = ("requests.cpu", "requests.memory", "limits.cpu", "limits.memory")
# Room for the operator and the pod of `helm test`; an upgrade ends the old pod before the new.
ROOM = dict(zip(DEMANDED, ("200m", "512Mi", "1", "1Gi"), strict=True)) | {"pods": "2"}


def pods(rendered: Rendered) -> list[Manifest]:
    """Return the pods: the operator's, and that of each hook."""
    operator = {**rendered.pod["metadata"], "name": "operator"}
    pods = [{"metadata": operator, "spec": rendered.pod["spec"]}, *rendered.of("Pod")]
    return [{**pod, "spec": {**pod["spec"], "serviceAccountName": "default"}} for pod in pods]


def create(space: Workspace, pod: Manifest) -> None:
    """Create a pod as its controller does, with the admission of the API server."""
    metadata = {**pod["metadata"], "namespace": space.namespace}
    soon(lambda: space.find("serviceaccounts", "default"), "the namespace has its account")
    space.create("pods", {**pod, "metadata": metadata})


def set_quota(space: Workspace) -> None:
    """Set the quota, and its status as the controller of quotas does, which does not run here."""
    space.create("resourcequotas", {"metadata": {"name": "room"}, "spec": {"hard": ROOM}})
    status = {"hard": ROOM, "used": dict.fromkeys(ROOM, "0")}
    space.patch("resourcequotas", "room/status", {"status": status})


@pytest.mark.parametrize("values", [(), EVERYTHING], ids=["default", "everything"])
def test_every_container_has_requests_and_limits_of_cpu_and_memory(values: tuple[str, ...]) -> None:
    for pod in pods(render(*values)):
        for container in pod["spec"]["containers"] + pod["spec"].get("initContainers", []):
            for bound in ("requests", "limits"):
                assert set(container["resources"][bound]) >= {"cpu", "memory"}, container["name"]


@pytest.mark.parametrize("name", LIMIT_RANGES)
def test_a_limit_range_lets_every_pod_in_and_changes_none(
    control_plane: ControlPlane, namespace: str, name: str
) -> None:
    space = Workspace(control_plane, namespace)
    limits = {"limits": [LIMIT_RANGES[name]]}
    space.create("limitranges", {"metadata": {"name": "limits"}, "spec": limits})
    for pod in pods(render()):
        create(space, pod)
        (container,) = pod["spec"]["containers"]
        (created,) = space.get("pods", pod["metadata"]["name"])["spec"]["containers"]
        assert created["resources"] == container["resources"]


def test_a_limit_range_refuses_what_is_beyond_it(
    control_plane: ControlPlane, namespace: str
) -> None:
    space = Workspace(control_plane, namespace)
    limits = {"limits": [LIMIT_RANGES["Kubernetes: ratio"]]}
    space.create("limitranges", {"metadata": {"name": "limits"}, "spec": limits})
    operator, _ = pods(render('resources.requests.memory="128Mi"'))
    with pytest.raises(ApiError, match="memory max limit to request ratio per Pod is 2"):
        create(space, operator)


def test_a_quota_has_room_for_the_operator_and_for_helm_test(
    control_plane: ControlPlane, namespace: str
) -> None:
    space = Workspace(control_plane, namespace)
    set_quota(space)
    for pod in pods(render()):
        create(space, pod)
    used = space.get("resourcequotas", "room")["status"]["used"]
    assert used == ROOM


def test_a_quota_refuses_a_pod_without_a_limit(control_plane: ControlPlane, namespace: str) -> None:
    space = Workspace(control_plane, namespace)
    set_quota(space)
    operator, _ = pods(render("resources.limits.cpu=null"))
    with pytest.raises(ApiError, match=r"must specify limits\.cpu"):
        create(space, operator)
