"""A Service of type ExternalName: where requests go, and what they carry."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.secret import Secret
from openclaw_vllm.core.discovery.destination import Destinations
from openclaw_vllm.core.discovery.service_names import ServiceNames
from tests import builders
from tests.fakes.context import FakeContext, fake_context
from tests.vllm_server import Model, VllmServer

TARGET = "gw.example.test"
SERVICE = "vllm.agents.svc.cluster.local"
ALLOWED = ServiceNames(external_globs=("*.example.test",))
LOOPBACK = Destinations(allow_loopback=True)


@asynccontextmanager
async def leading_to(target: str, policy: Destinations = LOOPBACK) -> AsyncIterator[FakeContext]:
    """A Service of the namespace that leads to a name, and names that resolve."""
    async with fake_context(policy) as here:
        here.context = replace(here.context, service_names=ALLOWED)
        here.context.cache.services[ObjectKey("agents", "vllm")] = builders.external(target)
        here.hosts.addresses = {f"{TARGET}.": ("127.0.0.1",), "inside.example.test.": ("10.1.2.3",)}
        yield here


def by_service(port: int) -> VllmProvider:
    return builders.resource(builders.wire_spec(baseUrl=f"http://vllm:{port}"))


async def test_the_target_is_asked_in_the_name_of_the_service() -> None:
    """The Service's own name is not looked up: it may lead elsewhere by then."""
    async with VllmServer(models=(Model("a"),)) as server, leading_to(TARGET) as here:
        result = await here.probe(by_service(server.port))
        assert not isinstance(result, Problem), result
        upstream, models = result
        assert models == builders.served("a")
        assert upstream.endpoint.base_url == f"http://{SERVICE}:{server.port}/v1"
        assert {request.headers["host"] for request in server.seen} == {f"{SERVICE}:{server.port}"}


@pytest.mark.parametrize(
    ("target", "policy", "reason"),
    [
        pytest.param(TARGET, Destinations(), f"{TARGET} leads to an address", id="loopback"),
        pytest.param(
            "inside.example.test",
            Destinations(host_globs=("*.svc.cluster.local",)),
            "inside.example.test is not among the operator's --allow-hosts",
            id="a host that --allow-hosts leaves out",
        ),
    ],
)
async def test_what_is_denied_stays_denied_behind_an_external_name(
    target: str, policy: Destinations, reason: str
) -> None:
    async with leading_to(target, policy) as here:
        result = await here.probe(by_service(8000))
        assert isinstance(result, Problem)
        assert (result.reason, reason in result.message) == (Reason.DESTINATION_DENIED, True)


def chain(here: FakeContext, **targets: str) -> None:
    """Add Services of the namespace that lead to names."""
    here.context = replace(
        here.context, service_names=ServiceNames(external_globs=("*.svc.cluster.local", TARGET))
    )
    for name, target in targets.items():
        here.context.cache.services[ObjectKey("agents", name)] = builders.external(target)


async def test_a_chain_is_followed_to_its_last_name() -> None:
    async with VllmServer(models=(Model("a"),)) as server, leading_to(TARGET) as here:
        chain(here, vllm="b.agents.svc.cluster.local", b=TARGET)
        result = await here.probe(by_service(server.port))
        assert not isinstance(result, Problem), result
        assert result[0].endpoint.destination == TARGET
        assert result[0].endpoint.service is None


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        pytest.param(
            {"vllm": "b.agents.svc.cluster.local", "b": "elsewhere.test"},
            "Service agents/b is of type ExternalName",
            id="to a name that is not allowed",
        ),
        pytest.param(
            {"vllm": "b.agents.svc.cluster.local", "b": "vllm.agents.svc.cluster.local"},
            "lead from vllm.agents.svc.cluster.local to one another without end",
            id="in a circle",
        ),
    ],
)
async def test_nothing_is_sent_along_a_chain(targets: dict[str, str], words: str) -> None:
    """Only the first Service was judged, and a key went along to wherever the last one led."""
    async with leading_to(TARGET) as here:
        chain(here, **targets)
        result = await here.probe(by_service(8000))
        assert isinstance(result, Problem)
        assert result.reason is Reason.EXTERNAL_NAME_REFUSED
        assert words in result.message
        assert here.hosts.lookups == 0


async def test_a_key_follows_the_last_name_of_a_chain() -> None:
    async with VllmServer() as server, leading_to(TARGET) as here:
        chain(here, vllm="b.agents.svc.cluster.local", b=TARGET)
        here.secrets.objects["key"] = Secret("", {"api-key": b"s3cret"})
        auth = {"apiKeySecretRef": {"name": "key", "key": "api-key"}}
        spec = builders.wire_spec(baseUrl=f"http://vllm:{server.port}", auth=auth)
        result = await here.probe(builders.resource(spec))
        assert isinstance(result, Problem)
        assert result.reason is Reason.KEY_NOT_ALLOWED
        assert f"to be sent to {TARGET}" in result.message
        assert not server.seen
