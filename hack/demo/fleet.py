"""The demo of catalogs: two teams' servers arrive in the namespaces of agents.

It applies docs/manifests/catalog.yaml, so that what the documents show is what is seen at work.
"""

import json
import sys
from contextlib import ExitStack
from pathlib import Path

from hack.demo import show
from hack.demo.cluster import Cluster
from hack.demo.operator import operator
from hack.demo.process import DemoError
from hack.demo.server import Server, stand_in
from tests import cluster_dns, manifests
from tests.rbac import Manifest

RED = ("Qwen/Qwen3-32B:40960", "Qwen/Qwen3-Coder-30B-A3B-Instruct:262144")
BLUE = ("meta-llama/Llama-3.3-70B-Instruct:131072",)
NAMESPACES = {"team-red": "tier=models", "team-blue": "tier=models"}
AGENTS = "openclaw=enabled"
WITHIN = "--timeout=60s"


def play(stack: ExitStack, cluster: Cluster, folder: Path) -> None:
    """Set the rest of the stage and tell the story."""
    objects = manifests.read(manifests.CATALOG)
    key = manifests.named(objects, "Secret", "qwen-key")["stringData"]["api-key"]
    with show.step("Two teams' vLLM servers, the second with a key"):
        red = stack.enter_context(stand_in(folder, *RED, name="team-red"))
        blue = stack.enter_context(stand_in(folder, *BLUE, name="team-blue", key=key))
        show.text(f"{red.base_url}\n{blue.base_url}")
    with show.step(
        "The operator; a Service's name leads to these servers, as a cluster's DNS would"
    ):
        program = (sys.executable, str(cluster_dns.__file__))
        process = stack.enter_context(operator(cluster, folder, program=program))
        show.text(f"process {process.running.pid}")
    FleetStory(cluster, objects, red, blue).tell()


class FleetStory:
    """The steps; each prints what it did and what came of it."""

    def __init__(
        self, cluster: Cluster, objects: list[Manifest], red: Server, blue: Server
    ) -> None:
        self._cluster = cluster
        self._objects = objects
        self._red, self._blue = red, blue

    def tell(self) -> None:
        self._write()
        self._share_red()
        self._share_blue()
        self._welcome()
        self._withdraw()

    def _write(self) -> None:
        with show.step(
            "The platform engineer writes one VllmCatalog, for two namespaces of agents"
        ):
            for name, label in NAMESPACES.items():
                self._namespace(name, label)
            for name in ("agents-1", "agents-2"):
                self._namespace(name, AGENTS)
            catalog = manifests.named(self._objects, "VllmCatalog", "fleet")
            show.manifest(catalog)
            show.text(self._apply(catalog))
            self._wait("jsonpath={.status.targets.published}=2")
            self._show()

    def _share_red(self) -> None:
        with show.step("Team red shares its VllmProvider"):
            provider = manifests.named(self._objects, "VllmProvider", "vllm")
            metadata = {"name": "vllm", "namespace": "team-red"}
            spec = {"ports": [{"name": "http", "port": self._red.port}]}
            service = {"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec}
            show.text(self._apply(service, provider))
            self._wait("jsonpath={.status.modelCount}=2")
            self._show()

    def _share_blue(self) -> None:
        with show.step("Team blue labels a Service; its key stays where it is"):
            service = manifests.named(self._objects, "Service", "qwen")
            service["spec"]["ports"][0]["port"] = self._blue.port
            show.text(self._apply(manifests.named(self._objects, "Secret", "qwen-key"), service))
            self._wait("jsonpath={.status.modelCount}=3")
            self._show()
            credentials = self._catalog()["status"]["credentials"]
            show.text("credentials: " + json.dumps(credentials))
            key = self._blue.key
            published = self._kubectl("get", "configmaps", "-A", "-o", "json")
            if key is None or key in published:
                raise DemoError("This is a bug: the key has left its namespace.")

    def _welcome(self) -> None:
        with show.step("A third namespace of agents appears"):
            self._namespace("agents-3", AGENTS)
            self._wait("jsonpath={.status.targets.published}=3")
            self._show()

    def _withdraw(self) -> None:
        with show.step("The VllmCatalog is deleted; nothing of it is left"):
            show.text(self._kubectl("delete", "vllmcatalog", "fleet", WITHIN))
            remaining = self._config_maps()
            if remaining:
                raise DemoError(f"This is a bug: ConfigMaps are left in {remaining}.")

    def _show(self) -> None:
        show.text(self._kubectl("get", "vllmcatalogs"))
        holding = self._config_maps()
        versions = {json.dumps(item["data"]) for item in holding.values()}
        if len(versions) != 1:
            raise DemoError(f"This is a bug: {len(versions)} versions are published.")
        models = self._catalog()["status"].get("models", [])
        show.table(("IN", "MODELS"), [[name, ", ".join(models)] for name in sorted(holding)])

    def _config_maps(self) -> dict[str, Manifest]:
        selector = "openclaw-vllm.dev/catalog=fleet"
        result = json.loads(self._kubectl("get", "configmaps", "-A", "-l", selector, "-o", "json"))
        return {item["metadata"]["namespace"]: item for item in result["items"]}

    def _catalog(self) -> Manifest:
        result: Manifest = json.loads(self._kubectl("get", "vllmcatalog", "fleet", "-o", "json"))
        return result

    def _namespace(self, name: str, label: str) -> None:
        self._kubectl("create", "namespace", name)
        self._kubectl("label", "namespace", name, label)

    def _apply(self, *objects: Manifest) -> str:
        items = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        return self._cluster.kubectl("apply", "-f", "-", manifest=items, namespaced=False)

    def _wait(self, condition: str) -> None:
        try:
            self._kubectl("wait", "vllmcatalog/fleet", f"--for={condition}", WITHIN)
        except DemoError:
            show.text(json.dumps(self._catalog().get("status"), indent=2))
            raise

    def _kubectl(self, *args: str) -> str:
        return self._cluster.kubectl(*args)
