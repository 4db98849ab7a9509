"""Credentials of other schemes than Bearer: sent as the spec says, and never in a wrong form."""

import base64

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.secret import Secret
from openclaw_vllm.core.discovery.destination import Destinations
from tests import builders
from tests.fakes.context import FakeContext, fake_context
from tests.vllm_server import VllmServer

HOST = "vllm.example.test"
ANY_KEY = Destinations(allow_loopback=True, allow_insecure_keys=True)
PAIR = base64.b64encode(b"user:password").decode()


async def probe(here: FakeContext, server: VllmServer, scheme: str, key: str) -> Problem | None:
    here.hosts.addresses[HOST] = ("127.0.0.1",)
    here.secrets.objects["key"] = Secret(HOST, {"api-key": key.encode()})
    auth = {"apiKeySecretRef": {"name": "key", "key": "api-key"}, "scheme": scheme}
    spec = builders.wire_spec(baseUrl=f"http://{HOST}:{server.port}", auth=auth)
    outcome = await here.probe(builders.resource(spec))
    return outcome if isinstance(outcome, Problem) else None


@pytest.mark.parametrize(("scheme", "key"), [("Basic", PAIR), ("Api-Key", "k"), ("bearer", "k")])
async def test_a_key_is_sent_by_the_scheme_of_the_spec(scheme: str, key: str) -> None:
    async with fake_context(ANY_KEY) as here, VllmServer(keys=(key,), scheme=scheme) as server:
        assert await probe(here, server, scheme, key) is None
        assert server.seen[0].headers["authorization"] == f"{scheme} {key}"


@pytest.mark.parametrize("value", ["user:password", "dXNlcg==", "dXN%cjpwYXNz"])
async def test_basic_credentials_that_are_no_base64_of_a_pair_are_never_sent(value: str) -> None:
    async with fake_context(ANY_KEY) as here, VllmServer() as server:
        problem = await probe(here, server, "Basic", value)
        assert problem is not None
        assert (problem.reason, list(server.seen)) == (Reason.SECRET_KEY_NOT_FOUND, [])
        assert r"printf %s user:password | base64 | tr -d '\n'" in problem.message
        assert "dXN" not in problem.message
        assert await probe(here, server, "Basic", PAIR) is None  # the next try reads it anew
