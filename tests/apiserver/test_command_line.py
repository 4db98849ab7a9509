"""The commands for pipelines beside a real cluster: `render` says what the operator publishes."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from openclaw_vllm.api.configmap import KEYS
from tests.apiserver.servers import Servers
from tests.apiserver.workspace import PROVIDERS, Json, Provider, Workspace
from tests.builders.golden_cases import CASES
from tests.builders.yaml_scalars import SCALARS
from tests.certificates import Authority
from tests.harnesses.command_line import CommandLine, provider
from tests.vllm_server import Model, VllmServer

HOST = "127.0.0.1"
SECRETS = {"vllm-api-key": {"api-key": "sk-1"}, "gateway": {"token": "sk-2"}}
AGENT = Authority.create().issue("agent")
ENVIRONMENT = {
    "TEAM_A_KEY": "sk-1",
    "GATEWAY_KEY": "sk-2",
    "VLLM_CLIENT_CERTIFICATE": AGENT.certificate.decode(),
    "AGENT_KEY": AGENT.key.decode(),
}
LIVE = ("--live", "--allow-loopback", "--key-hosts", HOST)


@dataclass(frozen=True)
class Golden:
    """A golden provider with a server of its own, in a cluster and in a file."""

    provider: Provider
    server: VllmServer
    authority: Authority
    ca: str
    path: str


@pytest.fixture
def cli(tmp_path: Path) -> CommandLine:
    return CommandLine(tmp_path)


def spec_for(name: str, server: VllmServer) -> Json:
    """Return the golden spec, pointed at a server that has a certificate of a private CA."""
    spec: Json = dict(CASES[name].spec)
    if "models" in spec:
        return spec
    tls = {"insecureSkipVerify": False, "caBundleRef": {"name": "ca"}}
    return spec | {"baseUrl": server.base_url, "tls": spec.get("tls", {}) | tls}


def golden(name: str, space: Workspace, servers: Servers, cli: CommandLine) -> Golden:
    """Have the operator publish a golden provider."""
    authority = Authority.create()
    models = [Model(m.id, m.context, m.parent or None) for m in CASES[name].models]
    context = authority.issue(HOST, "inner.example.com").server_context()
    server = servers.start(*models, tls=context)
    space.create("configmaps", {"metadata": {"name": "ca"}, "data": {"ca.crt": authority.pem}})
    for secret, values in SECRETS.items():
        notes = {"openclaw-vllm.dev/allowed-hosts": HOST}
        space.create(
            "secrets", {"metadata": {"name": secret, "annotations": notes}, "stringData": values}
        )
    pair = {"tls.crt": AGENT.certificate.decode(), "tls.key": AGENT.key.decode()}
    metadata = {"name": "agent-tls", "annotations": {"openclaw-vllm.dev/allowed-hosts": HOST}}
    space.create("secrets", {"metadata": metadata, "type": "kubernetes.io/tls", "stringData": pair})
    manifest = provider(spec_for(name, server), namespace=space.namespace)
    space.create(PROVIDERS, manifest)
    created = Provider(space, "vllm", "vllm-openclaw")
    created.is_ready()
    ca = cli.write("ca.crt", authority.pem)
    return Golden(created, server, authority, ca, cli.write_yaml("provider.yaml", manifest))


def kubeconfig(space: Workspace) -> dict[str, str]:
    return {"KUBECONFIG": str(space.plane.kubeconfig)}


def saved_answer(created: Golden, cli: CommandLine) -> str:
    """Save the server's answer, as a person does with curl."""
    trust = created.authority.client_context()
    answer = httpx.get(f"{created.server.base_url}/models", verify=trust, trust_env=False)
    return cli.write("models.json", answer.content)


@pytest.mark.parametrize("name", CASES)
def test_render_prints_the_published_bytes(
    space: Workspace, servers: Servers, cli: CommandLine, name: str
) -> None:
    created = golden(name, space, servers, cli)
    published = created.provider.data
    words = ["render", "-f", created.path, "--ca-file", created.ca]
    snapshot = ["--snapshot", saved_answer(created, cli)]
    for answer in (snapshot, [*LIVE]):
        for key in KEYS:
            result = cli.run(*words, *answer, "--key", key, **ENVIRONMENT)
            assert (result.exit_code, result.stdout) == (0, published[key]), result.stderr
    against = cli.run("diff", "-f", created.path, *snapshot, **kubeconfig(space))
    assert (against.exit_code, against.stdout) == (0, ""), against.stderr


def test_diff_shows_what_the_operator_would_write(
    space: Workspace, servers: Servers, cli: CommandLine
) -> None:
    created = golden("agents", space, servers, cli)
    created.server.models = (*created.server.models, Model("zzz", 4096))
    report = cli.json("diff", "-f", created.path, "--live", "--allow-loopback", **kubeconfig(space))
    assert sorted(report["changes"]) == ["agents-defaults.json", "models.json", "openclaw.json"]
    created.provider.probe(created.server)
    created.provider.publishes(*(model.id for model in created.server.models))
    again = cli.run("diff", "-f", created.path, "--live", "--allow-loopback", **kubeconfig(space))
    assert (again.exit_code, again.stdout) == (0, ""), again.stderr


def test_diff_says_that_a_configmap_belongs_to_another(space: Workspace, cli: CommandLine) -> None:
    space.create("configmaps", {"metadata": {"name": "vllm-openclaw"}, "data": {"a": "b"}})
    spec = {"baseUrl": "http://vllm.example.com/v1", "models": [{"id": "m"}]}
    path = cli.write_yaml("p.yaml", provider(spec, namespace=space.namespace))
    result = cli.run("diff", "-f", path, **kubeconfig(space))
    assert (result.exit_code, result.stdout) == (1, "")
    assert "NotOwned: ConfigMap vllm-openclaw exists and is not ours" in result.stderr


def test_diff_reads_the_service_of_the_cluster(space: Workspace, cli: CommandLine) -> None:
    ports = [{"name": "web", "port": 8123}]
    space.create("services", {"metadata": {"name": "vllm"}, "spec": {"ports": ports}})
    spec = {"serviceRef": {"name": "vllm", "port": "web"}, "models": [{"id": "m"}]}
    path = cli.write_yaml("p.yaml", provider(spec, namespace=space.namespace))
    report = cli.json("diff", "-f", path, **kubeconfig(space))
    url = f"http://vllm.{space.namespace}.svc.cluster.local:8123/v1"
    assert f'+      "baseUrl": "{url}"' in report["changes"]["models.json"]
    assert report["notes"] == []


def test_verify_takes_the_key_from_the_cluster_as_the_operator_does(
    space: Workspace, servers: Servers, cli: CommandLine
) -> None:
    created = golden("keyed", space, servers, cli)
    created.server.keys = ("sk-1",)
    words = ["verify", "-f", created.path, "--server-dry-run", "--allow-loopback"]
    result = cli.run(*words, **kubeconfig(space))
    assert result.exit_code == 0, result.stdout
    assert "sk-1" not in result.output
    notes: dict[str, Any] = {"openclaw-vllm.dev/allowed-hosts": None}
    space.patch("secrets", "vllm-api-key", {"metadata": {"annotations": notes}})
    refused = cli.run(*words, **kubeconfig(space))
    assert refused.exit_code == 1
    assert "KeyNotAllowed" in refused.stdout


def test_the_api_server_judges_what_only_it_can(
    space: Workspace, servers: Servers, cli: CommandLine
) -> None:
    space.provider(servers.start()).is_ready()
    edited = {"baseUrl": "http://vllm.example.com/v1", "providerId": "vllm-b"}
    path = cli.write_yaml("p.yaml", provider(edited, namespace=space.namespace))
    assert cli.run("verify", "--offline", path).exit_code == 0
    result = cli.run("verify", "--offline", "--server-dry-run", path, **kubeconfig(space))
    assert result.exit_code == 1
    assert "the API server: " in result.stdout
    assert "providerId cannot change" in result.stdout


def test_scalars_of_yaml_are_what_kubectl_takes_them_for(
    space: Workspace, cli: CommandLine
) -> None:
    """The table is that of the unit tests."""
    lines = [f"  v{number}: {text}\n" for number, (text, _) in enumerate(SCALARS)]
    header = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: scalars}\nvalues:\n"
    path = cli.write("scalars.yaml", "".join([header, *lines]))
    read = json.loads(space.kubectl("annotate", "--local", "-f", path, "a=b", "-o", "json"))
    values = [read["values"].get(f"v{number}") for number in range(len(SCALARS))]
    assert values == [value for _, value in SCALARS]


def test_a_dry_run_keeps_nothing(space: Workspace, cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider(namespace=space.namespace))
    result = cli.run("verify", "--offline", "--server-dry-run", path, **kubeconfig(space))
    assert (result.exit_code, space.list(PROVIDERS)) == (0, []), result.output


def test_a_namespace_that_does_not_exist_is_reported(space: Workspace, cli: CommandLine) -> None:
    path = cli.write_yaml("p.yaml", provider(namespace="nowhere"))
    result = cli.run("verify", "--offline", "--server-dry-run", path, **kubeconfig(space))
    assert result.exit_code == 1
    assert 'namespaces "nowhere" not found' in result.stdout
