"""The operator of a pod, run as a process: the pod's arguments, its service account, its rights."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tests import cluster_dns
from tests.controlplane.audit import AuditEntries
from tests.controlplane.plane import ControlPlane
from tests.operator_process import OperatorProcess, wait_for_right

NAMESPACE = {"apiVersion": "v1", "fieldPath": "metadata.namespace"}

Pod = dict[str, Any]


class PodOperator(OperatorProcess):
    """The operator of a pod; once it has ended, `asked` is all that it asked the API server for."""

    def __init__(self, plane: ControlPlane, pod: Pod, folder: Path) -> None:
        self._plane = plane
        self._mark = plane.audit.mark()
        self._home, account = pod["metadata"]["namespace"], pod["spec"]["serviceAccountName"]
        self._user = f"system:serviceaccount:{self._home}:{account}"
        command, *self._options = _args(pod)
        assert command == "run"
        self.asked = AuditEntries()
        folder.mkdir()
        kubeconfig = plane.kubeconfig_for(self._home, account)
        super().__init__(kubeconfig, folder, *self._options, program=cluster_dns.PROGRAM)

    def wait_for_rights(self) -> None:
        """Wait until all that was granted holds: what is forbidden later is held against it."""
        prefix = "--namespace="
        served = [each.removeprefix(prefix) for each in self._options if each.startswith(prefix)]
        for namespace in served or [""]:
            self._may("get", "openclaw-vllm.dev", "vllmproviders", namespace)
        if "--leader-elect" in self._options:  # it may get one Lease only, by its name
            self._may("create", "coordination.k8s.io", "leases", self._home)

    def note(self) -> None:
        """Note what it asked for; an uninstall may have taken its rights before it ended."""
        since = self._plane.audit.since(self._mark)
        if withdrawn := since.withdrawals():
            self.outages.append((withdrawn[0].timestamp, datetime.now(UTC)))
        self.asked = since.by(self._user)

    def _may(self, verb: str, group: str, resource: str, namespace: str) -> None:
        right = {"verb": verb, "group": group, "resource": resource, "namespace": namespace}
        wait_for_right(self._plane, self._user, **right)


def container_of(pod: Pod) -> dict[str, Any]:
    (container,) = pod["spec"]["containers"]
    result: dict[str, Any] = container
    return result


def _args(pod: Pod) -> list[str]:
    """Return the arguments, with the variables of the downward API in their place."""
    values = {
        variable["name"]: pod["metadata"]["namespace"]
        for variable in container_of(pod)["env"]
        if variable.get("valueFrom") == {"fieldRef": NAMESPACE}
    }
    args = list(container_of(pod)["args"])
    for name, value in values.items():
        args = [arg.replace(f"$({name})", value) for arg in args]
    return args
