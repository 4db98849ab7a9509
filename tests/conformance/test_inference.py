"""One inference through what is published, for each way of reaching a server.

All providers are in one agent at once, each from a ConfigMap of its own: keys must not mix.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass

import pytest

from tests.apiserver.servers import Servers
from tests.builders import Wire
from tests.certificates import Authority
from tests.conformance.install import Installation
from tests.conformance.openclaw import Agent, Ran, inference
from tests.conformance.published import publish
from tests.conformance.recorder import Recorder, recording
from tests.conformance.volume import ConfigMapVolume
from tests.vllm_server import Model

pytestmark = pytest.mark.timeout(600)

KEYS = {"VLLM_API_KEY": "key-of-the-usual-name", "OTHER_KEY": "key-of-another-name"}
TOKEN = "token-of-a-header"  # noqa: S105 - of nobody
PLANTED = "planted-value"
NAME = "vllm.example.com"
FROM_SECRET = {"valueFrom": {"secretKeyRef": {"name": "vllm", "key": "token"}}}


@dataclass(frozen=True)
class Case:
    """A provider, the model that its server serves, and what the server is to see."""

    spec: Wire
    model: str = "org/tiny"
    key: str = "vllm-local"
    certified: str = ""  # the name in the certificate of a server that has one
    headers: tuple[tuple[str, str], ...] = ()

    def server(self, servers: Servers, authority: Authority) -> AbstractContextManager[Recorder]:
        """Serve the model to whoever has the key, behind a certificate if there is to be one."""
        certificate = authority.issue(self.certified) if self.certified else None
        return recording(
            servers,
            Model(self.model),
            keys=(self.key,) if "auth" in self.spec else (),
            scheme=self.spec.get("auth", {}).get("scheme", "Bearer"),
            tls=certificate.server_context(self._clients(authority)) if certificate else None,
        )

    def _clients(self, authority: Authority) -> Authority | None:
        return authority if "clientCertificateRef" in self.spec["tls"] else None

    def data(self, id_: str, server: Recorder, authority: Authority) -> Mapping[str, str]:
        """Return what is published for the provider."""
        spec = {**self.spec, "providerId": id_, "baseUrl": server.base_url}
        ca_pem = authority.pem if self.certified else ""
        return publish(spec, server.models, ca_pem=ca_pem).data


CA_AND_CLIENT = {"caBundleRef": {"name": "ca"}, "clientCertificateRef": {"name": "agent-tls"}}
Outcome = tuple[Ran, Recorder]
CASES = {
    "vllm": Case({}, model="x${PLANTED}"),
    "vllm-usual-key": Case({"auth": {}}, key=KEYS["VLLM_API_KEY"]),
    "vllm-other-key": Case(
        {
            "auth": {"apiKeyEnv": "OTHER_KEY"},
            "headers": [
                {"name": "X-Tenant", "value": "a ${PLANTED}"},
                {"name": "X-Token", "env": "TOKEN", **FROM_SECRET},
            ],
        },
        key=KEYS["OTHER_KEY"],
        headers=(("x-tenant", "a ${PLANTED}"), ("x-token", TOKEN)),
    ),
    "vllm-basic": Case({"auth": {"scheme": "Basic"}}, key=KEYS["VLLM_API_KEY"]),
    "vllm-tls": Case({"tls": {"caBundleRef": {"name": "ca"}}}, certified="127.0.0.1"),
    "vllm-mutual-tls": Case({"tls": CA_AND_CLIENT}, certified="127.0.0.1"),
    "vllm-tls-name": Case(
        {"tls": {"caBundleRef": {"name": "ca"}, "serverName": NAME}}, certified=NAME
    ),
}


@pytest.fixture(scope="module")
def outcomes(
    installation: Installation, servers: Servers, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Outcome]]:
    """One agent with the ConfigMaps of all providers asks each of them once."""
    authority = Authority.create()
    client = authority.issue("agent")
    environment = {**KEYS, "TOKEN": TOKEN, "PLANTED": PLANTED}
    environment["VLLM_CLIENT_CERTIFICATE"] = client.certificate.decode()
    environment["VLLM_CLIENT_KEY"] = client.key.decode()
    agent = Agent(installation, tmp_path_factory.mktemp("agent"), environment)
    with ExitStack() as stack:
        running = {
            id_: stack.enter_context(case.server(servers, authority)) for id_, case in CASES.items()
        }
        for id_, server in running.items():
            ConfigMapVolume(agent.state / id_, CASES[id_].data(id_, server, authority))
        agent.configure({"models": {"$include": [f"./{id_}/models.json" for id_ in CASES]}})
        process = agent.run_all(*(inference(f"{id_}/{case.model}") for id_, case in CASES.items()))
        yield {id_: (ran, running[id_]) for id_, ran in zip(CASES, process, strict=True)}


@pytest.mark.parametrize("id_", CASES)
def test_the_client_completes_an_inference(id_: str, outcomes: dict[str, Outcome]) -> None:
    ran, server = outcomes[id_]
    case = CASES[id_]
    assert ran.answer["outputs"][0]["text"] == "Hello from a vLLM stand-in."
    [request] = server.asked
    assert (request.model, request.key) == (case.model, case.key)
    assert dict(case.headers).items() <= request.headers.items()
    assert request.body["stream_options"] == {"include_usage": True}


@pytest.mark.parametrize("id_", CASES)
def test_a_server_sees_nothing_that_is_not_its_own(id_: str, outcomes: dict[str, Outcome]) -> None:
    _, server = outcomes[id_]
    own = {CASES[id_].key, *dict(CASES[id_].headers).values()}
    for secret in {*KEYS.values(), TOKEN, PLANTED} - own:
        assert all(secret not in request.text for request in server.asked)
