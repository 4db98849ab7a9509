"""A new user's way through docs/install.md, and installs that meet what others left behind.

Helm, kubectl and the API server are real. The pods run as processes (node.py), and each test has a
control plane of its own.
"""

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests import rbac
from tests.apiserver import documented
from tests.apiserver.documented import OWN_SELECTOR, Shell
from tests.apiserver.node import Node
from tests.apiserver.servers import Servers
from tests.apiserver.workspace import PROVIDERS, Provider, Workspace, soon
from tests.conftest import CRDS
from tests.vllm_server import Model

pytestmark = pytest.mark.timeout(400)

PAGE = "install.md"
URL = "http://vllm.models.svc.cluster.local:8000/v1"
CHART = "charts/openclaw-vllm-operator"
CATALOG = """
apiVersion: openclaw-vllm.dev/v1alpha1
kind: VllmCatalog
metadata: {name: fleet}
spec:
  sources:
  - providers:
      namespaceSelector: {matchLabels: {tier: models}}
      selector: {matchLabels: {openclaw-vllm.dev/share: "true"}}
  target:
    namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: agents}}
    configMapName: openclaw-models
"""


def follow(shell: Shell, section: str, url: str = URL) -> str:
    """Run the commands of a section, with this server in the place of the sample's."""
    return "".join(shell.run(block.replace(URL, url)) for block in documented.blocks(PAGE, section))


def provider_in(shell: Shell, namespace: str) -> Provider:
    return Provider(Workspace(shell.plane, namespace), "vllm", "vllm-openclaw")


def of_release(shell: Shell, what: str) -> Any:
    return yaml.safe_load(shell.run(f"kubectl get {what} -o yaml"))


def crd_specs(shell: Shell) -> list[Any]:
    """Return the schemas that the cluster has now."""
    crds = of_release(shell, f"crds --selector {OWN_SELECTOR}")["items"]
    return [crd["spec"]["versions"][0]["schema"] for crd in crds]


def schemas(folder: Path) -> list[Any]:
    crds = [yaml.safe_load(path.read_text()) for path in sorted(folder.glob("*.yaml"))]
    return [crd["spec"]["versions"][0]["schema"] for crd in crds]


def test_every_section_with_commands_is_run_here_or_beside() -> None:
    assert documented.sections_with_commands(PAGE) == {
        "Install",
        "Values worth knowing",
        "For some namespaces only",
        "Upgrade",
        "Roll back",
        "Uninstall",
        "On OpenShift",
        "With kustomize",
        "From kustomize to Helm",
    }


def test_a_new_user_installs_upgrades_rolls_back_and_uninstalls(
    shell: Shell, node: Node, servers: Servers
) -> None:
    server = servers.start()
    output = follow(shell, "Install", server.base_url)
    assert "vllmprovider.openclaw-vllm.dev/vllm condition met" in output
    provider = provider_in(shell, "agents")
    published = provider.config_map()
    shell.run(f"kubectl apply -f - <<'EOF'\n{CATALOG}EOF")
    soon(lambda: provider.space.find("configmaps", "openclaw-models"), "the catalog is published")

    follow(shell, "Upgrade")
    follow(shell, "Values worth knowing")
    follow(shell, "Roll back")
    assert len(node.ended) == 2  # with the values, and with the rollback
    provider.probe(server)
    assert provider.config_map() == published  # its resourceVersion too: nothing was written

    uninstall, delete_resources, delete_rest = documented.blocks(PAGE, "Uninstall")
    output = shell.run(uninstall)
    assert "vllmprovider.openclaw-vllm.dev/vllm" in output
    assert "vllmcatalog.openclaw-vllm.dev/fleet" in output
    soon(lambda: not node.operators, "the operator has ended")
    assert len(node.ended) == 3
    assert provider.config_map() == published
    shell.run(delete_resources)
    maps = ("vllm-openclaw", "openclaw-models")
    soon(lambda: not any(provider.space.find("configmaps", name) for name in maps), "they go")
    shell.run(delete_rest)
    assert shell.run(f"kubectl get crds,clusterroles --selector {OWN_SELECTOR} -o name") == ""


def test_a_namespaced_install_ignores_providers_elsewhere_and_says_so_once(
    shell: Shell, node: Node, servers: Servers
) -> None:
    server = servers.start()
    output = follow(shell, "For some namespaces only")
    assert "It ignores those of other namespaces, and VllmCatalogs." in output
    shell.run("kubectl create namespace others")
    elsewhere = Workspace(shell.plane, "others").provider(server)
    here = Workspace(shell.plane, "agents").provider(server)
    here.is_ready()
    here.probe(server)
    assert elsewhere.status == {"observedGeneration": -1}
    (operator,) = node.operators
    messages = [
        line["message"] for line in operator.log_lines() if "are ignored" in line["message"]
    ]
    assert messages == ["serving agents; VllmCatalogs and what is elsewhere are ignored"]
    elsewhere.delete()
    assert elsewhere.space.find(PROVIDERS, "vllm") is None


def test_a_second_release_leaves_the_crds_to_the_first(shell: Shell) -> None:
    shell.run("kubectl create namespace agents && kubectl create namespace others")
    shell.run(f"helm install one {CHART} -n agents --set 'watchNamespaces={{agents}}'")
    with pytest.raises(AssertionError, match="invalid ownership metadata"):
        shell.run(f"helm install two {CHART} -n others --set 'watchNamespaces={{others}}'")
    scope = "--set 'watchNamespaces={others}' --set crds.enabled=false"
    shell.run(f"helm upgrade --install two {CHART} -n others {scope}")
    shell.run("helm uninstall two --namespace others")
    assert crd_specs(shell) == schemas(CRDS)


def test_replicas_come_with_an_upgrade_and_go_with_a_rollback(
    shell: Shell, node: Node, servers: Servers
) -> None:
    one, two, three = (Model(f"org/{name}", 8192) for name in ("one", "two", "three"))
    server = servers.start(one)
    follow(shell, "Install", server.base_url)
    provider = provider_in(shell, "agents")
    (alone,) = node.operators
    shell.run(f"{documented.blocks(PAGE, 'Upgrade')[0].rstrip()} --set replicaCount=2")
    pair = node.operators
    assert len(pair) == 2
    assert node.ended == [alone], "one that does not elect is beside those that do"
    server.models = (one, two)
    provider.probe(server)
    provider.publishes("org/one", "org/two")

    follow(shell, "Roll back")
    (alone,) = node.operators
    assert alone not in pair
    server.models = (one, two, three)
    provider.probe(server)
    provider.publishes("org/one", "org/three", "org/two")


@pytest.fixture
def older(tmp_path: Path) -> Path:
    """Make the chart of an older version, whose CRDs lack a field and a column."""
    chart = tmp_path / "older" / rbac.CHART.name
    shutil.copytree(rbac.CHART, chart)
    metadata = yaml.safe_load((chart / "Chart.yaml").read_text())
    (chart / "Chart.yaml").write_text(yaml.safe_dump({**metadata, "version": "0.0.9"}))
    for path in (chart / "files" / "crds").glob("*_vllmproviders.yaml"):
        crd = yaml.safe_load(path.read_text())
        (version,) = crd["spec"]["versions"]
        version["additionalPrinterColumns"].pop()
        del version["schema"]["openAPIV3Schema"]["properties"]["spec"]["properties"]["suspend"]
        path.write_text(yaml.safe_dump(crd, sort_keys=False))
    return chart


def test_an_upgrade_over_older_crds_brings_the_new_and_a_rollback_the_old(
    shell: Shell, older: Path
) -> None:
    install = "--namespace openclaw-vllm --create-namespace"
    shell.run(f"helm install openclaw-vllm {older} {install}")
    shell.run("kubectl create namespace agents")
    space = Workspace(shell.plane, "agents")
    soon(lambda: shell.run("kubectl get vllmproviders -A") == "")
    provider = space.provider(URL)
    before = provider.read()
    shell.run(f"helm upgrade openclaw-vllm {CHART} -n openclaw-vllm --reset-then-reuse-values")
    assert crd_specs(shell) == schemas(CRDS)
    assert provider.read()["metadata"]["uid"] == before["metadata"]["uid"]
    assert provider.read()["spec"].items() >= before["spec"].items()
    soon(lambda: provider.edit(suspend=True)["spec"].get("suspend"), "the new field is kept")
    shell.run("helm rollback openclaw-vllm --namespace openclaw-vllm")
    assert crd_specs(shell) == schemas(older / "files" / "crds")
    soon(lambda: "suspend" not in provider.read()["spec"], "the old CRD is served")


def test_crds_that_were_applied_by_hand_are_taken_over_when_asked(
    shell: Shell, node: Node, older: Path
) -> None:
    shell.run(f"kubectl apply --server-side -f {older}/files/crds")
    install, take_over = (
        documented.blocks(PAGE, "Install")[0],
        documented.blocks(PAGE, "Upgrade")[1],
    )
    with pytest.raises(AssertionError, match="invalid ownership metadata"):
        shell.run(install)
    shell.run(take_over)
    assert crd_specs(shell) == schemas(CRDS)
    assert len(node.operators) == 1


def test_a_number_that_kubectl_has_scaled_is_put_back_as_documented(shell: Shell) -> None:
    install = f"helm install openclaw-vllm {CHART} --namespace openclaw-vllm --create-namespace"
    upgrade, _, put_back = documented.blocks(PAGE, "Upgrade")
    shell.run(install)
    deployment = "deployment/openclaw-vllm-openclaw-vllm-operator --namespace openclaw-vllm"
    shell.run(f"kubectl scale {deployment} --replicas=3")
    with pytest.raises(AssertionError, match=r"\.spec\.replicas"):
        shell.run(upgrade.replace("--wait", ""))
    shell.run(put_back.replace("--wait", ""))
    replicas = f"kubectl get {deployment} -o jsonpath={{.spec.replicas}}"
    assert shell.run(replicas) == "1"

    own = f"{upgrade.replace('--wait', '').rstrip()} --set replicaCount=null"
    shell.run(own)
    shell.run(f"kubectl scale {deployment} --replicas=2")
    shell.run(upgrade.replace("--wait", ""))
    shell.run("helm rollback openclaw-vllm --namespace openclaw-vllm")
    assert shell.run(replicas) == "2"


def test_an_uninstall_that_does_not_keep_the_crds_removes_everything(
    shell: Shell, node: Node, servers: Servers
) -> None:
    follow(shell, "Install", servers.start().base_url)
    upgrade = f"helm upgrade openclaw-vllm {CHART} --namespace openclaw-vllm --wait"
    shell.run(f"{upgrade} --set crds.keep=false")
    shell.run("helm uninstall openclaw-vllm --namespace openclaw-vllm --wait --timeout 60s")
    assert shell.run(f"kubectl get crds --selector {OWN_SELECTOR} -o name") == ""
    soon(lambda: not node.operators, "the operator has ended")


def test_crds_that_were_kept_are_found_again(shell: Shell) -> None:
    install = f"helm install openclaw-vllm {CHART} --namespace openclaw-vllm --create-namespace"
    shell.run(install)
    shell.run("helm uninstall openclaw-vllm --namespace openclaw-vllm")
    assert crd_specs(shell) == schemas(CRDS)
    shell.run(install)


def test_the_roles_of_the_cluster_cover_our_kinds(shell: Shell) -> None:
    shell.run(f"helm install openclaw-vllm {CHART} --namespace openclaw-vllm --create-namespace")
    shell.run("kubectl create namespace agents")
    for role in ("view", "edit"):
        bind = f"kubectl create rolebinding {role} --clusterrole {role} --user {role}"
        shell.run(f"{bind} --namespace agents")

    def may(role: str, verb: str) -> str:
        ask = f"kubectl auth can-i {verb} vllmproviders --as {role} --namespace agents || true"
        return shell.run(ask).strip()

    soon(lambda: may("view", "list") == "yes", "view covers reading")
    soon(lambda: may("edit", "create") == "yes", "edit covers writing")
    assert may("view", "create") == "no"
