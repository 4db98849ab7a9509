"""Naming of a request's failure, by the class of its exception.

The text of exceptions may hold what a server or a CR wrote, so none of it is shown. The reasons are
OpenSSL's (3.0.19, measured; 3.2 and later name the second and third of NOT_TLS).
"""

import ssl
from collections.abc import Iterator

import httpcore

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.tcp_stream import OtherProtocolError
from openclaw_vllm.edges.vllm.trust import Trust

TRANSPORT_ERRORS = (
    httpcore.TimeoutException,
    httpcore.NetworkError,
    httpcore.ProtocolError,
    ssl.SSLError,
)
NOT_TLS = ("WRONG_VERSION_NUMBER", "PACKET_LENGTH_TOO_LONG", "RECORD_LAYER_FAILURE")
WANTS_CERTIFICATE = ("CERTIFICATE_REQUIRED", "ALERT_BAD_CERTIFICATE")  # ends of alerts' names
MAY_WANT_REASONS = ("SSLV3_ALERT_HANDSHAKE_FAILURE", "UNEXPECTED_EOF_WHILE_READING")  # TLS 1.2
MAY_WANT_CERTIFICATE = (
    "the server may want a client certificate; if so, name it in tls.clientCertificateRef"
)
MAY_REFUSE_CERTIFICATE = (
    "the server may refuse the client certificate: expired, of an authority unknown to it, or "
    "without the certificates in between"
)
EXPIRED, NOT_YET_VALID, SELF_SIGNED, OTHER_HOST, OTHER_ADDRESS = 10, 9, 18, 62, 64  # X509_V_ERR_*
NO_ISSUER, INVALID_CA, INVALID_PURPOSE, SHORT_KEY, SHORT_CA_KEY, WEAK_DIGEST = 2, 79, 26, 66, 67, 68
VERIFICATION = {
    NO_ISSUER: "the CA bundle lacks the authority that issued its own; add the root to it",
    INVALID_CA: "what issued it may issue none: its certificate is not that of an authority",
    INVALID_PURPOSE: "it is not for servers; have one issued with the usage serverAuth",
    SHORT_KEY: "its key is too short; RSA needs 2048 bits",
    SHORT_CA_KEY: "the key of its authority is too short; RSA needs 2048 bits",
    WEAK_DIGEST: "its authority, or it, was signed with SHA-1 or MD5; have it issued anew",
    NOT_YET_VALID: "it is not valid yet",
    SELF_SIGNED: "it signed itself",
    OTHER_HOST: "it is for another name; write that into tls.serverName",
    OTHER_ADDRESS: "it is for another address; write its name into tls.serverName",
}
UNKNOWN_AUTHORITY = "none of the trusted authorities issued it; name its CA in tls.caBundleRef"

NO_ANSWER = "the connection ended without a complete HTTP answer"
SPEAKS_HTTP = Problem(
    Reason.TLS_FAILED,
    "the port speaks plain HTTP and no TLS; write http instead of https, or the port that has TLS",
)
SPEAKS_NO_HTTP = Problem(
    Reason.CONNECTION_FAILED,
    "the port speaks another protocol than HTTP/1.1, such as gRPC; write that of the HTTP API",
)
SPEAKS_TLS = Problem(
    Reason.CONNECTION_FAILED, "the port speaks TLS and no plain HTTP; write https instead of http"
)


def connection_problem(error: Exception, trust: Trust) -> Problem:
    """Name why no response came; over TLS, an end after the handshake has a usual cause."""
    for cause in _causes(error):
        if isinstance(cause, ssl.SSLError):
            return _tls_problem(cause, trust)
    match error:
        case OtherProtocolError():
            return SPEAKS_NO_HTTP
        case httpcore.TimeoutException():
            return Problem(Reason.TIMED_OUT, "the server could not be connected to in time")
        case httpcore.ConnectError():
            return Problem(Reason.CONNECTION_FAILED, "the connection was refused or cannot be made")
        case httpcore.LocalProtocolError():
            message = "a header of the request holds characters that HTTP does not allow"
            return Problem(Reason.CONNECTION_FAILED, message)
    return Problem(Reason.CONNECTION_FAILED, NO_ANSWER)


def ended_after_handshake(trust: Trust) -> Problem:
    """Name what many servers do to a client without a certificate: TLS 1.3 has them find out after
    the handshake, and asyncio's, vLLM's among them, end without an alert (measured)."""
    message = f"{NO_ANSWER} right after the TLS handshake; {_client_advice(trust)}"
    return Problem(Reason.CONNECTION_FAILED, message)


def ends_without_a_byte(error: Exception) -> bool:
    """Return whether a connection was made and ended before anything of an answer came."""
    is_end = isinstance(error, httpcore.RemoteProtocolError) and "without sending" in str(error)
    is_reset = isinstance(error, httpcore.ReadError | httpcore.WriteError)
    return (is_end or is_reset) and not any(isinstance(c, ssl.SSLError) for c in _causes(error))


def _tls_problem(error: ssl.SSLError, trust: Trust) -> Problem:
    if isinstance(error, ssl.SSLCertVerificationError):
        why = _verification_flaw(error.verify_code, trust)
        return Problem(Reason.TLS_FAILED, f"the server's certificate cannot be verified: {why}")
    reason = error.reason or ""
    if reason in NOT_TLS:
        return SPEAKS_HTTP
    if trust.client is not None and ("CERT" in reason or "UNKNOWN_CA" in reason):
        why = ": the server refuses the client certificate"
    elif reason.endswith(WANTS_CERTIFICATE):
        why = ": the server wants a client certificate; name it in tls.clientCertificateRef"
    else:
        why = f"; {_client_advice(trust)}" if reason in MAY_WANT_REASONS else ""
    return Problem(Reason.TLS_FAILED, f"the TLS handshake failed{why}")


def _verification_flaw(code: int, trust: Trust) -> str:
    if code != EXPIRED:
        return VERIFICATION.get(code, UNKNOWN_AUTHORITY)
    ends, others = trust.expired_authorities()
    if not ends:
        return "it has expired"
    if others:
        return f"it, or an authority of the CA bundle, has expired; one did on {ends[0]}"
    return f"the CA bundle has expired on {ends[-1]}; write its successor into tls.caBundleRef"


def _client_advice(trust: Trust) -> str:
    return MAY_WANT_CERTIFICATE if trust.client is None else MAY_REFUSE_CERTIFICATE


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
