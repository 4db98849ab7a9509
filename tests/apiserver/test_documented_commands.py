"""The commands of README and docs/ that are about a cluster at work, run as they are printed.

Each reader starts as the page does: an operator from the README's own line, and what the page takes
for granted. The other pages' commands are run by the tests that RUN_BY names.
"""

import json
import re
from pathlib import Path

import pytest

from tests import manifests
from tests.apiserver.catalogs.published import Catalog
from tests.apiserver.documented import DOCS, ROOT, Shell, commands
from tests.apiserver.node import Node
from tests.apiserver.servers import BOTH, Servers
from tests.apiserver.workspace import Workspace, soon
from tests.vllm_server import Model, VllmServer

pytestmark = pytest.mark.timeout(300)

KEY = "sk-of-the-reader"
README = ROOT / "README.md"
RUN_BY = {
    "README.md": "apiserver/test_documented_commands.py",
    "agents.md": "apiserver/test_documented_commands.py",
    "catalog.md": "apiserver/test_documented_commands.py",
    "cli.md": "command_docs.py",
    "conditions.md": "apiserver/test_gitops.py",
    "gitops.md": "apiserver/test_gitops.py",
    "image.md": "image/test_image.py",
    "install.md": "apiserver/test_install.py",
    "metrics.md": "observability/test_chart.py",
}
RIGHTS = re.compile(r"`(kubectl auth can-i [^`]*)`")


def test_the_commands_of_every_page_are_run_by_some_test() -> None:
    pages = {page.name for page in (README, *DOCS.glob("*.md")) if commands(page)}
    assert pages == RUN_BY.keys()
    for page, test in RUN_BY.items():
        assert page in (ROOT / "tests" / test).read_text(), f"{test} does not name {page}"


@pytest.fixture
def reader(shell: Shell, node: Node) -> Shell:
    """Follow the README's installation."""
    (install,) = [command for command in commands(README) if command.startswith("helm install")]
    shell.run(install)
    soon(lambda: [each.code("/readyz") for each in node.operators] == [200], "the operator runs")
    return shell


def serve(shell: Shell, namespace: str, secret: str, server: VllmServer, name: str) -> Workspace:
    """Create a namespace with a server's Service and the Secret with its key."""
    shell.run(f"kubectl create namespace {namespace}")
    space = Workspace(shell.plane, namespace)
    space.create("secrets", {"metadata": {"name": secret}, "stringData": {"api-key": KEY}})
    ports = [{"name": "http", "port": server.port}]
    space.create("services", {"metadata": {"name": name}, "spec": {"ports": ports}})
    return space


def printed(page: Path, command: str) -> str:
    """Return what the page says that a command prints, up to the end of the block."""
    return page.read_text().split(f"$ {command}\n")[1].split("```")[0]


def test_what_the_readme_and_the_agents_page_say_is_what_is_seen(
    reader: Shell, servers: Servers
) -> None:
    server = servers.start(keys=(KEY,))
    space = serve(reader, "agents", "vllm-api-key", server, "vllm")
    auth = {"apiKeySecretRef": {"name": "vllm-api-key", "key": "api-key"}}
    space.provider("", baseUrl=None, serviceRef={"name": "vllm", "port": "http"}, auth=auth)
    wait, show, allow = (c for c in commands(README) if not c.startswith("helm"))
    reader.run(wait)
    *heads, _ = printed(README, show).splitlines()[0].split()
    *row, _ = printed(README, show).splitlines()[1].split()
    seen = [line.split()[: len(heads)] for line in reader.run(show).splitlines()]
    assert seen == [heads, row]
    assert reader.run(allow) == "secret/vllm-api-key annotated\n"

    credentials, ask = commands(DOCS / "agents.md")
    assert reader.run(credentials) == printed(DOCS / "agents.md", credentials).rstrip()
    asked = server.count("/v1/models")
    reader.run(ask)
    soon(lambda: server.count("/v1/models") > asked, "the server is asked at once")


def test_a_platform_engineer_follows_the_page_of_catalogues(
    reader: Shell, node: Node, servers: Servers
) -> None:
    select, share, key, look, credentials, way_out = commands(DOCS / "catalog.md")
    red = serve(reader, "team-red", "unused", servers.start(), "vllm")
    red.provider("", baseUrl=None, serviceRef={"name": "vllm", "port": "http"})
    guarded = servers.start(Model("org/guarded"), keys=(KEY,))
    serve(reader, "team-blue", "qwen-key", guarded, "qwen")
    reader.run("kubectl create namespace agents-1 && kubectl create namespace agents-2")
    fleet = manifests.named(manifests.read(manifests.CATALOG), "VllmCatalog", "fleet")
    reader.plane.kubectl("apply", "-f", "-", input=json.dumps(fleet))
    for script in (select, share, key):
        reader.run(script)
    catalog = Catalog(reader.plane, "fleet", "openclaw-models")
    lists = {"vllm-team-red-vllm": sorted(model.id for model in BOTH)}
    catalog.publishes({**lists, "vllm-team-blue-qwen": ["org/guarded"]}, "agents-1", "agents-2")
    catalog.is_ready()
    seen = reader.run(look)
    assert seen.count("openclaw-models") == 2
    (told,) = json.loads(reader.run(credentials))
    assert told["env"] == "VLLM_API_KEY_TEAM_BLUE_QWEN"

    reader.run("kubectl scale deployment --all --replicas=0 --namespace openclaw-vllm")
    soon(lambda: not node.operators, "the operator is gone for good")
    reader.run("kubectl delete vllmcatalog fleet --wait=false")
    reader.run(way_out)
    catalog.is_gone()


def test_the_page_of_metrics_asks_for_the_operators_rights_as_they_are(reader: Shell) -> None:
    (ask,) = RIGHTS.findall((DOCS / "metrics.md").read_text())
    account = reader.run("kubectl get serviceaccounts -n openclaw-vllm -o name -l helm.sh/chart")
    name = account.strip().removeprefix("serviceaccount/")
    ask = ask.replace("NAMESPACE:NAME", f"openclaw-vllm:{name}")
    assert reader.run(ask) == "yes\n"
    with pytest.raises(AssertionError, match="no"):
        reader.run(ask.replace("services", "secrets"))
