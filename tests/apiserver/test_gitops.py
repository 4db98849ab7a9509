"""What GitOps tools make of what a real operator reports, and the API server of our examples."""

import re
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests import kstatus
from tests.apiserver.foreign import known_kinds
from tests.apiserver.servers import Servers
from tests.apiserver.workspace import KIND, Json, Provider, Workspace
from tests.controlplane.plane import ControlPlane
from tests.gitops import argocd, flux
from tests.gitops.verdicts import AWAITED, BROKEN, HEALTHY, STALLED, Verdict

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "gitops").glob("*/*.yaml"))
COMMANDS = re.compile(r"^```sh\n(kubectl .*?)^```", re.MULTILINE | re.DOTALL)
REFUSED = "http://127.0.0.1:9/v1"  # where nobody listens
TRACKED = {
    "labels": {
        "app.kubernetes.io/instance": "agents",
        "kustomize.toolkit.fluxcd.io/name": "agents",
    },
    "annotations": {
        "argocd.argoproj.io/tracking-id": "agents:openclaw-vllm.dev/VllmProvider:agents/vllm",
        "kubectl.kubernetes.io/last-applied-configuration": "{}",
        "meta.helm.sh/release-name": "agents",
    },
}

pytestmark = pytest.mark.timeout(600)  # kstatus may have to be built


def judged(manifest: Json) -> Verdict:
    (result,) = kstatus.statuses([manifest])
    return Verdict(result, argocd.health(manifest)[0], flux.status(manifest))


def test_an_object_that_no_operator_has_seen_is_waited_for(space: Workspace) -> None:
    provider = {**KIND, "metadata": {"name": "new"}, "spec": {"baseUrl": REFUSED}}
    text = yaml.safe_dump(provider)
    output = space.plane.kubectl(
        "-n", space.namespace, "create", "--dry-run=server", "-o", "yaml", "-f", "-", input=text
    )
    assert judged(yaml.safe_load(output)) == AWAITED


def test_what_the_operator_reports_is_judged_from_the_first_list_to_an_outage(
    space: Workspace, servers: Servers
) -> None:
    server = servers.start()
    provider = space.provider(server)
    assert judged(provider.is_ready()) == HEALTHY
    servers.stop(server)
    assert judged(provider.becomes(ServerReachable="False ConnectionFailed")) == HEALTHY
    assert judged(provider.becomes(Ready="False ConnectionFailed")) == BROKEN


def test_a_first_list_that_is_awaited_and_a_refusal_are_distinguished(space: Workspace) -> None:
    pending = space.provider(REFUSED, "awaited")
    assert judged(pending.becomes(Ready="False ConnectionFailed")) == AWAITED
    denied = space.provider("http://169.254.169.254/v1", "denied")
    assert judged(denied.becomes(Ready="False DestinationDenied")) == STALLED


def test_what_is_created_suspended_holds_nobody_up_until_it_is_not(space: Workspace) -> None:
    provider = space.provider(REFUSED, "resting", suspend=True)
    resting = provider.becomes(Ready="True Suspended", ConfigPublished="Unknown Pending")
    assert judged(resting) == HEALTHY
    provider.edit(suspend=False)
    assert judged(provider.becomes(Ready="False ConnectionFailed")) == AWAITED
    provider.edit(suspend=True)
    assert judged(provider.becomes(Ready="True Suspended")) == HEALTHY


def test_nothing_that_a_tool_tracks_by_is_copied_to_the_configmap(
    space: Workspace, servers: Servers
) -> None:
    url = servers.start().base_url
    metadata = {"name": "vllm", **TRACKED}
    space.create("vllmproviders", {**KIND, "metadata": metadata, "spec": {"baseUrl": url}})
    provider = Provider(space, "vllm", "vllm-openclaw")
    uid = provider.is_ready()["metadata"]["uid"]
    written = provider.config_map()["metadata"]
    assert written["labels"].keys() & TRACKED["labels"].keys() == set()
    assert written["annotations"].keys() & TRACKED["annotations"].keys() == set()
    assert [owner["uid"] for owner in written["ownerReferences"]] == [uid]


@pytest.fixture(scope="module")
def tools(control_plane: ControlPlane) -> Iterator[None]:
    """Have the API server know the kinds of Argo CD and Flux."""
    with known_kinds(control_plane, "gitops-tools.yaml"):
        yield


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: f"{path.parent.name}-{path.stem}")
@pytest.mark.usefixtures("tools")
def test_an_example_is_accepted(control_plane: ControlPlane, namespace: str, path: Path) -> None:
    objects = list(yaml.safe_load_all(path.read_text()))
    for object_ in objects:
        if object_["kind"] != "Namespace":
            object_["metadata"]["namespace"] = namespace
    text = yaml.safe_dump_all(objects)
    output = control_plane.kubectl(
        "apply", "--dry-run=server", "--validate=strict", "-f", "-", input=text
    )
    assert output.count("created (server dry run)") == len(objects)


def test_the_commands_about_conditions_work(space: Workspace, servers: Servers) -> None:
    space.provider(servers.start())
    commands = COMMANDS.findall((ROOT / "docs" / "conditions.md").read_text())
    assert len(commands) == 2
    for command in commands:
        _, *words = shlex.split(command)
        space.plane.kubectl(*(space.namespace if word == "agents" else word for word in words))


@pytest.mark.parametrize("home", ["argocd", "openshift-gitops"])
def test_the_script_is_added_to_what_argo_cd_has(control_plane: ControlPlane, home: str) -> None:
    control_plane.kubectl("create", "namespace", home)
    control_plane.kubectl(
        "create", "configmap", "argocd-cm", "-n", home, "--from-literal=url=https://argocd"
    )
    (command,) = COMMANDS.findall((ROOT / "docs" / "gitops.md").read_text())
    _, *words = shlex.split(command)
    path = str(ROOT / words[-1])
    control_plane.kubectl(*(home if word == "argocd" else word for word in words[:-1]), path)
    result = control_plane.kubectl("get", "configmap", "argocd-cm", "-n", home, "-o", "yaml")
    control_plane.kubectl("delete", "--wait=false", "namespace", home)
    data = yaml.safe_load(result)["data"]
    added = yaml.safe_load(Path(path).read_text())["data"]
    assert data == {"url": "https://argocd", **added}
