"""A node for the control plane of the tests: it runs the chart's pods as processes.

There is no kubelet, so whatever waits for pods (`helm install --wait`, `kubectl rollout status`)
would wait for ever. This stands in for one: an operator's pod becomes an OperatorProcess with the
pod's own arguments, under the token of the pod's own service account, with the cluster's DNS of
cluster_dns.py; the pod of `helm test` becomes its own command. The pods' statuses tell what the
processes do. In the end every operator is held to the rights that its install gave it.
"""

import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from tests.apiserver.pod_operator import Pod, PodOperator, container_of
from tests.controlplane.credential import ApiError
from tests.controlplane.plane import ControlPlane
from tests.rights import assert_within_rights

EVERY = 0.2  # seconds between two looks at the pods
MERGE = "application/merge-patch+json"


class Node:
    """Runs every pod of the cluster inside the `with` block."""

    def __init__(self, plane: ControlPlane, folder: Path) -> None:
        self._plane = plane
        self._folder = folder
        self._operators: dict[str, PodOperator] = {}
        self._sent: dict[str, str] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self.failure: BaseException | None = None
        self.ended: list[PodOperator] = []

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        for operator in self._operators.values():
            operator.kill()
        if self.failure is not None:
            raise self.failure
        if kind is None:
            self._hold_to_rights()

    @property
    def operators(self) -> list[PodOperator]:
        """The operators that run now."""
        return list(self._operators.values())

    def _hold_to_rights(self) -> None:
        for operator in self._operators.values():
            operator.note()
        for operator in (*self.ended, *self._operators.values()):
            assert_within_rights(operator, operator.asked)

    def _run(self) -> None:
        try:
            while not self._stop.wait(EVERY):
                self._look()
        except BaseException as error:  # noqa: BLE001 - raised by the thread that leaves the block
            self.failure = error

    def _look(self) -> None:
        pods = {pod["metadata"]["uid"]: pod for pod in self._list()}
        for uid in self._operators.keys() - pods.keys():
            self._end(self._operators[uid])
            del self._operators[uid]
        for uid, pod in pods.items():
            if "command" in container_of(pod):
                self._run_command(uid, pod)
            else:
                self._run_operator(uid, pod)

    def _end(self, operator: PodOperator) -> None:
        """Stop an operator whose pod is gone.

        When an upgrade changes replicas and pods at once, the controller of Deployments first adds
        a pod of the old kind, and removes it in the next moment: there is nothing to stop yet.
        """
        if operator.code("/healthz") == 0:
            operator.kill()
            return
        assert operator.stop() == 0, operator.tail()
        operator.note()
        self.ended.append(operator)

    def _list(self) -> list[Pod]:
        pods: list[Pod] = self._plane.admin.request("GET", "/api/v1/pods")["items"]
        return pods

    def _run_operator(self, uid: str, pod: Pod) -> None:
        if uid not in self._operators:
            operator = PodOperator(self._plane, pod, self._folder / uid)
            operator.wait_for_rights()
            operator.launch()
            self._operators[uid] = operator
        ready = self._operators[uid].code("/readyz") == 200
        self._tell(uid, pod, "Running", ready=ready)

    def _run_command(self, uid: str, pod: Pod) -> None:
        """Run the pod of `helm test`; the names of Services lead to the operator that runs."""
        if uid in self._sent:
            return
        container = container_of(pod)
        _, *rest = container["command"]
        (variable,) = container["env"]
        environment = {variable["name"]: self._address_of(variable["value"])}
        process = subprocess.run(
            [sys.executable, *rest, *container["args"]], env=environment, check=False
        )
        self._tell(uid, pod, "Failed" if process.returncode else "Succeeded", ready=False)

    def _address_of(self, url: str) -> str:
        """Resolve a URL as the cluster's DNS and Services do: by the Service's selector."""
        parts = urlsplit(url)
        name, namespace, _ = str(parts.hostname).split(".")
        path = f"/api/v1/namespaces/{namespace}/services/{name}"
        service = self._plane.admin.request("GET", path)["spec"]
        (pod,) = (pod for pod in self._list() if _is_selected(service["selector"], pod))
        assert parts.port in [port["port"] for port in service["ports"]]
        return f"http://{self._operators[pod['metadata']['uid']].health_address}{parts.path}"

    def _tell(self, uid: str, pod: Pod, phase: str, *, ready: bool) -> None:
        """Write the pod's status when it differs from what was written."""
        if self._sent.get(uid) == f"{phase} {ready}":
            return
        self._sent[uid] = f"{phase} {ready}"
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        condition = {"type": "Ready", "status": str(ready), "lastTransitionTime": now}
        status = {"phase": phase, "conditions": [condition]}
        metadata = pod["metadata"]
        path = f"/api/v1/namespaces/{metadata['namespace']}/pods/{metadata['name']}/status"
        try:
            self._plane.admin.request("PATCH", path, {"status": status}, content_type=MERGE)
        except ApiError as error:
            if error.code != 404:  # deleted meanwhile
                raise


def _is_selected(selector: dict[str, str], pod: Pod) -> bool:
    return set(selector.items()) <= set(pod["metadata"]["labels"].items())
