"""Questions to a server whose API has another root than /v1, and what is published of it."""

from dataclasses import dataclass, field

import pytest

from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.config.read_back import read_models
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse
from tests import builders
from tests.builders import Wire
from tests.fakes.prober import FakeProber
from tests.harnesses.provider import ProviderHarness

HOST = "http://llm.example.com"
PROBE: Wire = {"discovery": {"capabilities": "Probe"}}
BELOW_ROOT = {"/models", "/chat/completions"}


@dataclass
class RecordingProber(FakeProber):
    """A server of one model that remembers the URLs it was asked."""

    urls: set[str] = field(default_factory=set)
    fault: ProbeResponse | None = None

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        self.urls.add(question.url)
        if self.fault is not None and question.method == "GET":
            return self.fault
        return await super().ask(question)


@pytest.mark.parametrize(
    ("fields", "root", "version"),
    [
        pytest.param({"baseUrl": HOST}, "/v1", "/version", id="no path"),
        pytest.param({"baseUrl": f"{HOST}/gpu1/"}, "/gpu1/v1", "/gpu1/version", id="a root path"),
        pytest.param({"baseUrl": f"{HOST}/v3"}, "/v3", "/version", id="another version"),
        pytest.param(
            {"baseUrl": f"{HOST}/v1beta/openai/"},
            "/v1beta/openai",
            "/version",
            id="a version in front",
        ),
        pytest.param(
            {"baseUrl": f"{HOST}/inference", "apiRoot": "AsWritten"},
            "/inference",
            "/inference/version",
            id="a path as written",
        ),
        pytest.param({"baseUrl": HOST, "apiRoot": "AsWritten"}, "", "/version", id="no root"),
    ],
)
def test_every_question_goes_to_the_root_that_is_published(
    fields: Wire, root: str, version: str
) -> None:
    harness = ProviderHarness(builders.resource({**PROBE, **fields}))
    harness.server = server = RecordingProber()
    harness.restart()
    harness.probe(frozenset("a"))
    assert server.urls == {f"{HOST}{version}", *(f"{HOST}{root}{path}" for path in BELOW_ROOT)}
    published = harness.cluster.published
    assert published is not None
    assert read_models(published.models_json, "vllm").base_url == f"{HOST}{root}"
    endpoint = harness.cluster.resource.status.endpoint
    assert endpoint is not None
    assert endpoint.base_url == f"{HOST}{root}"


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(ProbeResponse(404), id="no such path"),
        pytest.param(ProbeResponse(401), id="a key is wanted"),
        pytest.param(ProbeResponse(503), id="not ready"),
        pytest.param(ProbeResponse(308), id="a redirect"),
        pytest.param(ProbeResponse(200, b"<html>"), id="no JSON"),
        pytest.param(ProbeResponse(200, b'{"object": "list"}'), id="no list"),
        pytest.param(ProbeResponse(200, b"{" * 20_000), id="too much"),
    ],
)
@pytest.mark.parametrize("path", ["/v3", "/v1beta/openai", "/api/coding/paas/v4", "/v1"])
def test_every_message_names_the_path_that_was_asked(path: str, fault: ProbeResponse) -> None:
    harness = ProviderHarness(builders.resource({"baseUrl": f"{HOST}{path}"}))
    harness.server = RecordingProber(fault=fault)
    harness.restart()
    harness.probe(frozenset("a"))
    messages = [condition.message for condition in harness.cluster.resource.status.conditions]
    assert any(f"GET {path}/models" in message for message in messages), messages
    assert path == "/v1" or not any("/v1/models" in message for message in messages)
