"""What docs/gitops.md says of Flux, by the real kustomize-controller."""

import time
from pathlib import Path

import pytest
import yaml

from tests.apiserver.servers import Servers
from tests.apiserver.workspace import KIND, Json, Provider, Workspace, soon
from tests.gitops.kustomization import Repository
from tests.vllm_server import Answer

DENIED = "http://169.254.169.254/v1"
NOBODY = "http://127.0.0.1:9/v1"  # where nobody listens
AT_ONCE = 30.0  # seconds; the Kustomizations here would wait for 15 minutes
MOST_OF_THE_TIMEOUT = 20.0  # seconds, of 30
FILE = Path(__file__).parents[2] / "gitops" / "flux" / "kustomizations.yaml"
KUSTOMIZATIONS = list(yaml.safe_load_all(FILE.read_text()))
EXPRESSIONS = KUSTOMIZATIONS[1]["spec"]["healthCheckExprs"]
BASE = '{"gateway": {"auth": {"token": "%s"}}}'

pytestmark = pytest.mark.timeout(300)


def vllm_provider(space: Workspace, url: str, **spec: object) -> Json:
    metadata = {"name": "vllm", "namespace": space.namespace}
    fields = {"baseUrl": url, "discovery": {"interval": "5s"}, **spec}
    return {**KIND, "metadata": metadata, "spec": fields}


def base_config(space: Workspace, token: str, **annotations: str) -> Json:
    metadata = {"name": "base", "namespace": space.namespace, "annotations": annotations}
    data = {"openclaw.json5": BASE % token}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def test_it_waits_for_the_first_list_and_prunes_the_configmap_with_its_owner(
    space: Workspace, servers: Servers, repository: Repository
) -> None:
    server = servers.start()
    server.fault = Answer(status=503)
    repository.create()
    repository.push(vllm_provider(space, server.base_url))
    provider = Provider(space, "vllm", "vllm-openclaw")
    soon(lambda: space.find("vllmproviders", "vllm"), "the VllmProvider is applied")
    provider.becomes(Ready="False UnexpectedStatus")
    assert repository.ready()["status"] == "Unknown"
    server.fault = None
    repository.becomes("True", "ReconciliationSucceeded", within=60)
    repository.delete()
    soon(lambda: space.find("configmaps", "vllm-openclaw") is None, "the ConfigMap is gone")


def test_what_only_a_person_can_mend_fails_it_at_once(
    space: Workspace, repository: Repository
) -> None:
    repository.create()
    repository.push(vllm_provider(space, DENIED))
    message = repository.becomes("False", "HealthCheckFailed", within=AT_ONCE)
    assert "stalled" in message


@pytest.mark.parametrize("url", [NOBODY, DENIED], ids=["down", "denied"])
def test_with_our_expressions_it_goes_on_where_a_vllmprovider_is_suspended(
    space: Workspace, repository: Repository, url: str
) -> None:
    repository.create(healthCheckExprs=EXPRESSIONS)
    repository.push(vllm_provider(space, url, suspend=True))
    repository.becomes("True", "ReconciliationSucceeded", within=AT_ONCE)


def test_while_it_waits_it_applies_no_newer_revision(
    space: Workspace, servers: Servers, repository: Repository
) -> None:
    server = servers.start()
    repository.create(timeout="30s", retryInterval="1s")
    repository.push(vllm_provider(space, NOBODY))
    soon(lambda: space.find("vllmproviders", "vllm"), "the VllmProvider is applied")
    began = time.monotonic()
    right = repository.push(vllm_provider(space, server.base_url))
    repository.becomes("True", "ReconciliationSucceeded", within=120)
    assert repository.status["lastAppliedRevision"] == right
    assert time.monotonic() - began > MOST_OF_THE_TIMEOUT


def test_an_unknown_variable_fails_the_whole_kustomization_and_names_it(
    space: Workspace, servers: Servers, repository: Repository
) -> None:
    repository.create(postBuild={"substitute": {"region": "eu"}})
    provider = vllm_provider(space, servers.start().base_url)
    repository.push(base_config(space, "${OPENCLAW_GATEWAY_TOKEN}"), provider)
    message = repository.becomes("False", "BuildFailed", within=AT_ONCE)
    assert "OPENCLAW_GATEWAY_TOKEN" in message
    assert space.find("vllmproviders", "vllm") is None


@pytest.mark.parametrize(
    ("token", "annotations"),
    [
        ("${OPENCLAW_GATEWAY_TOKEN}", {"kustomize.toolkit.fluxcd.io/substitute": "disabled"}),
        ("$${OPENCLAW_GATEWAY_TOKEN}", {}),
    ],
    ids=["the annotation", "two dollars"],
)
def test_a_base_configuration_keeps_its_variables_by(
    space: Workspace,
    servers: Servers,
    repository: Repository,
    token: str,
    annotations: dict[str, str],
) -> None:
    repository.create(postBuild={"substitute": {"region": "eu"}})
    spec = {
        "auth": {"apiKeyEnv": "VLLM_API_KEY"},
        "output": {"baseConfigRef": {"name": "base"}},
    }
    provider = vllm_provider(space, servers.start().base_url, **spec)
    repository.push(base_config(space, token, **annotations), provider)
    repository.becomes("True", "ReconciliationSucceeded", within=60)
    published = space.get("configmaps", "vllm-openclaw")["data"]["openclaw.json"]
    assert '"${OPENCLAW_GATEWAY_TOKEN}"' in published
    assert '"${VLLM_API_KEY}"' in published
