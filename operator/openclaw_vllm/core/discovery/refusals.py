"""Refusals of a list of models: what each class of status means, and what to write.

LiteLLM 1.108.7 answers 400 to a wrong key, Portkey 1.15.2 to a request without its header, and
gateways without a worker 500 or 503 (measured).
"""

from dataclasses import replace
from http import HTTPStatus

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.body_errors import BodyError
from openclaw_vllm.core.discovery.references import NOTHING_SENT, SentCredentials

REDIRECTS = (301, 302, 303, 307, 308)
NO_SUCH_PATH = (
    "the server has no such path; write that of its API, such as /v1 or /v3, into baseUrl or "
    "serviceRef, with apiRoot: AsWritten if it names no version; for a gateway that has no list, "
    "write the models into spec.models"
)
NO_LIST = "the server has no list; write the models into spec.models"
OTHER_STATUS = "200 is expected; if the server has no list, write the models into spec.models"
SENTENCES = {
    400: "the server wants a header or another key; write it into spec.headers or spec.auth",
    403: "the server wants a key or a header; write it into spec.auth or spec.headers",
    404: NO_SUCH_PATH,
    405: NO_SUCH_PATH,
    410: NO_SUCH_PATH,
    501: NO_LIST,
    429: "the server takes no more requests for now; raise its limit, or spec.discovery.interval",
}
CREDENTIALS_REFUSED = (400, 401, 403)  # LiteLLM without a database answers 400 to a wrong key
_REASONS = {
    400: Reason.UNEXPECTED_STATUS,
    401: Reason.UNAUTHORIZED,
    403: Reason.UNEXPECTED_STATUS,
}
SEE = "ask it with curl to see which, it may be about spec.auth or the path of spec.baseUrl"
NOT_READY = "the server, or what is behind it, is not ready"


def refusal(status: int, path: str, host: str, credentials: SentCredentials) -> Problem:
    """Say in one sentence what a status other than 200 means for a GET of `path`; the credentials
    are those that were sent to the host."""
    answer = f"status {status} to GET {path}"
    problem = _refusal(status, answer, host, credentials)
    return replace(problem, doubts_credentials=status in CREDENTIALS_REFUSED)


def error_refusal(
    error: BodyError, path: str, host: str = "", credentials: SentCredentials = NOTHING_SENT
) -> Problem:
    """Say what an error means that came with status 200, as if it had come with its own."""
    status, answer = error.status, f"status 200 to GET {path}, with an error"
    if not status:
        return Problem(Reason.INVALID_ANSWER, f"{answer}: {SEE}")
    problem = _refusal(status, f"{answer} of status {status}", host, credentials)
    return replace(problem, doubts_credentials=status in CREDENTIALS_REFUSED)


def _refusal(status: int, answer: str, host: str, credentials: SentCredentials) -> Problem:
    if problem := _refused_credentials(status, answer, host, credentials):
        return problem
    if status == HTTPStatus.UNAUTHORIZED:
        message = f"{answer}: the server wants a key; write it into spec.auth or spec.headers"
        return Problem(Reason.UNAUTHORIZED, message)
    if status in REDIRECTS:
        message = f"{answer}: a redirect is never followed; write the final URL"
        return Problem(Reason.REDIRECTED, message)
    is_unready = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    sentence = SENTENCES.get(status, NOT_READY if is_unready else OTHER_STATUS)
    return Problem(Reason.UNEXPECTED_STATUS, f"{answer}: {sentence}")


def _refused_credentials(
    status: int, answer: str, host: str, credentials: SentCredentials
) -> Problem | None:
    """Return what a status means that may be about what was sent; None for one that is not."""
    secrets, client = credentials.secrets, credentials.client
    if status in (401, 403) and secrets:
        sent = f"{secrets}, or {client}" if client else secrets
        message = f"{answer}: {host} refuses {sent}; correct it, or allow it there"
        return Problem(Reason.UNAUTHORIZED, message)
    if status in CREDENTIALS_REFUSED and client and not secrets:
        advice = "correct it, or allow it there, or write a key into spec.auth"
        message = f"{answer}: {host} may refuse {client}; {advice}"
        return Problem(_REASONS[status], message)
    if status == HTTPStatus.BAD_REQUEST and secrets:
        advice = "correct it, or write the header that the server wants into spec.headers"
        message = f"{answer}: {host} may refuse {secrets}; {advice}"
        return Problem(Reason.UNEXPECTED_STATUS, message)
    return None


def kserve_refusal(path: str) -> Problem:
    """Say where the OpenAI routes are of a server that answers as KServe 0.21.0 does at /v1."""
    message = (
        f"the answer to GET {path} is a list of names, and no chat route is beside it: that is "
        "KServe's own protocol; its OpenAI routes are under /openai: write a baseUrl that ends in "
        "it"
    )
    return Problem(Reason.INVALID_ANSWER, message)
