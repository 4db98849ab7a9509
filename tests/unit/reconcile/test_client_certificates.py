"""Client certificates: shown where the Secret allows it, rotated unseen, and named when wrong."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.secret import Secret
from tests import builders
from tests.certificates import Authority, Certificate
from tests.fakes.context import FakeContext, fake_context
from tests.vllm_server import Reply, VllmServer

HOST = "vllm.example.test"
CA, OTHER_CA = Authority.create(), Authority.create("Other CA")
CLIENT, SECOND = CA.issue("agent"), CA.issue("agent")


def rsa_key(bits: int) -> bytes:
    return _key_bytes(rsa.generate_private_key(65537, bits))


def encrypted(client: Certificate) -> bytes:
    key = serialization.load_pem_private_key(client.key, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return _key_bytes(key, serialization.BestAvailableEncryption(b"passphrase"))


def _key_bytes(
    key: rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey,
    encryption: serialization.KeySerializationEncryption | None = None,
) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        encryption or serialization.NoEncryption(),
    )


def pair(client: Certificate, key: bytes | None = None) -> dict[str, bytes]:
    return {"tls.crt": client.certificate, "tls.key": client.key if key is None else key}


def strict_server() -> VllmServer:
    """A server that wants a certificate of our CA, and ends a connection without a word."""
    return VllmServer(tls=CA.issue(HOST).server_context(clients=CA))


async def probe(
    here: FakeContext, server: VllmServer, data: Mapping[str, bytes] | None, hosts: str = HOST
) -> Problem | None:
    """Probe with the Secret's data; None without a problem."""
    here.hosts.addresses[HOST] = ("127.0.0.1",)
    here.config_maps.objects["ca"] = {"ca.crt": CA.pem}
    if data is not None:
        here.secrets.objects["client"] = Secret(hosts, data)
    tls = {"caBundleRef": {"name": "ca"}, "clientCertificateRef": {"name": "client"}}
    spec = builders.wire_spec(baseUrl=f"https://{HOST}:{server.port}", tls=tls)
    outcome = await here.probe(builders.resource(spec))
    return outcome if isinstance(outcome, Problem) else None


async def test_a_certificate_is_shown_and_read_once_for_many_probes() -> None:
    async with fake_context() as here, strict_server() as server:
        for _ in range(3):
            assert await probe(here, server, pair(CLIENT)) is None
        assert (len(server.seen), here.secrets.reads) == (3, 1)


@pytest.mark.parametrize(
    ("data", "hosts", "reason", "words"),
    [
        pytest.param(None, HOST, Reason.SECRET_NOT_FOUND, "client", id="no Secret"),
        pytest.param(
            {"tls.crt": CLIENT.certificate},
            HOST,
            Reason.SECRET_KEY_NOT_FOUND,
            "has no key tls.key; add it",
            id="a certificate without its key",
        ),
        pytest.param(
            {"tls.key": CLIENT.key},
            HOST,
            Reason.SECRET_KEY_NOT_FOUND,
            "has no key tls.crt; add it",
            id="a key without its certificate",
        ),
        pytest.param(
            pair(CLIENT, SECOND.key),
            HOST,
            Reason.SECRET_KEY_NOT_FOUND,
            "are no pair",
            id="the key of another certificate",
        ),
        pytest.param(
            {"tls.crt": CA.pem.encode() + CLIENT.certificate, "tls.key": CLIENT.key},
            HOST,
            Reason.SECRET_KEY_NOT_FOUND,
            "the key's own certificate has to be the first",
            id="the authority before the certificate",
        ),
        pytest.param(
            pair(CLIENT, rsa_key(2048)),
            HOST,
            Reason.SECRET_KEY_NOT_FOUND,
            "are no pair",
            id="a key of another kind",
        ),
        pytest.param(
            pair(CLIENT, encrypted(CLIENT)),
            HOST,
            Reason.SECRET_KEY_NOT_FOUND,
            "the key without passphrase",
            id="a key with a passphrase",
        ),
        pytest.param(
            pair(CLIENT, b"s3cret"), HOST, Reason.SECRET_KEY_NOT_FOUND, "not both PEM", id="no PEM"
        ),
        pytest.param(
            pair(CLIENT, b""), HOST, Reason.SECRET_KEY_NOT_FOUND, "not both PEM", id="an empty key"
        ),
        pytest.param(
            pair(CLIENT), "", Reason.KEY_NOT_ALLOWED, "kubectl annotate", id="no permission"
        ),
    ],
)
async def test_nothing_is_sent_with(
    data: Mapping[str, bytes] | None, hosts: str, reason: Reason, words: str
) -> None:
    async with fake_context() as here, strict_server() as server:
        problem = await probe(here, server, data, hosts)
        assert problem is not None
        assert (problem.reason, list(server.seen)) == (reason, [])
        assert words in problem.message
        assert "s3cret" not in problem.message
        assert await probe(here, server, pair(CLIENT)) is None  # mended, it is read at once


@pytest.mark.parametrize(
    "old",
    [
        pytest.param(OTHER_CA.issue("agent"), id="of an authority that the server left"),
        pytest.param(CA.issue("agent", age=timedelta(days=2)), id="that expired"),
    ],
)
async def test_a_rotated_certificate_is_read_anew_within_the_same_probe(old: Certificate) -> None:
    async with fake_context() as here, strict_server() as server:
        here.secrets.next = [Secret(HOST, pair(CLIENT))]
        assert await probe(here, server, pair(old)) is None
        assert (len(server.seen), here.secrets.reads) == (1, 2)


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_certificate_that_a_gateway_refuses_by_a_status_is_read_anew(status: int) -> None:
    """As nginx (400) and Envoy (403) do, which take any certificate in the handshake."""
    tls = CA.issue(HOST).server_context(clients=CA)
    gateway = VllmServer(tls=tls, keys=("k",), key_refusal=Reply(status))
    async with fake_context() as here, gateway as server:
        here.secrets.next = [Secret(HOST, pair(SECOND))]
        problem = await probe(here, server, pair(CLIENT))
        assert (len(server.seen), here.secrets.reads) == (2, 2)
    assert problem is not None
    assert "may refuse the client certificate of Secret client;" in problem.message


async def test_a_certificate_that_stays_refused_is_told() -> None:
    async with fake_context() as here, strict_server() as server:
        problem = await probe(here, server, pair(OTHER_CA.issue("agent")))
    assert problem is not None
    assert "may refuse the client certificate" in problem.message


async def test_no_text_form_of_an_upstream_holds_the_key() -> None:
    async with fake_context() as here, strict_server() as server:
        here.hosts.addresses[HOST] = ("127.0.0.1",)
        here.config_maps.objects["ca"] = {"ca.crt": CA.pem}
        here.secrets.objects["client"] = Secret(HOST, pair(CLIENT))
        tls = {"caBundleRef": {"name": "ca"}, "clientCertificateRef": {"name": "client"}}
        spec = builders.wire_spec(baseUrl=f"https://{HOST}:{server.port}", tls=tls)
        outcome = await here.probe(builders.resource(spec))
    assert not isinstance(outcome, Problem)
    assert outcome[0].trust.client is not None
    assert "PRIVATE KEY" not in repr(outcome)
