"""Each certificate is wrong in the one way that its test asks for."""

import ssl
from datetime import timedelta

import httpx
import pytest

from tests.certificates import LIFETIME, Authority, Certificate, self_signed
from tests.vllm_server import VllmServer

AUTHORITY = Authority.create()


async def fetch(certificate: Certificate, trusting: ssl.SSLContext) -> int:
    async with (
        VllmServer(tls=certificate.server_context()) as server,
        httpx.AsyncClient(verify=trusting, trust_env=False) as client,
    ):
        return (await client.get(f"{server.base_url}/models")).status_code


async def test_a_certificate_of_the_authority_is_trusted() -> None:
    certificate = AUTHORITY.issue("vllm.example.com", "127.0.0.1")
    assert await fetch(certificate, AUTHORITY.client_context()) == 200


@pytest.mark.parametrize(
    ("certificate", "why"),
    [
        (AUTHORITY.issue("127.0.0.1", age=LIFETIME + timedelta(hours=1)), "expired"),
        (AUTHORITY.issue("vllm.example.com"), "IP address mismatch"),
        (Authority.create().issue("127.0.0.1"), "signature failure|unable to get local issuer"),
        (self_signed("127.0.0.1"), "self-signed"),
    ],
    ids=["expired", "wrong host", "another authority", "self-signed"],
)
async def test_a_wrong_certificate_is_refused_for_its_reason(
    certificate: Certificate, why: str
) -> None:
    with pytest.raises(httpx.ConnectError, match=why):
        await fetch(certificate, AUTHORITY.client_context())


async def test_an_authority_without_key_usage_is_refused_by_strict_clients_only() -> None:
    authority = Authority.create(key_usage=False)
    certificate = authority.issue("127.0.0.1")
    trusting = authority.client_context()
    trusting.verify_flags |= ssl.VERIFY_X509_STRICT
    with pytest.raises(httpx.ConnectError, match="key usage"):
        await fetch(certificate, trusting)
    trusting = authority.client_context()
    trusting.verify_flags &= ~ssl.VERIFY_X509_STRICT
    assert await fetch(certificate, trusting) == 200
