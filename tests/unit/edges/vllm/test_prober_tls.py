"""TLS as servers have it: right, wrong in every way that is common, and not checked at all."""

import ssl
from datetime import timedelta

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse
from openclaw_vllm.edges.vllm.prober import Prober
from openclaw_vllm.edges.vllm.trust import Trust
from tests.certificates import Authority, Certificate, self_signed
from tests.vllm_server import VllmServer

HERE = ("127.0.0.1",)
NAME = "vllm.example.com"
CA = Authority.create()
OTHER_CA = Authority.create("Other CA")
LAX_CA = Authority.create("Lax CA", key_usage=False)
COMMENTED = f"# Autoridad de Certificación\n{CA.pem}# 証明書\n"


@pytest.fixture
def prober() -> Prober:
    return Prober()


def at(server: VllmServer, host: str, trust: Trust) -> ProbeRequest:
    return ProbeRequest("GET", f"https://{host}:{server.port}/v1/models", HERE, trust)


@pytest.mark.parametrize(
    ("certificate", "host", "trust"),
    [
        pytest.param(CA.issue(NAME), NAME, Trust(CA.pem), id="of a private CA for the host"),
        pytest.param(CA.issue("127.0.0.1"), "127.0.0.1", Trust(CA.pem), id="for an address"),
        pytest.param(CA.issue(NAME), "127.0.0.1", Trust(CA.pem, NAME), id="for the serverName"),
        pytest.param(
            CA.issue(NAME), NAME, Trust(OTHER_CA.pem + CA.pem), id="of the second CA of a bundle"
        ),
        pytest.param(CA.issue(NAME), NAME, Trust(COMMENTED), id="of a CA with foreign comments"),
        pytest.param(LAX_CA.issue(NAME), NAME, Trust(LAX_CA.pem), id="of a CA without keyUsage"),
        pytest.param(self_signed("x"), NAME, Trust(verify=False), id="that is not checked"),
    ],
)
async def test_an_answer_comes_with_a_certificate(
    prober: Prober, certificate: Certificate, host: str, trust: Trust
) -> None:
    async with VllmServer(tls=certificate.server_context()) as server:
        answer = await prober.ask(at(server, host, trust))
    assert isinstance(answer, ProbeResponse), answer
    assert answer.status == 200


@pytest.mark.parametrize(
    ("certificate", "trust"),
    [
        pytest.param(self_signed(NAME), Trust(CA.pem), id="that signed itself"),
        pytest.param(self_signed(NAME), Trust(), id="that signed itself, without a CA given"),
        pytest.param(CA.issue(NAME), Trust(), id="of a private CA that nobody named"),
        pytest.param(OTHER_CA.issue(NAME), Trust(CA.pem), id="of another CA"),
        pytest.param(CA.issue("other.example.com"), Trust(CA.pem), id="for another host"),
        pytest.param(CA.issue(NAME), Trust(CA.pem, "x.test"), id="for the host, not serverName"),
        pytest.param(CA.issue(NAME, age=timedelta(days=2)), Trust(CA.pem), id="that expired"),
    ],
)
async def test_tls_fails_with_a_certificate(
    prober: Prober, certificate: Certificate, trust: Trust
) -> None:
    async with VllmServer(tls=certificate.server_context()) as server:
        assert await failure(prober, at(server, NAME, trust)) == Reason.TLS_FAILED
    assert not server.seen


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("no certificate", id="text"),
        pytest.param("\n", id="blank"),
        pytest.param("é", id="characters of no certificate"),
        pytest.param(CA.pem[:200], id="half a certificate"),
        pytest.param(CA.pem.replace("M", "!"), id="a damaged certificate"),
    ],
)
async def test_no_authority_at_all_is_trusted_for_a_ca_bundle_of(prober: Prober, text: str) -> None:
    with pytest.raises(ssl.SSLError):
        Trust(text).context()
    async with VllmServer(tls=CA.issue(NAME).server_context()) as server:
        assert await failure(prober, at(server, NAME, Trust(text))) == Reason.TLS_FAILED


async def test_https_to_a_plain_port_is_a_failure_of_tls(prober: Prober) -> None:
    async with VllmServer() as server:
        assert await failure(prober, at(server, NAME, Trust(CA.pem))) == Reason.TLS_FAILED


async def test_http_to_a_tls_port_is_a_failed_connection(prober: Prober) -> None:
    async with VllmServer(tls=CA.issue(NAME).server_context()) as server:
        plain = ProbeRequest("GET", f"http://{NAME}:{server.port}/v1/models", HERE)
        assert await failure(prober, plain) == Reason.CONNECTION_FAILED


@pytest.mark.parametrize(
    ("trust", "name"),
    [
        pytest.param(Trust(verify=False), NAME, id="the host"),
        pytest.param(Trust("", "inner.test", verify=False), "inner.test", id="the serverName"),
    ],
)
async def test_the_server_is_asked_by_name_for(prober: Prober, trust: Trust, name: str) -> None:
    asked: list[str | None] = []

    def note(_: ssl.SSLObject, asked_for: str | None, __: ssl.SSLContext) -> None:
        asked.append(asked_for)

    context = CA.issue(NAME).server_context()
    context.sni_callback = note
    async with VllmServer(tls=context) as server:
        await prober.ask(at(server, NAME, trust))
    assert asked == [name]
    assert server.seen[0].headers["host"] == f"{NAME}:{server.port}"


def test_a_private_ca_replaces_the_public_ones() -> None:
    trusted = Trust(CA.pem).context().get_ca_certs(binary_form=True)
    assert trusted == [ssl.PEM_cert_to_DER_cert(CA.pem)]


async def failure(prober: Prober, question: ProbeRequest) -> Reason:
    problem = await prober.ask(question)
    assert isinstance(problem, Problem), problem
    return problem.reason
