"""A Service of type ExternalName: where requests go, and what they carry."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
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
