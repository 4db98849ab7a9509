"""What the ring plays with: three namespaces, the release in one of them, and what is published."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import uuid4

from tests import rbac
from tests.apiserver import documented
from tests.cluster import workloads
from tests.cluster.cluster import CannotRunError, Cluster, Json
from tests.eventually import eventually_sync
from tests.operator_process import sum_of

Value = TypeVar("Value")

RELEASE = "vllm"
CRDS = str(rbac.CHART.parents[1] / "crds")
SELECTOR = "--selector=app.kubernetes.io/name=openclaw-vllm-operator"
LEASE = "openclaw-vllm-operator"
SOON = 120.0  # seconds: generous, because machines are shared
WAIT = "--timeout=180s"


def soon(holds: Callable[[], Value], describe: str, within: float = SOON) -> Value:
    return eventually_sync(holds, within=within, describe=describe)


@dataclass(frozen=True)
class World:
    """Names of namespaces, and what a user does in them; `image` is the operator's."""

    cluster: Cluster
    image: str
    operator: str
    models: str
    agents: str

    def install(self, *values: str) -> None:
        """Install the release, or upgrade it; it is ready when this returns."""
        sets = [f"--set={value}" for value in values]
        chart = str(rbac.CHART)
        self.helm("upgrade", "--install", "--wait", WAIT, RELEASE, chart, *sets)

    def helm(self, *args: str) -> str:
        return self.cluster.helm(*args, "--namespace", self.operator)

    def follow(self, command: str) -> str:
        """Run a command of the documentation, with this world's names in place of the page's."""
        release = f"{RELEASE}-openclaw-vllm-operator"
        here = command.replace("openclaw-vllm-openclaw-vllm-operator", release)
        here = here.replace("-n openclaw-vllm", f"-n {self.operator}")
        here = here.replace('"agents"', f'"{self.agents}"')
        return documented.run(here, self.cluster.kubeconfig, self.cluster.folder)

    def apply(self, namespace: str, *manifests: Json) -> None:
        placed = [{**m, "metadata": {**m["metadata"], "namespace": namespace}} for m in manifests]
        self.cluster.apply(*placed)

    def provide(self, name: str, **spec: object) -> None:
        """Create a VllmProvider among the agents, and wait until it is ready."""
        self.apply(self.agents, workloads.provider(name, **spec))
        self.wait_until_ready(name)

    def wait_until_ready(self, name: str) -> None:
        """Wait as the documentation says."""
        wait = ("wait", "--for=condition=Ready", f"vllmprovider/{name}", WAIT)
        self.cluster.kubectl(*wait, "-n", self.agents)

    def serve(self, namespace: str, name: str, *options: str, **settings: Any) -> None:
        """Start a server, and wait until it answers."""
        server = workloads.server(name, self.image, *options, **settings)
        self.apply(namespace, workloads.source(), *server)
        self.cluster.kubectl("rollout", "status", f"deployment/{name}", WAIT, "-n", namespace)

    def add_model(self, namespace: str, server: str, identity: str) -> None:
        """Have a server list one more model."""
        command = ("python3", "-c", workloads.ADDING, identity)
        self.cluster.kubectl("exec", "-n", namespace, f"deployment/{server}", "--", *command)

    def add_agent(self, name: str, provider: str, **labels: str) -> None:
        """Start a pod that mounts what is published for a VllmProvider."""
        pod = workloads.agent(name, self.image, f"{provider}-openclaw", **labels)
        self.apply(self.agents, pod)
        self.cluster.kubectl(
            "wait", "--for=condition=Ready", f"pod/{name}", WAIT, "-n", self.agents
        )

    def config_map(self, provider: str) -> Json:
        return self.cluster.get(self.agents, "configmap", f"{provider}-openclaw")

    def published(self, provider: str) -> list[str]:
        """Return the ids of the models that agents see."""
        providers = json.loads(self.config_map(provider)["data"]["models.json"])["providers"]
        return [model["id"] for item in providers.values() for model in item["models"]]

    def versions(self) -> dict[str, str]:
        """Return what changes with every write of a published ConfigMap."""
        result = self.cluster.list(self.agents, "configmaps")
        metadata = [config_map["metadata"] for config_map in result]
        own = [m for m in metadata if m["name"].endswith("-openclaw")]
        return {m["name"]: f"{m['uid']} {m['resourceVersion']}" for m in own}

    def pods(self) -> list[Json]:
        """Return the operator's pods that are not on their way out."""
        result = self.cluster.list(self.operator, "pods", SELECTOR)
        return [pod for pod in result if "deletionTimestamp" not in pod["metadata"]]

    def exit_code(self, pod: str) -> int:
        """Return how a pod's container ended before it was started again, as it was once."""
        (status,) = self.cluster.get(self.operator, "pod", pod)["status"]["containerStatuses"]
        assert status["restartCount"] == 1, status
        return int(status["lastState"]["terminated"]["exitCode"])

    def metric(self, name: str, /, **labels: str) -> float:
        """Return the sum of what the operator's pods measure, as an administrator reads it."""
        total = 0.0
        for pod in self.pods():
            place = f"/api/v1/namespaces/{self.operator}/pods/{pod['metadata']['name']}:8080"
            text = self.cluster.kubectl("get", "--raw", f"{place}/proxy/metrics")
            total += sum_of(text, name, labels)
        return total

    def state(self) -> str:
        """Return what helps to understand a failure."""
        kinds = ("pods", "vllmproviders", "leases", "events")
        requests = [("get", kind, "-A", "-o", "wide") for kind in kinds]
        message = []
        for question in requests:
            with suppress(CannotRunError):
                message.append(self.cluster.kubectl(*question))
        return "\n".join([*message, self.logs()])

    def logs(self) -> str:
        options = ("--tail=-1", "--prefix", "--all-containers")
        return self.cluster.kubectl("logs", "-n", self.operator, SELECTOR, *options)

    def leader(self) -> str:
        """Return who holds the Lease: the name of a pod, and what tells its processes apart."""
        result = self.cluster.get(self.operator, "lease", LEASE)
        holder: str = result["spec"].get("holderIdentity") or ""
        assert holder, "nobody leads"
        return holder


@contextmanager
def world(cluster: Cluster, image: str) -> Iterator[World]:
    """Make the namespaces; afterwards nothing is left of them, of the release and of the CRDs."""
    if result := cluster.kubectl("get", "-f", CRDS, "--ignore-not-found", "-o", "name"):
        raise CannotRunError(f"This ring would remove what the cluster has already: {result}")
    suffix = uuid4().hex[:6]
    names = [f"e2e-{part}-{suffix}" for part in ("operator", "models", "agents")]
    created = World(cluster, image, *names)
    cluster.apply(*map(workloads.namespace, names))
    try:
        yield created
    finally:
        created.helm("uninstall", RELEASE, "--ignore-not-found", "--wait")
        cluster.kubectl("delete", "namespace", *names, WAIT)
        cluster.kubectl("delete", "-f", CRDS, "--ignore-not-found", WAIT)
