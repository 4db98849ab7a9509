"""Where a key may go: to a Service beside its Secret, or where the Secret itself says."""

import shlex
import subprocess

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.destination import Destinations, key_refusal
from openclaw_vllm.core.discovery.endpoint import Endpoint
from openclaw_vllm.core.discovery.resolution import resolve
from openclaw_vllm.core.discovery.service_names import ServiceNames
from tests import builders
from tests.builders import NAMESPACE

SECRET = ObjectKey(NAMESPACE, "vllm-api-key")
CAREFUL, CARELESS = Destinations(), Destinations(allow_insecure_keys=True)


def endpoint(url: str) -> Endpoint:
    result = resolve(builders.spec(baseUrl=url), NAMESPACE, builders.service(), builders.NAMES)
    assert isinstance(result, Endpoint), result
    return result


def refusal(
    url: str, hosts: str = "", policy: Destinations = CAREFUL, *, verified: bool = True
) -> Problem | None:
    return key_refusal(endpoint(url), SECRET, hosts, policy, verified=verified)


@pytest.mark.parametrize(
    "host",
    ["vllm", "vllm.agents", "vllm.agents.svc", "vllm.agents.svc.cluster.local", "VLLM.agents.svc."],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_service_of_the_secrets_namespace_gets_the_key(scheme: str, host: str) -> None:
    assert refusal(f"{scheme}://{host}:8000") is None


@pytest.mark.parametrize(
    "host",
    [
        "vllm.models.svc",
        "vllm.models.svc.cluster.local",
        "agents.svc",
        "vllm.agents.svc.cluster.local.evil.test",
        "vllm.agents.evil.test",
        "vllm.example.com",
        "10.0.0.1",
        "[fd00::1]",
        "localhost",
    ],
)
def test_nobody_else_gets_it_unasked(host: str) -> None:
    result = refusal(f"https://{host}:8000")
    assert result is not None
    assert result.reason == Reason.KEY_NOT_ALLOWED


@pytest.mark.parametrize(
    "host",
    [
        pytest.param("vllm.models", id="a Service of another namespace, by a short name"),
        pytest.param("vllm-0.vllm.agents.svc.cluster.local", id="a pod of a headless Service"),
        pytest.param("vllm.agents.svc.k8s.home", id="a Service under a domain of another cluster"),
        pytest.param("vllm.internal", id="a host"),
    ],
)
def test_a_host_that_is_named_as_no_service_gets_it_over_https_alone(host: str) -> None:
    result = refusal(f"http://{host}:8000", hosts="*")
    assert result is not None
    assert f"over plain HTTP to {host}, which is not named as a Service" in result.message
    assert "allowInsecureKeys" in result.message
    assert refusal(f"https://{host}:8000", hosts="*") is None


@pytest.mark.parametrize(
    ("hosts", "host", "allowed"),
    [
        pytest.param("vllm.example.com", "vllm.example.com", True, id="its name"),
        pytest.param("VLLM.Example.com", "vllm.example.com", True, id="its name in capitals"),
        pytest.param("vllm.example.com", "vllm.example.com.", True, id="its absolute name"),
        pytest.param("a.test, vllm.example.com ,b.test", "vllm.example.com", True, id="a list"),
        pytest.param("*.example.com", "a.vllm.example.com", True, id="a glob, dots included"),
        pytest.param("*", "vllm.example.com", True, id="everybody"),
        pytest.param("10.0.0.?", "10.0.0.7", True, id="an address"),
        pytest.param("fd00::1", "[fd00::1]", True, id="an address of IPv6"),
        pytest.param("", "vllm.example.com", False, id="nobody"),
        pytest.param(" , ,", "vllm.example.com", False, id="nothing"),
        pytest.param("*.example.com", "example.com", False, id="only what is below"),
        pytest.param("example.com", "vllm.example.com", False, id="only what is above"),
        pytest.param("vllm.example.com:8000", "vllm.example.com", False, id="a port, never equal"),
        pytest.param("vllm.example.com", "vllm.example.com.evil.test", False, id="the beginning"),
        pytest.param("[a-z]*", "vllm.example.com", False, id="a set, which globs have not"),
    ],
)
def test_a_host_gets_it_if_the_annotation_names(hosts: str, host: str, *, allowed: bool) -> None:
    assert (refusal(f"https://{host}:8000", hosts) is None) == allowed


ANY_EXTERNAL = ServiceNames(external_globs=("*.test", "*.svc.cluster.local"))


@pytest.mark.parametrize(
    ("target", "hosts", "scheme", "reason"),
    [
        pytest.param("gw.test", "gw.test", "https", "", id="the annotation names the target"),
        pytest.param("gw.test", "", "https", "sent to gw.test;", id="no annotation"),
        pytest.param(
            "gw.test",
            "vllm.agents.svc.cluster.local",
            "https",
            "sent to gw.test;",
            id="the annotation names the Service",
        ),
        pytest.param("gw.test", "gw.test", "http", "plain HTTP", id="it leaves the cluster"),
        pytest.param("gw.models.svc.cluster.local", "gw.*", "http", "", id="it does not leave"),
        pytest.param("gw.models.svc.cluster.local", "", "http", "sent to gw.models", id="unnamed"),
        pytest.param("gw.agents.svc.cluster.local", "", "http", "", id="a Service beside it"),
    ],
)
def test_the_key_of_an_external_name_follows_its_target(
    target: str, hosts: str, scheme: str, reason: str
) -> None:
    spec = builders.spec(baseUrl=f"{scheme}://vllm:8000")
    result = resolve(spec, NAMESPACE, builders.external(target), ANY_EXTERNAL)
    assert isinstance(result, Endpoint)
    refused = key_refusal(result, SECRET, hosts, CAREFUL, verified=True)
    assert (reason in refused.message) if reason and refused else (refused is None and not reason)


@pytest.mark.parametrize(
    ("url", "verified", "refused"),
    [
        pytest.param("http://vllm.example.com", True, True, id="leaves the cluster unencrypted"),
        pytest.param("http://10.0.0.1", True, True, id="goes to an address unencrypted"),
        pytest.param("http://vllm.models.svc", True, False, id="stays in the cluster"),
        pytest.param("http://vllm", True, False, id="stays in the namespace"),
        pytest.param("https://vllm.example.com", False, True, id="goes to an unverified server"),
        pytest.param("https://vllm", False, True, id="goes to an unverified Service"),
        pytest.param("https://vllm.example.com", True, False, id="goes to a verified server"),
    ],
)
def test_an_allowed_key_is_still_refused_when_it(
    url: str, *, verified: bool, refused: bool
) -> None:
    result = refusal(url, "*", verified=verified)
    assert (result is not None) == refused
    if result is not None:
        assert result.reason == Reason.KEY_NOT_ALLOWED
        assert "--allow-insecure-keys" in result.message
        assert "chart's value allowInsecureKeys" in result.message
    assert refusal(url, "*", CARELESS, verified=verified) is None


def test_a_careless_administrator_does_not_speak_for_the_secret() -> None:
    assert refusal("https://vllm.example.com", "", CARELESS) is not None


def test_the_command_of_the_message_allows_the_host_to_a_secret_that_allows_none() -> None:
    result = refusal("https://vllm.example.com")
    assert result is not None
    command = result.message[result.message.index("kubectl") :]
    script = f'kubectl() {{ printf "%s\\0" "$@"; }}; {command}'
    output = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True, text=True)
    *words, annotation = output.stdout.rstrip("\0").split("\0")
    assert shlex.join(words) == "annotate secret vllm-api-key -n agents"
    assert annotation == "openclaw-vllm.dev/allowed-hosts=vllm.example.com"
    assert refusal("https://vllm.example.com", annotation.partition("=")[2]) is None


@pytest.mark.parametrize(
    "hosts",
    [
        pytest.param("internal.test", id="a host"),
        pytest.param(",".join(f"host-{n}.internal.test" for n in range(2500)), id="50 KB of them"),
    ],
)
def test_what_a_secret_allows_is_not_shown_to_those_who_may_not_read_it(hosts: str) -> None:
    result = refusal("https://vllm.example.com", hosts)
    assert result is not None
    assert "internal" not in result.message
    assert result.message.endswith(
        "add vllm.example.com, after a comma, to its annotation openclaw-vllm.dev/allowed-hosts"
    )
    assert refusal("https://vllm.example.com", f"{hosts},vllm.example.com") is None
