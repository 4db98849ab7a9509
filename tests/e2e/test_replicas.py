"""Two vLLMs behind one Service, each asked at its own address; an adapter is loaded into one.

There are no nodes here, so that the EndpointSlices are written by hand, and the addresses of pods
are those of this machine.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import cluster_dns
from tests.apiserver.slices import Slices
from tests.apiserver.workspace import Json, Provider, Workspace, soon
from tests.controlplane.component import free_port
from tests.controlplane.plane import ControlPlane
from tests.e2e.conftest import NewVllm
from tests.e2e.story import Story
from tests.e2e.vllm import Vllm
from tests.operator_process import OperatorProcess
from tests.rights import held_to_its_rights

pytestmark = pytest.mark.timeout(900)

ADDRESSES = {"10.0.0.1": "127.0.0.1", "10.0.0.2": "127.0.0.2"}  # of pods, and what they stand for
LORA = ("--served-model-name=tiny", "--enable-lora")
AGREE = {"ready": 2, "asked": 2, "differing": 0}
DIFFER = {"ready": 2, "asked": 2, "differing": 1}
ANSWERS = 6  # in a row, twice as many as removeAfter takes


@pytest.fixture(scope="module")
def operator(
    control_plane: ControlPlane,
    operator: OperatorProcess,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[OperatorProcess]:
    """Have an operator that reaches Services and pods run in the place of that of the others."""
    operator.kill()
    folder = tmp_path_factory.mktemp("services")
    process = OperatorProcess(operator.kubeconfig, folder, program=cluster_dns.PROGRAM)
    try:
        with held_to_its_rights(control_plane, process):
            yield process
    finally:
        process.kill()
        operator.start()


@pytest.fixture(scope="module")
def replicas(new_vllm: NewVllm) -> tuple[Vllm, ...]:
    port = free_port()
    return tuple(new_vllm("tiny-llama", *LORA, address=(at, port)) for at in ADDRESSES.values())


@pytest.fixture(scope="module")
def providers(space: Workspace, replicas: tuple[Vllm, ...], story: Story) -> dict[str, Provider]:
    """Create a Service of both, and a VllmProvider that publishes what all serve, and what any."""
    port = replicas[0].port
    ports = [{"name": "http", "port": port}]
    space.create("services", {"metadata": {"name": "vllm"}, "spec": {"ports": ports}})
    Slices(space).apply(*ADDRESSES, ports=[("http", port)])

    def provider(publish: str) -> Provider:
        discovery = {"interval": "5s", "replicas": "Each", "publish": publish}
        reference = {"name": "vllm", "port": "http"}
        named = {"baseUrl": None, "serviceRef": reference}
        return space.provider("", publish.lower(), discovery=discovery, **named)

    with story.step("Two VllmProviders for their Service become Ready"):
        created = {publish: provider(publish) for publish in ("All", "Any")}
        for each in created.values():
            each.is_ready()
    return created


def model_states(provider: Provider) -> dict[str, tuple[str, int | None]]:
    """Return the state of each model in the status, and how many replicas serve it."""
    rows: list[Json] = provider.status["models"]
    return {row["id"]: (row["state"], row.get("replicas")) for row in rows}


def surveyed(provider: Provider) -> Json:
    result: Json = provider.status["endpoint"]["replicas"]
    return result


def versions(providers: dict[str, Provider]) -> list[str]:
    """Return what changes with every write of a status or a ConfigMap."""
    objects = [each for p in providers.values() for each in (p.read(), p.config_map())]
    return [one["metadata"]["resourceVersion"] for one in objects]


def load(server: Vllm, models: Path) -> None:
    path = str(models / "tiny-lora")
    server.post("/load_lora_adapter", {"lora_name": "late-lora", "lora_path": path})


def test_two_equal_replicas_are_published_as_one(providers: dict[str, Provider]) -> None:
    for provider in providers.values():
        assert surveyed(provider) == AGREE
        assert provider.models == ["tiny"]


def test_an_adapter_that_one_replica_loads_is_published_where_any_suffices_and_nothing_flaps(
    providers: dict[str, Provider], replicas: tuple[Vllm, ...], models: Path, story: Story
) -> None:
    with story.step("One of two replicas loads an adapter; the status tells of it"):
        load(replicas[1], models)
        soon(
            lambda: [surveyed(each) for each in providers.values()] == [DIFFER, DIFFER],
            "both say that they differ",
        )
    providers["Any"].publishes("late-lora", "tiny")
    assert providers["All"].models == ["tiny"]
    for provider in providers.values():
        assert model_states(provider) == {"tiny": ("Served", None), "late-lora": ("Partial", 1)}
    before = versions(providers)
    asked = replicas[0].asked("GET /v1/models")
    with story.step("They are asked six times more; nothing is written"):
        soon(
            lambda: replicas[0].asked("GET /v1/models") >= asked + ANSWERS * len(providers),
            "they are asked",
        )
    assert versions(providers) == before


def test_an_adapter_that_both_have_loaded_is_published_everywhere_until_one_unloads_it(
    providers: dict[str, Provider], replicas: tuple[Vllm, ...], models: Path, story: Story
) -> None:
    with story.step("The other replica loads it as well; all publish it"):
        load(replicas[0], models)
        providers["All"].publishes("late-lora", "tiny")
        soon(lambda: surveyed(providers["All"]) == AGREE, "the status says that they agree")
    assert model_states(providers["All"])["late-lora"] == ("Served", None)
    with story.step("One unloads it; where all have to serve it, it goes at once"):
        replicas[1].post("/unload_lora_adapter", {"lora_name": "late-lora"})
        providers["All"].publishes("tiny")
        soon(lambda: surveyed(providers["Any"]) == DIFFER, "the status says that they differ")
    assert providers["Any"].models == ["late-lora", "tiny"]
    events = [event["reason"] for event in providers["All"].space.list("events")]
    assert {"ReplicasDiffer", "ReplicasAgree"} <= set(events)
