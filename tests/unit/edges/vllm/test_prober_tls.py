"""TLS as servers have it: right, wrong in every way that is common, and not checked at all."""

import ssl
from datetime import timedelta

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse
from openclaw_vllm.edges.vllm.prober import Prober
from openclaw_vllm.edges.vllm.trust import ClientCertificate, Trust
from tests.certificates import Authority, Certificate, self_signed
from tests.harnesses.tls_port import tls_port
from tests.vllm_server import VllmServer

HERE = ("127.0.0.1",)
NAME = "vllm.example.com"
CA = Authority.create()
OTHER_CA = Authority.create("Other CA")
MIDDLE_CA = CA.issue_authority("Middle CA")
MIDDLE = MIDDLE_CA.issue(NAME)
CHAIN = Certificate(MIDDLE.certificate + MIDDLE_CA.pem.encode(), MIDDLE.key)
LAX_CA = Authority.create("Lax CA", key_usage=False)
OLD_CA = Authority.create("Old CA", age=timedelta(days=2))
UNKNOWN = "none of the trusted authorities"
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
        pytest.param(CA.issue(NAME), f"{NAME}.", Trust(CA.pem), id="for an absolute name"),
        pytest.param(CHAIN, NAME, Trust(CA.pem), id="with the authority between it and the CA"),
        pytest.param(MIDDLE, NAME, Trust(MIDDLE_CA.pem + CA.pem), id="of a bundle with both"),
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
    ("certificate", "trust", "words"),
    [
        pytest.param(self_signed(NAME), Trust(CA.pem), "signed itself", id="that signed itself"),
        pytest.param(
            self_signed(NAME), Trust(), "signed itself", id="that signed itself, without a CA given"
        ),
        pytest.param(CA.issue(NAME), Trust(), UNKNOWN, id="of a private CA that nobody named"),
        pytest.param(OTHER_CA.issue(NAME), Trust(CA.pem), UNKNOWN, id="of another CA"),
        pytest.param(
            CHAIN, Trust(MIDDLE_CA.pem), "add the root to it", id="of a CA without its own"
        ),
        pytest.param(
            CHAIN, Trust(MIDDLE.certificate.decode()), UNKNOWN, id="that is the bundle itself"
        ),
        pytest.param(
            CA.issue("other.example.com"), Trust(CA.pem), "tls.serverName", id="for another host"
        ),
        pytest.param(
            CA.issue(NAME), Trust(CA.pem, "x.test"), "name", id="for the host, not serverName"
        ),
        pytest.param(
            CA.issue(NAME, age=timedelta(days=2)),
            Trust(CA.pem),
            "it has expired",
            id="that expired",
        ),
        pytest.param(
            OLD_CA.issue(NAME),
            Trust(OLD_CA.pem),
            f"the CA bundle has expired on {OLD_CA.certificate.not_valid_after_utc:%Y-%m-%d}",
            id="of a CA that expired",
        ),
        pytest.param(
            OLD_CA.issue(NAME),
            Trust(OLD_CA.pem + CA.pem),
            "an authority of the CA bundle, has expired",
            id="of a CA that expired, beside one that has not",
        ),
    ],
)
async def test_tls_fails_with_a_certificate(
    prober: Prober, certificate: Certificate, trust: Trust, words: str
) -> None:
    async with VllmServer(tls=certificate.server_context()) as server:
        problem = await failure(prober, at(server, NAME, trust))
    assert problem.reason == Reason.TLS_FAILED
    assert words in problem.message
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
        problem = await failure(prober, at(server, NAME, Trust(text)))
    assert problem.reason == Reason.TLS_FAILED


async def test_https_to_a_plain_port_is_a_failure_of_tls_that_says_so(prober: Prober) -> None:
    async with VllmServer() as server:
        problem = await failure(prober, at(server, NAME, Trust(CA.pem)))
    assert problem.reason == Reason.TLS_FAILED
    assert "speaks plain HTTP" in problem.message


@pytest.mark.parametrize("answers", [False, True], ids=["ends", "answers 400"])
async def test_http_to_a_tls_port_is_a_failed_connection_that_says_so(
    prober: Prober, *, answers: bool
) -> None:
    """Python's servers end the connection; Go's, nginx and Apache answer 400 in plain HTTP."""
    context, refusal = CA.issue(NAME).server_context(), b"HTTP/1.0 400 Bad Request\r\n\r\nTLS!"
    with tls_port(context, plain=refusal if answers else b"") as port:
        plain = ProbeRequest("GET", f"http://{NAME}:{port}/v1/models", HERE)
        problem = await failure(prober, plain)
    assert problem.reason == Reason.CONNECTION_FAILED
    assert "speaks TLS" in problem.message


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_server_that_ends_without_an_alert_may_want_a_client_certificate(
    prober: Prober, version: ssl.TLSVersion
) -> None:
    context = wants_certificate(version)
    async with VllmServer(tls=context) as server:
        problem = await failure(prober, at(server, NAME, Trust(CA.pem)))
    assert "may want a client certificate" in problem.message
    assert not server.seen


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_an_alert_that_asks_for_a_client_certificate_is_reported(
    prober: Prober, version: ssl.TLSVersion
) -> None:
    with tls_port(wants_certificate(version)) as port:
        url = f"https://{NAME}:{port}/v1/models"
        problem = await failure(prober, ProbeRequest("GET", url, HERE, Trust(CA.pem)))
    assert "client certificate" in problem.message


@pytest.mark.parametrize(
    ("trust", "host", "name"),
    [
        pytest.param(Trust(verify=False), NAME, NAME, id="the host"),
        pytest.param(Trust(verify=False), f"{NAME}.", NAME, id="an absolute host, without its dot"),
        pytest.param(
            Trust("", "inner.test", verify=False), NAME, "inner.test", id="the serverName"
        ),
    ],
)
async def test_the_server_name_of_tls_is_for(
    prober: Prober, trust: Trust, host: str, name: str
) -> None:
    requests: list[str | None] = []

    def note(_: ssl.SSLObject, asked_for: str | None, __: ssl.SSLContext) -> None:
        requests.append(asked_for)

    context = CA.issue(NAME).server_context()
    context.sni_callback = note
    async with VllmServer(tls=context) as server:
        await prober.ask(at(server, host, trust))
    assert requests == [name]
    assert server.seen[0].headers["host"] == f"{host}:{server.port}"


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_client_certificate_is_shown_to_a_server_that_wants_one(
    prober: Prober, version: ssl.TLSVersion
) -> None:
    async with VllmServer(tls=wants_certificate(version)) as server:
        answer = await prober.ask(at(server, NAME, Trust(CA.pem, client=client_of(CA))))
    assert isinstance(answer, ProbeResponse)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_an_alert_that_refuses_the_client_certificate_is_told(
    prober: Prober, version: ssl.TLSVersion
) -> None:
    trust = Trust(CA.pem, client=client_of(OTHER_CA))
    with tls_port(wants_certificate(version)) as port:
        url = f"https://{NAME}:{port}/v1/models"
        problem = await failure(prober, ProbeRequest("GET", url, HERE, trust))
    assert problem.reason == Reason.TLS_FAILED
    assert "refuses the client certificate" in problem.message


def client_of(authority: Authority) -> ClientCertificate:
    certificate = authority.issue("agent")
    return ClientCertificate(certificate.certificate.decode(), certificate.key.decode())


def wants_certificate(version: ssl.TLSVersion) -> ssl.SSLContext:
    """A server's context that asks for a client certificate of our CA."""
    context = CA.issue(NAME).server_context(clients=CA)
    context.maximum_version = version
    return context


def test_a_private_ca_replaces_the_public_ones() -> None:
    trusted = Trust(CA.pem).context().get_ca_certs(binary_form=True)
    assert trusted == [ssl.PEM_cert_to_DER_cert(CA.pem)]


async def failure(prober: Prober, question: ProbeRequest) -> Problem:
    problem = await prober.ask(question)
    assert isinstance(problem, Problem), problem
    return problem
