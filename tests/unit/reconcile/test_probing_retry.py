"""The second try of a probe: a rotated key or CA never shows as a failure."""

import ssl
from dataclasses import dataclass

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.endpoint_slice import EndpointSlice
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.secret import Secret
from openclaw_vllm.api.service import Service
from openclaw_vllm.core.discovery.destination import Destinations
from tests import builders
from tests.builders import Wire
from tests.builders.slices import endpoint_slice
from tests.certificates import Authority
from tests.fakes.context import FakeContext, fake_context
from tests.hostile_server import HostileServer
from tests.vllm_server import Reply, VllmServer

HOST = "vllm.example.test"
ANY_KEY = Destinations(allow_loopback=True, allow_insecure_keys=True)
AUTH: Wire = {"apiKeySecretRef": {"name": "key", "key": "api-key"}}
CA, OLD_CA = Authority.create(), Authority.create("Old CA")
REFUSALS = (401, 403)  # of a wrong key: vLLM's status, and that of half of the gateways
LITELLM = 400  # without a database
TLS: Wire = {"caBundleRef": {"name": "corp-ca"}}


def provider(
    port: int, scheme: str = "http", timeout: str = "5s", **fields: object
) -> VllmProvider:
    url = f"{scheme}://{HOST}:{port}"
    spec = builders.wire_spec(baseUrl=url, discovery={"timeout": timeout}, **fields)
    return builders.resource(spec)


def secret(key: str) -> Secret:
    return Secret(HOST, {"api-key": key.encode()})


@dataclass(frozen=True)
class Probed:
    """What came of a probe: the number of models, or the reason for none."""

    reason: Reason | None
    models: int
    text: str


async def probed(here: FakeContext, resource: VllmProvider, *, fresh: bool = False) -> Probed:
    here.hosts.addresses[HOST] = ("127.0.0.1",)
    result = await here.probe(resource, fresh=fresh)
    if isinstance(result, Problem):
        return Probed(result.reason, 0, repr(result))
    return Probed(None, len(result[1]), repr(result))


def guarded_server(key: str, status: int) -> VllmServer:
    """A server that takes one key and answers every other with this status."""
    return VllmServer(keys=(key,), key_refusal=Reply(status))


async def test_a_key_is_sent_and_read_once_for_many_probes() -> None:
    async with fake_context(ANY_KEY) as here, VllmServer(keys=("k",)) as server:
        here.secrets.objects["key"] = secret("k")
        for _ in range(3):
            assert (await probed(here, provider(server.port, auth=AUTH))).models == 1
        assert server.seen[0].headers["authorization"] == "Bearer k"
        assert (len(server.seen), here.secrets.reads) == (3, 1)


@pytest.mark.parametrize("status", [*REFUSALS, LITELLM])
async def test_a_rotated_key_is_read_again_within_the_same_probe(status: int) -> None:
    async with fake_context(ANY_KEY) as here, guarded_server("old", status) as server:
        here.secrets.objects["key"] = secret("old")
        await probed(here, provider(server.port, auth=AUTH))
        server.keys, here.secrets.objects["key"] = ("new",), secret("new")
        assert (await probed(here, provider(server.port, auth=AUTH))).models == 1
        assert (len(server.seen), here.secrets.reads) == (3, 2)


async def test_a_rotated_key_is_read_again_though_another_replica_is_down() -> None:
    key = ObjectKey("agents", "vllm-1")
    replica = VllmServer(keys=("new",), host="127.0.0.9")
    async with fake_context(ANY_KEY) as here, replica as server:
        wire = endpoint_slice("127.0.0.1", "127.0.0.9", ports=[("http", server.port)])
        here.context.cache.slices.upsert(key, EndpointSlice.read(wire))
        service = Service("ClusterIP", (("http", server.port),), target_ports=(server.port,))
        here.context.cache.services[ObjectKey("agents", "vllm")] = service
        here.hosts.addresses["vllm.agents.svc.cluster.local"] = ("127.0.0.1",)
        here.secrets.objects["key"], here.secrets.next = secret("old"), [secret("new")]
        url, each = f"http://vllm:{server.port}", {"replicas": "Each", "timeout": "5s"}
        resource = builders.resource(builders.wire_spec(baseUrl=url, discovery=each, auth=AUTH))
        assert (await probed(here, resource)).models == 1


@pytest.mark.parametrize("status", REFUSALS)
async def test_the_same_key_is_not_tried_twice_and_named_with_who_refuses_it(status: int) -> None:
    async with fake_context(ANY_KEY) as here, guarded_server("right", status) as server:
        here.secrets.objects["key"] = secret("wrong")
        result = await probed(here, provider(server.port, auth=AUTH))
        assert result.reason == Reason.UNAUTHORIZED
        assert (
            f"status {status} to GET /v1/models: {HOST} refuses key api-key of Secret key;"
            in result.text
        )
        assert (len(server.seen), here.secrets.reads) == (1, 2)


@pytest.mark.parametrize("status", [*REFUSALS, LITELLM])
async def test_a_secret_that_is_corrected_later_is_read_by_the_next_probe(status: int) -> None:
    async with fake_context(ANY_KEY) as here, guarded_server("right", status) as server:
        here.secrets.objects["key"] = secret("wrong")
        await probed(here, provider(server.port, auth=AUTH))
        here.secrets.objects["key"] = secret("right")
        assert (await probed(here, provider(server.port, auth=AUTH))).models == 1


async def test_there_is_no_third_try() -> None:
    async with fake_context(ANY_KEY) as here, VllmServer(keys=("right",)) as server:
        here.secrets.objects["key"] = secret("1")
        here.secrets.next = [secret("2"), secret("3"), secret("right")]
        result = await probed(here, provider(server.port, auth=AUTH))
        assert (result.reason, len(server.seen)) == (Reason.UNAUTHORIZED, 2)


@pytest.mark.parametrize(
    ("status", "reason"), [(401, Reason.UNAUTHORIZED), (403, Reason.UNEXPECTED_STATUS)]
)
async def test_a_server_that_wants_no_key_of_ours_is_probed_once(
    status: int, reason: Reason
) -> None:
    async with fake_context() as here, guarded_server("k", status) as server:
        result = await probed(here, provider(server.port))
        assert (result.reason, len(server.seen)) == (reason, 1)


async def test_a_secret_that_no_longer_allows_the_host_gets_no_second_try() -> None:
    async with fake_context(ANY_KEY) as here, VllmServer(keys=("new",)) as server:
        here.secrets.objects["key"] = secret("old")
        here.secrets.next = [Secret("elsewhere.test", {"api-key": b"new"})]
        result = await probed(here, provider(server.port, auth=AUTH))
        assert (result.reason, len(server.seen)) == (Reason.KEY_NOT_ALLOWED, 1)


async def test_a_secret_header_is_sent_beside_a_plain_one_and_read_again_as_well() -> None:
    ref = {"secretKeyRef": {"name": "key", "key": "api-key"}}
    headers = [
        {"name": "X-Plain", "value": "plain"},
        {"name": "X-Secret", "valueFrom": ref, "env": "X_SECRET"},
    ]
    async with fake_context(ANY_KEY) as here, VllmServer(keys=("k",)) as server:
        here.secrets.objects["key"], here.secrets.next = secret("old"), [secret("new")]
        await probed(here, provider(server.port, headers=headers))
        sent = [
            (request.headers["x-plain"], request.headers["x-secret"]) for request in server.seen
        ]
        assert sent == [("plain", "old"), ("plain", "new")]


async def test_a_replaced_ca_is_read_again_within_the_same_probe() -> None:
    async with fake_context() as here, VllmServer(tls=tls_of(CA)) as server:
        here.config_maps.objects["corp-ca"] = {"ca.crt": OLD_CA.pem}
        here.config_maps.next = [{"ca.crt": CA.pem}]
        assert (await probed(here, provider(server.port, "https", tls=TLS))).models == 1
        assert here.config_maps.reads == 2


async def test_a_ca_that_stays_wrong_is_a_failure_of_tls() -> None:
    async with fake_context() as here, VllmServer(tls=tls_of(CA)) as server:
        here.config_maps.objects["corp-ca"] = {"ca.crt": OLD_CA.pem}
        result = await probed(here, provider(server.port, "https", tls=TLS))
        assert (result.reason, here.config_maps.reads) == (Reason.TLS_FAILED, 2)


async def test_an_unverified_server_gets_a_key_only_if_the_administrator_allows_it() -> None:
    for policy, models in ((Destinations(allow_loopback=True), 0), (ANY_KEY, 1)):
        async with fake_context(policy) as here, VllmServer(tls=tls_of(CA), keys=("k",)) as server:
            here.secrets.objects["key"] = secret("k")
            resource = provider(server.port, "https", auth=AUTH, tls={"insecureSkipVerify": True})
            assert (await probed(here, resource)).models == models
            assert len(server.seen) == models


async def test_a_fresh_probe_reads_every_reference_again() -> None:
    async with fake_context() as here, VllmServer(tls=tls_of(CA), keys=("k",)) as server:
        here.secrets.objects["key"] = secret("k")
        here.config_maps.objects["corp-ca"] = {"ca.crt": CA.pem}
        resource = provider(server.port, "https", tls=TLS, auth=AUTH)
        for fresh in (False, False, True):
            assert (await probed(here, resource, fresh=fresh)).models == 1
        assert (here.secrets.reads, here.config_maps.reads) == (2, 2)


async def test_both_tries_share_one_deadline() -> None:
    async with fake_context(ANY_KEY) as here, HostileServer("silence") as server:
        here.secrets.objects["key"], here.secrets.next = secret("old"), [secret("new")]
        resource = provider(server.port, timeout="100ms", auth=AUTH)
        assert (await probed(here, resource)).reason == Reason.TIMED_OUT
        assert here.secrets.reads == 1


@pytest.mark.parametrize("keys", [("k3y",), ("another",)], ids=["success", "failure"])
async def test_no_text_form_of_the_outcome_holds_the_key(keys: tuple[str, ...]) -> None:
    async with fake_context(ANY_KEY) as here, VllmServer(keys=keys) as server:
        here.secrets.objects["key"] = secret("k3y")
        result = await probed(here, provider(server.port, auth=AUTH))
        assert server.seen[0].headers["authorization"] == "Bearer k3y"
        assert "k3y" not in result.text
        assert "k3y" not in repr(here.secrets)


def tls_of(authority: Authority) -> ssl.SSLContext:
    return authority.issue(HOST).server_context()
