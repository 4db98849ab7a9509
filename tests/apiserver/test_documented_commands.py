"""The commands of README and docs/ that are about a cluster at work, run as they are printed.

Each reader starts as the page does: an operator from the README's own line, and what the page takes
for granted. RUN_BY says which test runs the commands of which page.
"""

import ast
import json
from pathlib import Path

import pytest

from tests import manifests
from tests.apiserver.catalogs.published import VllmCatalog
from tests.apiserver.documented import DOCS, ROOT, Shell, commands, commands_in_passing
from tests.apiserver.node import Node
from tests.apiserver.servers import BOTH, Servers
from tests.apiserver.workspace import Workspace, soon
from tests.vllm_server import Model, VllmServer

pytestmark = pytest.mark.timeout(300)

KEY = "sk-of-the-reader"
README = ROOT / "README.md"
HERE = "apiserver/test_documented_commands.py"
GITOPS = "apiserver/test_gitops.py"
INSTALL = "apiserver/test_install.py"
# Of each page the test that runs a command, with how the commands begin that it runs.
RUN_BY: dict[str, dict[str, tuple[str, ...]]] = {
    "README.md": {f"{HERE}::test_what_the_readme_and_the_agents_page_say_is_what_is_seen": ("",)},
    "addresses.md": {
        "apiserver/test_addresses.py::test_an_upgrade_that_changes_the_domain_rewrites_nothing": (
            "",
        ),
    },
    "agents.md": {f"{HERE}::test_what_the_readme_and_the_agents_page_say_is_what_is_seen": ("",)},
    "catalog.md": {f"{HERE}::test_a_platform_engineer_follows_the_page_of_catalogs": ("",)},
    "cli.md": {
        "apiserver/test_command_line_docs.py::test_every_command_of_the_page_works": (
            "openclaw-vllm",
            "curl",
            "set -e",
        ),
        "image/test_documented.py::test_a_checkout_is_installed_by_pip_as_the_page_says": ("pip",),
    },
    "clusters.md": {
        "apiserver/test_chart_images.py::test_the_command_of_the_page_prints_every_image": (
            "helm template",
        ),
    },
    "conditions.md": {f"{GITOPS}::test_the_commands_about_conditions_work": ("",)},
    "gitops.md": {f"{GITOPS}::test_the_script_is_added_to_what_argo_cd_has": ("",)},
    "image.md": {
        "image/test_documented.py::test_the_command_for_docker_builds_the_image": ("docker build",),
        "image/test_documented.py::test_the_commands_for_debian_write_an_archive": ("apt-get",),
        "cluster/test_cluster.py::test_its_bill_of_materials_can_be_read_where_it_runs": (
            "kubectl exec",
        ),
        f"{HERE}::test_the_command_for_a_cluster_reaches_all_of_its_tests": ("E2E_",),
    },
    "install.md": {f"{INSTALL}::test_every_section_with_commands_is_run_here_or_beside": ("",)},
    "metrics.md": {
        "observability/test_chart.py::test_the_command_of_the_page_adds_it_to_a_release": ("helm",),
        "cluster/test_cluster.py::test_the_conditions_of_one_provider_can_be_read": ("kubectl",),
    },
}
PAGES = (README, *sorted(DOCS.glob("*.md")))
WORKLOADS = ("Deployment", "StatefulSet")
WORKLOAD = {
    "metadata": {"name": "openclaw"},
    "spec": {
        "replicas": 0,
        "selector": {"matchLabels": {"app": "openclaw"}},
        "template": {
            "metadata": {"labels": {"app": "openclaw"}},
            "spec": {"containers": [{"name": "gateway", "image": "openclaw"}]},
        },
    },
}


def functions(path: str) -> set[str]:
    """Return the names of the tests in a file under tests/."""
    module = ast.parse((ROOT / "tests" / path).read_text())
    return {item.name for item in module.body if isinstance(item, ast.FunctionDef)}


def test_each_command_of_each_page_is_run_by_one_test() -> None:
    assert {page.name for page in PAGES if commands(page)} == RUN_BY.keys()
    for page in PAGES:
        starts = [
            (test, start) for test, all_ in RUN_BY.get(page.name, {}).items() for start in all_
        ]
        for test, start in starts:
            path, _, name = test.partition("::")
            assert name in functions(path), test
            assert any(command.startswith(start) for command in commands(page)), start
        for command in commands(page):
            assert len([test for test, start in starts if command.startswith(start)]) == 1, command


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
    output = [line.split()[: len(heads)] for line in reader.run(show).splitlines()]
    assert output == [heads, row]
    assert reader.run(allow) == "secret/vllm-api-key annotated\n"

    credentials, ask = commands(DOCS / "agents.md")
    assert reader.run(credentials) == printed(DOCS / "agents.md", credentials).rstrip()
    count = server.count("/v1/models")
    reader.run(ask)
    soon(lambda: server.count("/v1/models") > count, "the server is asked at once")


def test_a_platform_engineer_follows_the_page_of_catalogs(
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
    catalog = VllmCatalog(reader.plane, "fleet", "openclaw-models")
    lists = {"vllm-team-red-vllm": sorted(model.id for model in BOTH)}
    catalog.publishes({**lists, "vllm-team-blue-qwen": ["org/guarded"]}, "agents-1", "agents-2")
    catalog.is_ready()
    output = reader.run(look)
    assert output.count("openclaw-models") == 2
    (messages,) = json.loads(reader.run(credentials))
    assert messages["env"] == "VLLM_API_KEY_TEAM_BLUE_QWEN"

    reader.run("kubectl scale deployment --all --replicas=0 --namespace openclaw-vllm")
    soon(lambda: not node.operators, "the operator is gone for good")
    reader.run("kubectl delete vllmcatalog fleet --wait=false")
    reader.run(way_out)
    catalog.is_gone()


def filled(command: str, names: dict[str, str]) -> str:
    """Put names where a page has placeholders."""
    for placeholder, name in names.items():
        command = command.replace(placeholder, name)
    return command


def test_what_the_pages_tell_to_type_in_passing_works(reader: Shell, servers: Servers) -> None:
    elect = "--reuse-values --set leaderElection.enabled=true"
    reader.run(
        f"helm upgrade openclaw-vllm charts/openclaw-vllm-operator -n openclaw-vllm {elect} --wait"
    )
    reader.run("kubectl create namespace agents")
    reader.run("kubectl config set-context --current --namespace=agents")
    Workspace(reader.plane, "agents").provider(servers.start()).is_ready()
    fleet = manifests.named(manifests.read(manifests.CATALOG), "VllmCatalog", "fleet")
    workloads = [{"apiVersion": "apps/v1", "kind": kind, **WORKLOAD} for kind in WORKLOADS]
    for manifest in (fleet, *workloads):
        reader.plane.kubectl("apply", "-f", "-", input=json.dumps(manifest))
    account = reader.run("kubectl get serviceaccounts -n openclaw-vllm -o name -l helm.sh/chart")
    names = {
        "vllmcatalog NAME": "vllmcatalog fleet",
        "NAMESPACE:NAME": f"openclaw-vllm:{account.strip().removeprefix('serviceaccount/')}",
        "NAMESPACE": "agents",
        "NAME": "vllm",
        "<name>": "openclaw",
    }
    messages = {command for page in PAGES for command in commands_in_passing(page)}
    for command in sorted(messages, key=lambda each: " delete " in each):
        assert reader.run(filled(command, names)), f"{command} prints nothing"


def test_the_command_for_a_cluster_reaches_all_of_its_tests(shell: Shell) -> None:
    """It needs a cluster of the reader's; here its tests are collected only."""
    (command,) = [each for each in commands(DOCS / "image.md") if each.startswith("E2E_")]
    ring = "cluster/test_cluster.py"
    collected = shell.run(f"export PYTEST_ADDOPTS='--collect-only -q'; {command}")
    assert {line.partition("::")[2] for line in collected.splitlines() if ring in line} == {
        name for name in functions(ring) if name.startswith("test_")
    }
