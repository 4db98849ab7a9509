"""Asking for the models through everything that may be in the way, against real servers."""

import asyncio

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.secret import Secret
from openclaw_vllm.core.discovery.destination import Destinations
from openclaw_vllm.core.discovery.models_response import ServedModel
from tests import builders, vllm_server
from tests.builders import Wire
from tests.certificates import Authority
from tests.fakes.context import FakeContext, fake_context
from tests.hostile_server import HostileServer
from tests.vllm_server import Drip, Hang, Model, Reset, VllmServer

HOST = "vllm.example.test"
KEYED: Wire = {"apiKeySecretRef": {"name": "key", "key": "api-key"}}


BRIEF = "250ms"


def provider(port: int, timeout: str = "5s", **fields: object) -> VllmProvider:
    """A VllmProvider of a server on this port, by a name that the setting resolves."""
    discovery = {"discovery": {"timeout": timeout}}
    url = f"{fields.pop('scheme', 'http')}://{HOST}:{port}"
    return builders.resource(builders.wire_spec(baseUrl=url, **(discovery | fields)))


def secret(key: str, hosts: str = HOST) -> Secret:
    return Secret(hosts, {"api-key": key.encode()})


async def problem(here: FakeContext, resource: VllmProvider) -> Problem:
    here.hosts.addresses[HOST] = ("127.0.0.1",)
    result = await here.probe(resource)
    assert isinstance(result, Problem), result
    return result


async def models(here: FakeContext, resource: VllmProvider) -> tuple[ServedModel, ...]:
    here.hosts.addresses[HOST] = ("127.0.0.1",)
    result = await here.probe(resource)
    assert not isinstance(result, Problem), result
    return result[1]


async def test_the_models_come_as_the_server_lists_them() -> None:
    async with fake_context() as here, VllmServer(models=(Model("b"), Model("a"))) as server:
        assert await models(here, provider(server.port)) == builders.served("b", "a")


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(Hang(), Reason.TIMED_OUT, id="never answers"),
        pytest.param(Drip(every=0.01), Reason.TIMED_OUT, id="answers byte by byte"),
        pytest.param(Reset(), Reason.CONNECTION_FAILED, id="hangs up"),
        pytest.param(vllm_server.Answer(401), Reason.UNAUTHORIZED, id="wants a key"),
        pytest.param(vllm_server.Answer(403), Reason.UNEXPECTED_STATUS, id="forbids"),
        pytest.param(vllm_server.Answer(204), Reason.UNEXPECTED_STATUS, id="has no content"),
        pytest.param(vllm_server.Answer(404), Reason.UNEXPECTED_STATUS, id="has no such route"),
        pytest.param(vllm_server.Answer(503), Reason.UNEXPECTED_STATUS, id="is not ready"),
        pytest.param(
            vllm_server.Answer(400, b"x", (("content-encoding", "gzip"),)),
            Reason.UNEXPECTED_STATUS,
            id="refuses in a compressed answer",
        ),
        pytest.param(
            vllm_server.Answer.redirect("http://127.0.0.1:1/"), Reason.REDIRECTED, id="redirects"
        ),
        pytest.param(vllm_server.Answer(200, b"<html>"), Reason.INVALID_ANSWER, id="sends HTML"),
        pytest.param(
            vllm_server.Answer.gzipped(builders.answer("a")),
            Reason.INVALID_ANSWER,
            id="compresses a good answer",
        ),
        pytest.param(
            vllm_server.Answer(200, builders.answer("a") + b" " * 1024**2),
            Reason.ANSWER_TOO_LARGE,
            id="sends more than 1 MiB",
        ),
    ],
)
async def test_a_probe_fails_when_the_server(fault: vllm_server.Fault, reason: Reason) -> None:
    async with fake_context() as here, VllmServer(fault=fault) as server:
        patience = BRIEF if reason is Reason.TIMED_OUT else "5s"
        assert (await problem(here, provider(server.port, patience))).reason == reason


async def test_the_whole_probe_has_one_deadline() -> None:
    async with fake_context() as here, HostileServer("slow_body") as server, asyncio.timeout(2):
        result = await problem(here, provider(server.port, BRIEF))
    assert result == Problem(Reason.TIMED_OUT, "no complete answer within 250ms")


async def test_a_name_that_resolves_to_nothing_is_a_failed_connection() -> None:
    async with fake_context() as here, VllmServer() as server:
        result = await here.probe(provider(server.port))
    assert isinstance(result, Problem)
    assert result.reason == Reason.CONNECTION_FAILED
    assert HOST in result.message


@pytest.mark.parametrize(
    ("policy", "fields", "reason"),
    [
        pytest.param(Destinations(), {}, Reason.DESTINATION_DENIED, id="the address is denied"),
        pytest.param(
            Destinations(host_globs=("*.other.test",), allow_loopback=True),
            {},
            Reason.DESTINATION_DENIED,
            id="the host is not allowed",
        ),
        pytest.param(
            Destinations(allow_loopback=True),
            {"auth": {"apiKeySecretRef": {"name": "none", "key": "api-key"}}},
            Reason.SECRET_NOT_FOUND,
            id="the Secret is missing",
        ),
        pytest.param(
            Destinations(allow_loopback=True, allow_insecure_keys=True),
            {"auth": {"apiKeySecretRef": {"name": "key", "key": "other"}}},
            Reason.SECRET_KEY_NOT_FOUND,
            id="the Secret has no such key",
        ),
        pytest.param(
            Destinations(allow_loopback=True),
            {"auth": KEYED},
            Reason.KEY_NOT_ALLOWED,
            id="the key would leave the cluster unencrypted",
        ),
        pytest.param(
            Destinations(allow_loopback=True, allow_insecure_keys=True),
            {"auth": {"apiKeySecretRef": {"name": "private", "key": "api-key"}}},
            Reason.KEY_NOT_ALLOWED,
            id="the Secret names another host",
        ),
        pytest.param(
            Destinations(allow_loopback=True, allow_insecure_keys=True),
            {"auth": {"apiKeySecretRef": {"name": "broken", "key": "api-key"}}},
            Reason.SECRET_KEY_NOT_FOUND,
            id="the key ends in a line break",
        ),
    ],
)
async def test_nothing_is_sent_when(policy: Destinations, fields: Wire, reason: Reason) -> None:
    async with fake_context(policy) as here, VllmServer() as server:
        here.secrets.objects |= {
            "key": secret("s3cret"),
            "private": secret("s3cret", "other.test"),
            "broken": secret("s3cret\n"),
        }
        result = await problem(here, provider(server.port, **fields))
    assert (result.reason, list(server.seen)) == (reason, [])
    assert "s3cret" not in result.message


async def test_a_missing_ca_bundle_is_named_and_nothing_is_sent() -> None:
    tls = {"caBundleRef": {"name": "corp-ca"}}
    async with (
        fake_context() as here,
        VllmServer(tls=Authority.create().issue(HOST).server_context()),
    ):
        result = await problem(here, provider(1, scheme="https", tls=tls))
    assert result.reason == Reason.CA_BUNDLE_NOT_FOUND
    assert "corp-ca" in result.message


async def test_probes_of_a_hanging_server_do_not_delay_another() -> None:
    async with fake_context() as here, VllmServer(fault=Hang()) as hanging, VllmServer() as other:
        here.hosts.addresses[HOST] = ("127.0.0.1",)
        stuck = [asyncio.create_task(here.probe(provider(hanging.port))) for _ in range(20)]
        assert await models(here, provider(other.port))
        assert not any(probe.done() for probe in stuck)
        for probe in stuck:
            probe.cancel()
        await asyncio.gather(*stuck, return_exceptions=True)
