"""Whether a server that lists its models with a key would have refused them without it."""

import pytest

from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.secret import Secret
from openclaw_vllm.core.discovery.destination import Destinations
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.discovery.server_info import KeyProof, ServerInfo
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


async def prove(server: VllmServer, fields: Wire, fault: Fault | None = None) -> KeyProof | None:
    """Probe with these fields of the spec, then prove the key while the server has the fault."""
    async with fake_context(ANY_KEY) as here, server:
        here.hosts.addresses[HOST] = ("127.0.0.1",)
        here.secrets.objects["key"] = Secret(HOST, {"api-key": b"k"})
        url = f"http://{HOST}:{server.port}"
        brief = {"discovery": {"timeout": "1s"}} if isinstance(fault, Hang) else {}
        resource = builders.resource(builders.wire_spec(baseUrl=url, **brief, **fields))
        probed = await here.probe(resource)
        assert not isinstance(probed, Problem), probed
        server.fault = fault
        before = len(server.seen)
        result = await prove_key(spec_of(resource), probed[0], here.context)
        secret = {"authorization", "x-key"}
        assert all(secret.isdisjoint(request.headers) for request in list(server.seen)[before:])
        assert len(server.seen) - before == (result is not None)
        return result


@pytest.mark.parametrize(
    ("keys", "fields", "fault", "result"),
    [
        pytest.param(("k",), AUTH, None, "Proved", id="refused without it"),
        pytest.param((), AUTH, None, "Public", id="public"),
        pytest.param((), HEADER, None, "Public", id="public, with a key in another header"),
        pytest.param((), {}, None, None, id="no key"),
        pytest.param((), AUTH, vllm_server.Answer(403), "Proved", id="forbidden without it"),
        pytest.param((), AUTH, vllm_server.Answer(500), "Proved", id="LiteLLM 1.108.7's refusal"),
        pytest.param((), AUTH, vllm_server.Answer(302), "Proved", id="sent to a login"),
        pytest.param((), AUTH, vllm_server.Answer(429), "Unanswered", id="asked too often"),
        pytest.param((), AUTH, vllm_server.Answer(503), "Unanswered", id="a gateway in between"),
        pytest.param((), AUTH, Hang(), "Unanswered", id="silent without it"),
    ],
)
async def test_a_key_is_proved_by_a_list(
    keys: tuple[str, ...], fields: Wire, fault: Fault | None, result: KeyProof | None
) -> None:
    assert await prove(VllmServer(keys=keys), fields, fault) == result


@pytest.mark.parametrize(
    ("before", "proof", "after"),
    [
        pytest.param(None, "Unanswered", "Unanswered", id="nothing was known"),
        pytest.param("Proved", "Unanswered", "Proved", id="silence after a proof"),
        pytest.param("Public", "Unanswered", "Public", id="silence after a public list"),
        pytest.param("Unanswered", "Proved", "Proved", id="an answer after silence"),
        pytest.param("Proved", "Public", "Public", id="a list that became public"),
        pytest.param("Proved", None, None, id="a key that was taken away"),
    ],
)
def test_silence_proves_nothing_and_takes_no_proof_away(
    before: KeyProof | None, proof: KeyProof | None, after: KeyProof | None
) -> None:
    assert ServerInfo(key_proof=before).with_key_proof(proof).key_proof == after


@pytest.mark.parametrize(
    ("fault", "proved"),
    [
        pytest.param(None, True, id="refused without it"),
        pytest.param(Hang(), None, id="silent without it"),
    ],
)
async def test_the_list_is_asked_for_without_the_key_once_and_not_per_interval(
    fault: Fault | None, *, proved: bool | None
) -> None:
    async with fake_context(ANY_KEY) as here, VllmServer(keys=("k",)) as server:
        here.hosts.addresses[HOST] = ("127.0.0.1",)
        here.secrets.objects["key"] = Secret(HOST, {"api-key": b"k"})
        url = f"http://{HOST}:{server.port}"
        discovery = {"discovery": {"timeout": "250ms" if fault else "5s"}}
        resource = builders.resource(builders.wire_spec(baseUrl=url, **discovery, **AUTH))
        state = ServerState(resource.request)
        for _ in range(3):
            server.fault = None
            probed = await here.probe(resource)
            assert not isinstance(probed, Problem), probed
            upstream, served = probed
            server.fault = fault
            state = state.with_endpoint(upstream.connection)
            state = await record_models(spec_of(resource), upstream, served, state, here.context)
        keyless = [request for request in server.seen if "authorization" not in request.headers]
        assert [request.path for request in keyless] == ["/v1/models"]
        assert state.discovery.info.key_proved is proved
