"""The real client on a catalog's document: several teams' servers in one configuration."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest

from openclaw_vllm.api.catalog import VllmCatalogSpec
from openclaw_vllm.api.catalog_status import VllmCatalogStatus
from openclaw_vllm.api.observed import VllmCatalog
from openclaw_vllm.core.catalog.offers import Offer, offer_of_provider, offer_of_service
from openclaw_vllm.core.catalog.plan import plan_catalog
from openclaw_vllm.core.catalog.provider_ids import key_variable
from openclaw_vllm.core.catalog.sources import SharedService
from openclaw_vllm.core.discovery.connection import Connection
from openclaw_vllm.core.status.catalog import TargetResults, summarize
from tests import builders
from tests.apiserver.servers import Servers
from tests.conformance.conftest import NewAgent
from tests.conformance.openclaw import inference
from tests.conformance.recorder import Recorder, recording
from tests.vllm_server import Model

pytestmark = pytest.mark.timeout(600)

KEYS = {"red": "key-of-the-red-team", "blue": "key-of-the-blue-team"}
EVERYTHING = {"matchLabels": {"all": "of-them"}}
SOURCE = {"namespaceSelector": EVERYTHING, "selector": EVERYTHING}
SPEC = {
    "sources": [{"providers": SOURCE}, {"services": SOURCE}],
    "target": {"namespaceSelector": EVERYTHING},
    "agents": {
        "primary": ["vllm-red-*/org/big", "*"],
        "fallbacks": ["*/org/small"],
        "aliases": {"plain": "vllm-plain-*/*"},
        "allow": "Discovered",
    },
}


@dataclass(frozen=True)
class Fleet:
    """What is published for three teams: two with a VllmProvider and a key, one with a Service."""

    servers: dict[str, Recorder]
    data: dict[str, str]
    status: VllmCatalogStatus


@pytest.fixture
def fleet(servers: Servers) -> Iterator[Fleet]:
    with ExitStack() as stack:
        running = {
            "red": stack.enter_context(
                recording(servers, Model("org/big"), Model("org/small"), keys=(KEYS["red"],))
            ),
            "blue": stack.enter_context(recording(servers, Model("org/big"), keys=(KEYS["blue"],))),
            "plain": stack.enter_context(recording(servers, Model("org/tiny"))),
        }
        yield Fleet(running, *publish(running))


def publish(servers: dict[str, Recorder]) -> tuple[dict[str, str], VllmCatalogStatus]:
    catalog = VllmCatalog.read(builders.manifest(SPEC, namespace="", name="fleet"))
    assert isinstance(catalog.spec, VllmCatalogSpec), catalog.spec
    offers = [
        shared(team, server) if team in KEYS else discovered(team, server)
        for team, server in servers.items()
    ]
    plan = plan_catalog(catalog.spec, offers, None)
    assert plan.documents is not None, plan.problem
    status = summarize(catalog, plan, TargetResults(published=1), "2026-01-01T00:00:00Z")
    return dict(plan.documents.data), status


def shared(team: str, server: Recorder) -> Offer:
    """Offer what a VllmProvider has published; both teams gave their variable one name."""
    wire = {"baseUrl": server.base_url, "auth": {"apiKeyEnv": "VLLM_API_KEY"}}
    resource = builders.resource(wire, namespace=team, uid=team)
    spec = builders.spec_of(resource)
    models = builders.served(*(model.id for model in server.models))
    documents = builders.documents(spec, *models, connection=Connection(server.base_url))
    published = builders.published(resource, documents)
    return offer_of_provider(resource, published, "Qualified", builders.NAMES)


def discovered(team: str, server: Recorder) -> Offer:
    """Offer what a Service was found to serve."""
    id_ = f"vllm-{team}-qwen"
    wire = {"serviceRef": {"name": "qwen"}, "providerId": id_}
    resource = builders.resource(wire, namespace=team, name="qwen", uid=team)
    models = builders.served(*(model.id for model in server.models))
    memory = builders.server_state(resource, *models, connection=Connection(server.base_url))
    shared = SharedService(resource, builders.spec_of(resource), id_)
    return offer_of_service(shared, memory.discovery)


def environment() -> dict[str, str]:
    """Return what an agent's pod sets: each key under the name that the status tells."""
    return {key_variable(f"vllm-{team}-vllm"): key for team, key in KEYS.items()}


def test_the_client_lists_exactly_the_models_of_the_status(
    fleet: Fleet, new_agent: NewAgent
) -> None:
    assert {credential.env for credential in fleet.status.credentials} == environment().keys()
    agent = new_agent(**environment())
    agent.configure(fleet.data["openclaw.json"])
    valid, listed, messages = agent.run_all(
        ["config", "validate", "--json"],
        ["models", "list", "--json"],
        ["models", "status", "--check", "--json"],
    )
    assert (valid.answer["valid"], valid.answer["warnings"]) == (True, [])
    assert sorted(model["key"] for model in listed.answer["models"]) == list(fleet.status.models)
    assert all(model["available"] for model in listed.answer["models"])
    assert messages.answer["resolvedDefault"] == fleet.status.primary_model
    assert messages.answer["fallbacks"] == ["vllm-red-vllm/org/small"]
    assert messages.answer["aliases"] == {"plain": "vllm-plain-qwen/org/tiny"}
    assert sorted(messages.answer["allowed"]) == list(fleet.status.models)


def test_each_team_is_asked_with_its_own_key(fleet: Fleet, new_agent: NewAgent) -> None:
    agent = new_agent(**environment())
    agent.configure(fleet.data["openclaw.json"])
    expected = {
        "red": ("vllm-red-vllm/org/big", KEYS["red"]),
        "blue": ("vllm-blue-vllm/org/big", KEYS["blue"]),
        "plain": ("vllm-plain-qwen/org/tiny", "vllm-local"),
    }
    answers = agent.run_all(*(inference(ref) for ref, _ in expected.values()))
    assert all(ran.answer["ok"] for ran in answers), answers
    requests = {team: server.asked for team, server in fleet.servers.items()}
    assert {team: [request.key for request in seens] for team, seens in requests.items()} == {
        team: [key] for team, (_, key) in expected.items()
    }


def test_an_agent_that_is_given_no_key_for_a_server_uses_the_others(
    fleet: Fleet, new_agent: NewAgent
) -> None:
    """As the page says: any text in the place of a key costs nobody else."""
    agent = new_agent(**environment() | {key_variable("vllm-blue-vllm"): "none"})
    agent.configure(fleet.data["openclaw.json"])
    plain, red, blue = agent.run_all(
        inference("vllm-plain-qwen/org/tiny"),
        inference("vllm-red-vllm/org/big"),
        inference("vllm-blue-vllm/org/big"),
    )
    assert (plain.answer["ok"], red.answer["ok"]) == (True, True)
    assert blue.code != 0
    assert {request.key for request in fleet.servers["blue"].asked} == {"none"}
