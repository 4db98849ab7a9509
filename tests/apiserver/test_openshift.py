"""OpenShift, as far as an install meets it: its API, and what its SCC `restricted-v2` refuses.

tests/data/openshift.yaml stands in for both on the real API server.
"""

import shutil
from pathlib import Path

import pytest
import yaml

from tests.apiserver import documented
from tests.apiserver.chart import Manifest, Rendered, render
from tests.apiserver.documented import ROOT, Shell
from tests.apiserver.node import Node
from tests.apiserver.workspace import soon

pytestmark = pytest.mark.timeout(400)

SECTION = ("install.md", "On OpenShift")
API = "security.openshift.io/v1"
CHOSEN_IDS = {"runAsUser": 65532, "runAsGroup": 65532}
OWN_IDS = (
    'podSecurityContext={"runAsUser":1,"runAsGroup":2,"fsGroup":3,"supplementalGroups":[4]}',
    'securityContext={"runAsUser":5,"runAsGroup":6}',
)
IDS = ("runAsUser", "runAsGroup", "fsGroup")


def pods(rendered: Rendered) -> list[Manifest]:
    """Return the specs of the pods: the operator's, and that of each hook."""
    return [rendered.pod["spec"], *(pod["spec"] for pod in rendered.of("Pod"))]


def ids(spec: Manifest) -> Manifest:
    """Return the ids that a pod and its containers ask for."""
    contexts = [spec["securityContext"], *(each["securityContext"] for each in spec["containers"])]
    return {name: context[name] for context in contexts for name in IDS if name in context}


@pytest.mark.parametrize(
    ("values", "apis", "expected"),
    [
        ((), (), CHOSEN_IDS),
        ((), (API,), {}),
        (("openshift.enabled=true",), (), {}),
        (("openshift.enabled=false",), (API,), CHOSEN_IDS),
        (OWN_IDS, (), {"runAsUser": 5, "runAsGroup": 6, "fsGroup": 3}),
        (OWN_IDS, (API,), {}),
    ],
    ids=["elsewhere", "recognised", "said", "denied", "own ids", "own ids, recognised"],
)
def test_every_pod_leaves_its_ids_to_openshift_and_stays_restricted(
    values: tuple[str, ...], apis: tuple[str, ...], expected: Manifest
) -> None:
    specs = pods(render(*values, apis=apis))
    assert [ids(spec) for spec in specs] == [expected, expected]
    for spec in specs:
        assert spec["securityContext"]["runAsNonRoot"] is True
        assert spec["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}


@pytest.fixture
def openshift(shell: Shell) -> Shell:
    """Make the cluster refuse what OpenShift refuses."""
    shell.run("kubectl apply --server-side -f tests/data/openshift.yaml")
    security = '{"spec": {"containers": [{"name": "c", "image": "i"}]}}'
    ask = f"kubectl run any --image=i --dry-run=server --overrides='{security}' 2>&1 || true"
    soon(lambda: "restricted-v2" in shell.run(ask), "pods are judged")
    return shell


def test_the_chart_installs_on_openshift_as_it_is_and_the_fixed_user_is_refused(
    openshift: Shell, node: Node
) -> None:
    install, test = documented.blocks("install.md", "Install")[0].split("helm test")
    openshift.run(install)
    assert "Phase:          Succeeded" in openshift.run(f"helm test{test}")
    assert len(node.operators) == 1

    upgrade = "helm upgrade openclaw-vllm charts/openclaw-vllm-operator -n openclaw-vllm"
    openshift.run(f"{upgrade} --set openshift.enabled=false")
    output = "kubectl get replicasets -n openclaw-vllm -o yaml"
    refused = "runAsUser: must be in the ranges: [1000680000, 1000689999]"
    soon(lambda: refused in openshift.run(output), "the fixed user is refused")


def test_without_a_cluster_a_value_says_that_it_renders_for_openshift(
    shell: Shell,
) -> None:
    (script,) = documented.blocks(*SECTION)
    manifests = yaml.safe_load_all(shell.run(script))
    rendered = Rendered(tuple(manifests))
    assert [ids(spec) for spec in pods(rendered)] == [{}, {}]


@pytest.mark.parametrize("base", ["cluster", "namespaced"])
def test_the_kustomize_component_makes_of_a_base_what_the_chart_renders(
    openshift: Shell, base: str, tmp_path: Path
) -> None:
    (overlay,) = documented.blocks(*SECTION, language="yaml")
    shutil.copytree(ROOT / "kustomize", tmp_path / "kustomize")
    folder = tmp_path / "overlay"
    folder.mkdir()
    (folder / "kustomization.yaml").write_text(
        overlay.replace("kustomize/cluster", f"kustomize/{base}")
    )
    objects = yaml.safe_load_all(openshift.run(f"kubectl kustomize {folder}"))
    (spec,) = (each["spec"]["template"]["spec"] for each in objects if each["kind"] == "Deployment")
    expected = render("openshift.enabled=true").pod["spec"]
    assert spec["securityContext"] == expected["securityContext"]
    assert spec["containers"][0]["securityContext"] == expected["containers"][0]["securityContext"]
