"""What happens in the demo, in order: a provider, a model more, a server less."""

import json

from hack.demo import sample, show
from hack.demo.cluster import Cluster
from hack.demo.process import DemoError
from hack.demo.server import Server
from tests.rbac import Manifest

SECRET = "vllm-api-key"  # noqa: S105 - the name of a Secret
NEW_MODEL = "Qwen/Qwen3-Coder-30B-A3B-Instruct"
NEW_CONTEXT = 262144
NOT_OURS = "Skipped: the server is not ours to change."


class Story:
    """The steps; each prints what it did and what came of it."""

    def __init__(self, cluster: Cluster, server: Server) -> None:
        self._cluster = cluster
        self._server = server
        keyed_by = SECRET if server.key else None
        self._sample = sample.provider(server.base_url, cluster.namespace, keyed_by=keyed_by)
        self._name = self._sample["metadata"]["name"]

    def tell(self) -> None:
        self._apply()
        self._show()
        self._grow()
        self._lose()

    def _apply(self) -> None:
        with show.step("The VllmProvider of the README is applied and becomes Ready"):
            show.manifest(self._sample)
            if self._server.key:
                secret = sample.key_secret(SECRET, self._server.key, self._server.host)
                self._cluster.apply(secret)
            show.text(self._cluster.apply(self._sample))
            self._wait("condition=Ready")

    def _show(self) -> None:
        with show.step("kubectl get vllmproviders"):
            show.text(self._cluster.kubectl("get", "vllmproviders"))
        with show.step("Its conditions"):
            show.conditions(self._provider())
        with show.step(f"openclaw.json in the ConfigMap {self._configmap()['metadata']['name']}"):
            show.text(self._configmap()["data"]["openclaw.json"].rstrip())

    def _grow(self) -> None:
        with show.step(f"The server loads {NEW_MODEL}; it arrives by itself"):
            if not self._server.process:
                show.text(NOT_OURS)
                return
            count = len(self._published()) + 1
            self._server.load(NEW_MODEL, NEW_CONTEXT)
            self._wait(f"jsonpath={{.status.modelCount}}={count}")
            show.models(self._provider())
            self._must(NEW_MODEL in self._published(), "the ConfigMap lacks the new model")

    def _lose(self) -> None:
        with show.step("The server stops; the list stays, and the condition says why"):
            if not self._server.process:
                show.text(NOT_OURS)
                return
            before = self._configmap()["data"]
            self._server.process.stop()
            self._wait("condition=ServerReachable=False")
            show.conditions(self._provider())
            self._must(self._configmap()["data"] == before, "the ConfigMap has changed")
            show.text(f"Not a byte of the ConfigMap changed: {', '.join(self._published())}")

    def _wait(self, condition: str) -> None:
        wait = ("wait", f"vllmprovider/{self._name}", f"--for={condition}", "--timeout=60s")
        try:
            self._cluster.kubectl(*wait)
        except DemoError:
            show.text(json.dumps(self._provider().get("status"), indent=2))
            raise

    def _provider(self) -> Manifest:
        return self._get("vllmprovider", self._name)

    def _configmap(self) -> Manifest:
        return self._get("configmap", self._provider()["status"]["configMap"]["name"])

    def _get(self, kind: str, name: str) -> Manifest:
        result: Manifest = json.loads(self._cluster.kubectl("get", kind, name, "-o", "json"))
        return result

    def _published(self) -> list[str]:
        providers = json.loads(self._configmap()["data"]["models.json"])["providers"]
        return [model["id"] for provider in providers.values() for model in provider["models"]]

    @staticmethod
    def _must(holds: bool, otherwise: str) -> None:  # noqa: FBT001 - reads like an assert
        if not holds:
            raise DemoError(f"This is a bug: {otherwise}.")
