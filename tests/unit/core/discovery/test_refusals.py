"""Statuses that come instead of a list, each told in one sentence that names the path."""

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.core.discovery.references import SentCredentials
from openclaw_vllm.core.discovery.refusals import refusal

PATH, HOST, KEY = "/v3/models", "ovms.example.com", "key api-key of Secret ovms"


@pytest.mark.parametrize(
    ("status", "secrets", "reason", "words"),
    [
        pytest.param(400, "", Reason.UNEXPECTED_STATUS, "a header or another key", id="400"),
        pytest.param(400, KEY, Reason.UNEXPECTED_STATUS, f"may refuse {KEY};", id="400 keyed"),
        pytest.param(401, "", Reason.UNAUTHORIZED, "wants a key; write it into", id="401"),
        pytest.param(401, KEY, Reason.UNAUTHORIZED, f"{HOST} refuses {KEY}", id="401 keyed"),
        pytest.param(403, "", Reason.UNEXPECTED_STATUS, "wants a key or a header", id="403"),
        pytest.param(403, KEY, Reason.UNAUTHORIZED, f"{HOST} refuses {KEY}", id="403 keyed"),
        pytest.param(404, "", Reason.UNEXPECTED_STATUS, "has no such path", id="404"),
        pytest.param(404, KEY, Reason.UNEXPECTED_STATUS, "has no such path", id="404 keyed"),
        pytest.param(404, "", Reason.UNEXPECTED_STATUS, "has no list, write", id="no list at all"),
        pytest.param(402, "", Reason.UNEXPECTED_STATUS, "write the models into", id="402"),
        pytest.param(501, "", Reason.UNEXPECTED_STATUS, "has no list; write the models", id="501"),
        pytest.param(405, "", Reason.UNEXPECTED_STATUS, "has no such path", id="405"),
        pytest.param(410, "", Reason.UNEXPECTED_STATUS, "has no such path", id="410"),
        pytest.param(429, "", Reason.UNEXPECTED_STATUS, "no more requests for now", id="429"),
        pytest.param(418, "", Reason.UNEXPECTED_STATUS, "200 is expected", id="another 4xx"),
        pytest.param(204, "", Reason.UNEXPECTED_STATUS, "200 is expected", id="another 2xx"),
        pytest.param(304, "", Reason.UNEXPECTED_STATUS, "200 is expected", id="another 3xx"),
        pytest.param(307, KEY, Reason.REDIRECTED, "write the final URL", id="a redirect"),
        pytest.param(500, "", Reason.UNEXPECTED_STATUS, "is not ready", id="500"),
        pytest.param(502, "", Reason.UNEXPECTED_STATUS, "is not ready", id="502"),
        pytest.param(503, KEY, Reason.UNEXPECTED_STATUS, "is not ready", id="503 keyed"),
        pytest.param(599, "", Reason.UNEXPECTED_STATUS, "is not ready", id="another 5xx"),
    ],
)
def test_a_status_is_reported_in_one_sentence(
    status: int, secrets: str, reason: Reason, words: str
) -> None:
    problem = refusal(status, PATH, HOST, SentCredentials(secrets))
    assert problem.reason == reason
    assert problem.message.startswith(f"status {status} to GET {PATH}: ")
    assert words in problem.message


CLIENT = "the client certificate of Secret agent"


@pytest.mark.parametrize(
    ("status", "secrets", "reason", "words"),
    [
        pytest.param(400, "", Reason.UNEXPECTED_STATUS, f"may refuse {CLIENT};", id="nginx"),
        pytest.param(401, "", Reason.UNAUTHORIZED, f"may refuse {CLIENT};", id="401"),
        pytest.param(403, "", Reason.UNEXPECTED_STATUS, f"may refuse {CLIENT};", id="Envoy"),
        pytest.param(403, KEY, Reason.UNAUTHORIZED, f"refuses {KEY}, or {CLIENT};", id="both"),
    ],
)
def test_a_status_that_may_refuse_a_client_certificate_names_it(
    status: int, secrets: str, reason: Reason, words: str
) -> None:
    problem = refusal(status, PATH, HOST, SentCredentials(secrets, CLIENT))
    assert (problem.reason, problem.doubts_credentials) == (reason, True)
    assert words in problem.message


@pytest.mark.parametrize(
    ("status", "doubts"), [(400, True), (401, True), (403, True), (404, False), (503, False)]
)
def test_a_status_tells_whether_what_was_sent_may_be_outdated(status: int, *, doubts: bool) -> None:
    assert refusal(status, PATH, HOST, SentCredentials(KEY)).doubts_credentials is doubts
