"""A release's life on a real cluster: installed, at work, scaled, killed, upgraded, uninstalled.

Nodes run the image of the Dockerfile; names come from the cluster's DNS, files from the kubelet.
"""

import json

import pytest

from tests.apiserver.documented import DOCS, commands
from tests.cluster import workloads
from tests.cluster.cluster import CannotRunError
from tests.cluster.world import CRDS, RELEASE, WAIT, World, soon
from tests.e2e.story import Story

pytestmark = pytest.mark.timeout(600)

KEY = "sk-of-the-cluster-ring"
KUBELET = 180.0  # seconds a mounted ConfigMap may take, three times what was measured
TAKES_OVER = 45.0  # seconds: 15 of the Lease, 2 between tries, and a busy machine
SIGKILLED = 128 + 9
PRIVILEGED = """{"spec": {"containers": [{"name": "c", "image": "none", "securityContext":
{"privileged": true}}]}}"""


def test_the_chart_installs_with_its_defaults(here: World, story: Story) -> None:
    with story.step("helm install, with the chart's defaults, into a restricted namespace"):
        here.install()
    (pod,) = here.pods()
    (status,) = pod["status"]["containerStatuses"]
    assert (status["ready"], status["restartCount"]) == (True, 0)
    assert status["image"].endswith(here.image)  # a runtime puts its default registry before it


def test_its_bill_of_materials_can_be_read_where_it_runs(here: World) -> None:
    (read,) = [each for each in commands(DOCS / "image.md") if each.startswith("kubectl exec")]
    bill = json.loads(here.follow(read))
    assert bill["metadata"]["component"]["name"] == "openclaw-vllm-operator"


def test_the_namespaces_refuse_what_is_not_restricted(here: World) -> None:
    dry = ("run", "c", "--image=none", f"--overrides={PRIVILEGED}", "--dry-run=server")
    with pytest.raises(CannotRunError, match="violates PodSecurity"):
        here.cluster.kubectl(*dry, "-n", here.operator)


def test_the_chart_tests_its_release(here: World, story: Story) -> None:
    with story.step("helm test"):
        assert "Phase:          Succeeded" in here.helm("test", RELEASE)


def test_a_server_in_another_namespace_is_found_by_its_name(here: World, story: Story) -> None:
    with story.step("A server in another namespace is published"):
        here.serve(here.models, "vllm", "--model=org/first:4096")
        here.provide("vllm", baseUrl=f"http://vllm.{here.models}.svc.cluster.local:8000/v1")
    assert here.published("vllm") == ["org/first"]


def test_the_conditions_of_one_provider_can_be_read(here: World) -> None:
    _, read = commands(DOCS / "metrics.md")
    lines = [json.loads(line) for line in here.follow(read).splitlines()]
    assert lines[-1]["message"].startswith("Ready is True (Succeeded)")
    assert {(line["namespace"], line["name"]) for line in lines} == {(here.agents, "vllm")}


def test_a_server_with_a_key_is_found_by_the_name_of_its_port(here: World, story: Story) -> None:
    reference = {"name": "vllm-key", "key": "api-key"}
    here.apply(here.agents, workloads.secret("vllm-key", KEY))
    env = [{"name": "VLLM_API_KEY", "valueFrom": {"secretKeyRef": reference}}]
    with story.step("A server with a key is published"):
        here.serve(here.agents, "keyed", "--model=org/guarded", env=env)
        service = {"name": "keyed", "port": "http"}
        here.provide("keyed", serviceRef=service, auth={"apiKeySecretRef": reference})
    assert here.published("keyed") == ["org/guarded"]
    data = here.config_map("keyed")["data"]
    assert "${VLLM_API_KEY}" in data["models.json"]
    assert KEY not in json.dumps(data)


def test_an_agent_sees_a_new_model_arrive_in_its_mount(here: World, story: Story) -> None:
    def has_seen(*ids: str) -> bool:
        output = here.cluster.kubectl("logs", "-n", here.agents, "agent").splitlines()
        return " ".join(ids) in output

    here.add_agent("agent", "vllm")
    soon(lambda: has_seen("org/first"), "the agent reads what is mounted")
    here.add_model(here.models, "vllm", "org/second")
    with story.step("A new model is published"):
        soon(lambda: here.published("vllm") == ["org/first", "org/second"], "it is published")
    with story.step("... and seen by the agent, when the kubelet has updated its mount"):
        soon(lambda: has_seen("org/first", "org/second"), "the agent sees it", KUBELET)


def test_two_replicas_share_one_lease_and_write_nothing_again(here: World, story: Story) -> None:
    before = here.versions()
    with story.step("helm upgrade to two replicas"):
        here.install("replicaCount=2")
    assert len(here.pods()) == 2
    leader = here.leader()
    assert [pod for pod in here.pods() if leader.startswith(pod["metadata"]["name"])]
    assert here.versions() == before


def test_another_replica_takes_over_from_a_leader_that_is_killed(here: World, story: Story) -> None:
    before, killed = here.versions(), here.leader()
    pod = next(p for p in here.pods() if killed.startswith(p["metadata"]["name"]))
    name = pod["metadata"]["name"]
    exhaust = ("exec", "-n", here.operator, name, "--", "python3", "-c", workloads.EXHAUSTING)
    with story.step("The kernel kills the leader, which has no memory left"):
        with pytest.raises(CannotRunError):
            here.cluster.kubectl(*exhaust)
        soon(lambda: here.exit_code(name) == SIGKILLED, "its container starts again")
    with story.step("Another replica leads"):
        soon(lambda: here.leader() != killed, "another replica leads", TAKES_OVER)
    here.add_model(here.models, "vllm", "org/third")
    with story.step("The new leader publishes"):
        soon(lambda: "org/third" in here.published("vllm"), "it publishes")
    assert here.versions()["keyed-openclaw"] == before["keyed-openclaw"]


def test_an_upgrade_and_a_rollback_change_nothing_that_is_published(
    here: World, story: Story
) -> None:
    before, pods = here.versions(), {pod["metadata"]["uid"] for pod in here.pods()}
    with story.step("helm upgrade that replaces the pods"):
        here.install("replicaCount=2", "logLevel=debug")
    assert pods.isdisjoint(pod["metadata"]["uid"] for pod in here.pods())
    assert KEY not in here.logs()
    with story.step("helm rollback"):
        here.helm("rollback", RELEASE, "--wait", WAIT)
    for name in ("vllm", "keyed"):
        here.wait_until_ready(name)
    here.add_model(here.agents, "keyed", "org/late")
    soon(lambda: "org/late" in here.published("keyed"), "the replicas of the rollback work")
    assert here.versions()["vllm-openclaw"] == before["vllm-openclaw"]


def test_the_operator_logged_nothing_of_a_key_and_met_no_bug(here: World) -> None:
    output = here.logs()
    assert "leading" in output
    assert KEY not in output
    assert "Traceback" not in output


def test_an_uninstall_leaves_everything_that_agents_use(here: World, story: Story) -> None:
    before = here.versions()
    with story.step("helm uninstall"):
        here.helm("uninstall", RELEASE, "--wait", WAIT)
    soon(lambda: not here.cluster.list(here.operator, "pods"), "its pods end")
    assert here.cluster.kubectl("get", "-f", CRDS)
    assert here.versions() == before


def test_what_is_left_can_be_installed_over(here: World, story: Story) -> None:
    before = here.versions()
    with story.step("helm install over the CRDs that were left"):
        here.install()
    here.add_model(here.models, "vllm", "org/fourth")
    soon(lambda: "org/fourth" in here.published("vllm"), "it works again")
    assert here.versions()["keyed-openclaw"] == before["keyed-openclaw"]


def test_resources_without_an_operator_can_be_deleted(here: World, story: Story) -> None:
    here.helm("uninstall", RELEASE, "--wait", WAIT)
    with story.step("kubectl delete crd, with resources and without an operator"):
        here.cluster.kubectl("delete", "-f", CRDS, WAIT)
        soon(lambda: here.versions() == {}, "the ConfigMaps go with their owners")
