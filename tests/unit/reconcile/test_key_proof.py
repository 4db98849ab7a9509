"""Whether a server that lists its models with a key would have refused them without it."""

import pytest

from openclaw_vllm.api.observed import Secret
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.destination import Destinations
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.reconcile.details import record_models
from openclaw_vllm.reconcile.key_proof import prove_key
from tests import builders, vllm_server
from tests.builders import Wire, spec_of
from tests.fakes.context import fake_context
from tests.vllm_server import Fault, Hang, VllmServer

HOST = "vllm.example.test"
REF: Wire = {"name": "key", "key": "api-key"}
AUTH: Wire = {"auth": {"apiKeySecretRef": REF}}
HEADER: Wire = {
    "headers": [{"name": "X-Key", "valueFrom": {"secretKeyRef": REF}, "env": "X_KEY"}],
}
ANY_KEY = Destinations(allow_loopback=True, allow_insecure_keys=True)


async def proved(server: VllmServer, fields: Wire, fault: Fault | None = None) -> bool | None:
    """Probe with these fields of the spec, then prove the key while the server has the fault."""
    async with fake_context(ANY_KEY) as here, server:
        here.hosts.addresses[HOST] = ("127.0.0.1",)
        here.secrets.objects["key"] = Secret(HOST, {"api-key": b"k"})
        discovery = {"discovery": {"timeout": "250ms"}}
        url = f"http://{HOST}:{server.port}"
        resource = builders.resource(builders.wire_spec(baseUrl=url, **discovery, **fields))
        probed = await here.probe(resource)
        assert not isinstance(probed, Problem), probed
        server.fault = fault
        before = len(server.seen)
        result = await prove_key(spec_of(resource), probed[0], here.world)
        secret = {"authorization", "x-key"}
        assert all(secret.isdisjoint(seen.headers) for seen in list(server.seen)[before:])
        assert len(server.seen) - before == (result is not None)
        return result


@pytest.mark.parametrize(
    ("keys", "fields", "fault", "result"),
    [
        pytest.param(("k",), AUTH, None, True, id="refused without it"),
        pytest.param((), AUTH, None, False, id="public"),
        pytest.param((), HEADER, None, False, id="public, with a key in another header"),
        pytest.param((), {}, None, None, id="no key"),
        pytest.param((), AUTH, vllm_server.Answer(403), True, id="forbidden without it"),
        pytest.param((), AUTH, Hang(), True, id="silent without it"),
    ],
)
async def test_a_key_is_proved_by_a_list(
    keys: tuple[str, ...], fields: Wire, fault: Fault | None, *, result: bool | None
) -> None:
    assert await proved(VllmServer(keys=keys), fields, fault) is result


async def test_the_list_is_asked_for_without_the_key_once_and_not_per_interval() -> None:
    async with fake_context(ANY_KEY) as here, VllmServer(keys=("k",)) as server:
        here.hosts.addresses[HOST] = ("127.0.0.1",)
        here.secrets.objects["key"] = Secret(HOST, {"api-key": b"k"})
        url = f"http://{HOST}:{server.port}"
        resource = builders.resource(builders.wire_spec(baseUrl=url, **AUTH))
        state = ServerState.new(resource)
        for _ in range(3):
            probed = await here.probe(resource)
            assert not isinstance(probed, Problem), probed
            upstream, served = probed
            state = state.with_endpoint(upstream.connection)
            state = await record_models(spec_of(resource), upstream, served, state, here.world)
        keyless = [seen for seen in server.seen if "authorization" not in seen.headers]
        assert [seen.path for seen in keyless] == ["/v1/models"]
        assert state.discovery.info.key_proved is True
