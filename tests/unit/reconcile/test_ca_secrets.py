"""A CA bundle in a Secret: its certificates are used and published, and nothing else of it."""

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.secret import Secret
from openclaw_vllm.reconcile.references import read_ca
from tests import builders
from tests.builders import spec_of
from tests.certificates import Authority
from tests.fakes.context import FakeContext, fake_context
from tests.vllm_server import VllmServer

HOST = "vllm.example.test"
CA, NEW_CA = Authority.create(), Authority.create("New CA")
LEAF = CA.issue(HOST)
KEY_PEM = LEAF.key.decode()
NO_KEY, NO_CERTIFICATE = "has no key ca.crt", "or a damaged one, under key ca.crt"


def provider(port: int = 8443) -> VllmProvider:
    tls = {"caBundleRef": {"kind": "Secret", "name": "vllm-tls"}}
    return builders.resource(builders.wire_spec(baseUrl=f"https://{HOST}:{port}", tls=tls))


def tls_secret(ca: str | None) -> Secret:
    """A Secret as cert-manager writes it; without `ca` as for an issuer whose CA is public."""
    data = {"tls.crt": LEAF.certificate, "tls.key": LEAF.key}
    return Secret("", data if ca is None else {**data, "ca.crt": ca.encode()})


async def ca_of(here: FakeContext) -> str | Problem:
    resource = provider()
    return await read_ca(resource.key.namespace, spec_of(resource), here.context)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(CA.pem, id="one certificate"),
        pytest.param(CA.pem + NEW_CA.pem, id="several"),
        pytest.param(LEAF.certificate.decode() + CA.pem, id="a chain"),
    ],
)
async def test_certificates_are_taken_as_they_are(text: str) -> None:
    async with fake_context() as here:
        here.secrets.objects["vllm-tls"] = tls_secret(text)
        assert await ca_of(here) == text


@pytest.mark.parametrize("rest", [KEY_PEM, "password: hunter2\n", "# Certificación\n"])
async def test_nothing_but_certificates_leaves_a_secret(rest: str) -> None:
    async with fake_context() as here:
        here.secrets.objects["vllm-tls"] = tls_secret(f"{rest}{CA.pem}{rest}")
        assert await ca_of(here) == CA.pem


@pytest.mark.parametrize(
    ("secret", "words"),
    [
        pytest.param(tls_secret(None), NO_KEY, id="no ca.crt"),
        pytest.param(tls_secret(""), NO_CERTIFICATE, id="an empty one"),
        pytest.param(tls_secret(KEY_PEM), NO_CERTIFICATE, id="a private key"),
        pytest.param(tls_secret("hunter2"), NO_CERTIFICATE, id="a password"),
        pytest.param(tls_secret(CA.pem.replace("MII", "AAA")), NO_CERTIFICATE, id="damage"),
        pytest.param(None, "vllm-tls is missing", id="no Secret"),
    ],
)
async def test_a_secret_without_a_certificate_is_reported(
    secret: Secret | None, words: str
) -> None:
    async with fake_context() as here:
        here.secrets.objects |= {} if secret is None else {"vllm-tls": secret}
        problem = await ca_of(here)
        assert isinstance(problem, Problem)
        assert problem.reason == Reason.CA_BUNDLE_NOT_FOUND
        assert words in problem.message
        assert "hunter2" not in problem.message
        here.secrets.objects["vllm-tls"] = tls_secret(CA.pem)
        assert await ca_of(here) == CA.pem  # mending it heals at the next try


async def test_a_rotated_ca_is_read_again_within_the_same_probe() -> None:
    context = NEW_CA.issue(HOST).server_context()
    async with fake_context() as here, VllmServer(tls=context) as server:
        here.hosts.addresses[HOST] = ("127.0.0.1",)
        here.secrets.objects["vllm-tls"] = tls_secret(CA.pem)
        here.secrets.next = [tls_secret(CA.pem + NEW_CA.pem)]
        answer = await here.probe(provider(server.port))
        assert not isinstance(answer, Problem)
        assert answer[0].connection.ca_pem == CA.pem + NEW_CA.pem
        assert here.secrets.reads == 2
