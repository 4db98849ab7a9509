"""Why a server's certificate is refused, by OpenSSL's code, in words that say what to do."""

import ssl

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.edges.vllm.failures import connection_problem
from openclaw_vllm.edges.vllm.trust import Trust


@pytest.mark.parametrize(
    ("code", "words"),
    [
        pytest.param(2, "add the root to it", id="an authority without its own"),
        pytest.param(9, "not valid yet", id="the future"),
        pytest.param(10, "it has expired", id="the past"),
        pytest.param(18, "signed itself", id="nobody else's signature"),
        pytest.param(19, "name its CA in tls.caBundleRef", id="an unknown root"),
        pytest.param(20, "name its CA in tls.caBundleRef", id="an unknown authority"),
        pytest.param(79, "is not that of an authority", id="a server's certificate as issuer"),
        pytest.param(26, "with the usage serverAuth", id="a client's certificate"),
        pytest.param(62, "write that into tls.serverName", id="another name"),
        pytest.param(64, "write its name into tls.serverName", id="another address"),
        pytest.param(66, "RSA needs 2048 bits", id="a short key"),
        pytest.param(67, "of its authority is too short", id="an authority's short key"),
        pytest.param(68, "SHA-1 or MD5", id="a weak signature"),
    ],
)
def test_a_certificate_is_refused_for(code: int, words: str) -> None:
    error = ssl.SSLCertVerificationError()
    error.verify_code = code
    problem = connection_problem(error, Trust())
    assert problem.reason is Reason.TLS_FAILED
    assert words in problem.message
