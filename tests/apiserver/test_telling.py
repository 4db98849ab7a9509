"""What people and programs are told: kubectl's columns and waits, Events, health and metrics."""

import json

from tests.apiserver.servers import Servers
from tests.apiserver.workspace import PROVIDERS, Json, Provider, Workspace, soon
from tests.operator_process import OperatorProcess
from tests.vllm_server import Answer, Model

RARELY = {"interval": "1h"}


def events(provider: Provider) -> list[Json]:
    """Return the Events about a VllmProvider as kubectl finds them, the oldest first."""
    about = f"--for=vllmprovider.openclaw-vllm.dev/{provider.name}"
    result: list[Json] = json.loads(provider.space.kubectl("events", about, "-o", "json"))["items"]
    return sorted(result, key=lambda event: event["metadata"]["resourceVersion"].zfill(20))


def event_names(provider: Provider) -> list[str]:
    return [f"{event['type']} {event['reason']}" for event in events(provider)]


def tells(provider: Provider, expected: list[str]) -> None:
    """Wait until these and no other Events are there."""

    def so() -> bool:
        assert event_names(provider) == expected
        return True

    soon(so, f"the Events are {expected}")


def test_kubectl_shows_what_matters_in_columns(space: Workspace, servers: Servers) -> None:
    agents = {"primary": ["Qwen/*"]}
    server = servers.start()
    provider = space.provider(server, agents=agents)
    provider.is_ready()
    header, row = space.kubectl("get", "vllmproviders").splitlines()
    assert header.split() == ["NAME", "MODELS", "READY", "REASON", "AGE"]
    assert row.split()[:-1] == ["vllm", "2", "True", "Succeeded"]
    header, row = space.kubectl("get", "vllmp", "-o", "wide").splitlines()
    columns = ["NAME", "MODELS", "READY", "REASON", "REPLICAS", "PRIMARY"]
    columns += ["ENDPOINT", "CONFIGMAP", "AGE"]
    assert header.split() == columns
    assert row.split()[4:7] == ["vllm/Qwen/Qwen3-32B", server.base_url, "vllm-openclaw"]
    assert "vllmprovider.openclaw-vllm.dev/vllm" in space.kubectl("get", "openclaw", "-o", "name")


def test_kubectl_waits_for_conditions(space: Workspace, servers: Servers) -> None:
    server = servers.start()
    wait = ("wait", "vllmprovider/vllm", "--timeout=60s")
    provider = space.provider(server)
    assert "condition met" in space.kubectl(*wait, "--for=condition=Ready")
    server.fault = Answer(503)
    provider.probe(server)
    assert "condition met" in space.kubectl(*wait, "--for=condition=ServerReachable=False")


def test_a_new_provider_counts_as_in_progress_before_it_was_looked_at(
    space: Workspace, operator: OperatorProcess
) -> None:
    """kstatus takes an observedGeneration that is not the generation for work under way."""
    operator.pause()
    try:
        provider = space.provider("http://127.0.0.1:1/v1")
        assert provider.status == {"observedGeneration": -1}
    finally:
        operator.resume()


def test_events_tell_transitions_and_nothing_else(space: Workspace, servers: Servers) -> None:
    server = servers.start()
    provider = space.provider(server, discovery=RARELY)
    provider.is_ready()
    server.fault = Answer(503)
    for _ in range(4):
        provider.probe(server)
    provider.becomes(Ready="False UnexpectedStatus")
    server.fault = None
    for _ in range(2):
        provider.probe(server)
    provider.becomes(Ready="True Succeeded", ServerReachable="True Succeeded")
    tells(provider, ["Warning UnexpectedStatus", "Normal Succeeded"])
    assert all(event["note"].startswith("ServerReachable: ") for event in posted(space))
    assert "status 503" in space.kubectl("describe", "vllmprovider", "vllm")


def posted(space: Workspace) -> list[Json]:
    path = f"/apis/events.k8s.io/v1/namespaces/{space.namespace}/events"
    result: list[Json] = space.plane.admin.request("GET", path)["items"]
    return result


def test_a_first_success_needs_no_event(space: Workspace, servers: Servers) -> None:
    provider = space.provider(servers.start())
    provider.is_ready()
    provider.edit(discovery={"exclude": ["Qwen/*"]})
    provider.publishes("meta-llama/Llama-3.3-70B-Instruct")
    assert posted(space) == []


def test_a_small_context_is_warned_of_once(space: Workspace, servers: Servers) -> None:
    server = servers.start(Model("org/small", 4096))
    provider = space.provider(server, discovery=RARELY)
    provider.is_ready()
    tells(provider, ["Warning SmallContext"])
    server.models = (*server.models, Model("org/large", 65536))
    provider.probe(server)
    provider.publishes("org/large", "org/small")
    provider.is_ready()
    assert event_names(provider) == ["Warning SmallContext"]


def test_a_mistake_only_the_operator_sees_is_an_event(space: Workspace, servers: Servers) -> None:
    params = {"stop": "x" * 9000}
    provider = space.provider(servers.start(), modelDefaults={"params": params})
    provider.becomes(Ready="False InvalidSpec")
    tells(provider, ["Warning InvalidSpec"])


def test_the_endpoints_answer_and_the_series_go_with_their_provider(
    space: Workspace, servers: Servers, operator: OperatorProcess
) -> None:
    provider = space.provider(servers.start())
    provider.is_ready()
    assert [operator.code(path) for path in ("/healthz", "/readyz", "/metrics")] == [200] * 3
    labels = {"namespace": space.namespace, "name": "vllm"}
    assert operator.metric("vllmprovider_models", **labels) == 2
    ready = {"type": "Ready", "status": "True"}
    soon(lambda: operator.metric("vllmprovider_status_condition", **labels, **ready) == 1)
    assert operator.metric("vllmprovider_last_success_timestamp_seconds", **labels) > 1.7e9
    assert "Qwen" not in operator.metrics()
    provider.delete()
    soon(lambda: f'namespace="{space.namespace}"' not in operator.metrics())
    assert space.find(PROVIDERS, "vllm") is None
