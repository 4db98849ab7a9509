"""A vLLM with a key, a certificate of a private authority and a tool parser; its key is rotated."""

import json
from pathlib import Path

import pytest

from tests.apiserver.workspace import Provider, Workspace
from tests.certificates import Authority
from tests.conformance.openclaw import Agent, inference
from tests.conformance.volume import ConfigMapVolume
from tests.e2e.conftest import NewAgent, NewVllm
from tests.e2e.story import Story
from tests.e2e.turn import exec_turn
from tests.e2e.vllm import LOCAL, Vllm
from tests.e2e.witness import watching

pytestmark = pytest.mark.timeout(900)

KEY, NEW_KEY = "the-first-key-of-this-server", "the-key-that-replaces-it"
SECRET, CA = "vllm-api-key", "corp-ca"
PARSER = ("--enable-auto-tool-choice", "--tool-call-parser=hermes")
LONGEST = 48  # tokens of an answer: nonsense need not be long


@pytest.fixture(scope="module")
def authority() -> Authority:
    return Authority.create()


@pytest.fixture(scope="module")
def server(
    new_vllm: NewVllm, authority: Authority, tmp_path_factory: pytest.TempPathFactory
) -> Vllm:
    folder, certificate = tmp_path_factory.mktemp("tls"), authority.issue(LOCAL)
    (folder / "tls.crt").write_bytes(certificate.certificate)
    (folder / "tls.key").write_bytes(certificate.key)
    files = (f"--ssl-certfile={folder / 'tls.crt'}", f"--ssl-keyfile={folder / 'tls.key'}")
    named = "--served-model-name=org/tiny"
    return new_vllm("tiny-llama", named, *files, *PARSER, ca_pem=authority.pem, key=KEY)


@pytest.fixture(scope="module")
def provider(space: Workspace, server: Vllm, authority: Authority, story: Story) -> Provider:
    allowed = {"openclaw-vllm.dev/allowed-hosts": LOCAL}
    metadata = {"name": SECRET, "annotations": allowed}
    space.create("secrets", {"metadata": metadata, "stringData": {"api-key": KEY}})
    space.create("configmaps", {"metadata": {"name": CA}, "data": {"ca.crt": authority.pem}})
    with story.step("A VllmProvider for it, with the key and the CA, becomes Ready"):
        provider = space.provider(
            server.base_url,
            auth={"apiKeySecretRef": {"name": SECRET, "key": "api-key"}},
            tls={"caBundleRef": {"name": CA}},
            discovery={"interval": "10s", "timeout": "10s", "capabilities": "Probe"},
            modelDefaults={"maxTokens": LONGEST},
            agents={"primary": ["*"]},
        )
        provider.is_ready()
    return provider


@pytest.fixture(scope="module")
def published(provider: Provider) -> dict[str, str]:
    """What is published at first."""
    return provider.data


@pytest.fixture
def agent(provider: Provider, new_agent: NewAgent) -> Agent:
    """An agent of its own configuration, which includes what is published."""
    agent = new_agent(VLLM_API_KEY=KEY)
    agent.configure(
        {
            "models": {"$include": "./vllm/models.json"},
            "agents": {"defaults": {"$include": "./vllm/agents-defaults.json"}},
        }
    )
    ConfigMapVolume(agent.state / "vllm", provider.data)
    return agent


def test_the_key_opens_the_server_and_only_its_variable_is_published(
    provider: Provider, published: dict[str, str], authority: Authority
) -> None:
    assert provider.models == ["org/tiny"]
    assert provider.document["apiKey"] == "${VLLM_API_KEY}"
    assert provider.document["request"] == {"tls": {"ca": authority.pem}}
    assert KEY not in json.dumps([provider.read(), published])


def test_a_tool_parser_is_found_out(provider: Provider) -> None:
    (result,) = provider.status["models"]
    assert (result["tools"], result["toolsSource"]) == ("Supported", "Probe")
    assert (result["images"], result["imagesSource"]) == ("Unsupported", "Probe")
    assert provider.document["models"][0]["compat"]["supportsTools"] is True


def test_an_agent_s_turn_with_tools_a_key_and_a_private_ca_ends_with_the_model_s_text(
    agent: Agent, server: Vllm, story: Story
) -> None:
    with story.step("OpenClaw, including the documents, takes a turn with tools over TLS"):
        turn = exec_turn(agent)
    story.tell(f"    {turn.model} said {json.dumps(turn.text)}")
    assert turn.model == "vllm/org/tiny"
    assert turn.text.strip() in server.completions
    assert turn.output_tokens == LONGEST


def test_a_key_rotated_with_a_restart_is_read_again_and_never_shows_as_a_failure_of_its_own(
    provider: Provider, server: Vllm, agent: Agent, tmp_path: Path, story: Story
) -> None:
    space = provider.space
    mark = space.plane.audit.mark()
    with watching(provider, tmp_path) as witness:
        with story.step("vLLM stops, and the Secret gets the key of its next start"):
            server.stop()
            provider.becomes(ServerReachable="False ConnectionFailed")
            space.patch("secrets", SECRET, {"stringData": {"api-key": NEW_KEY}})
            server.key = NEW_KEY
            server.options = tuple(option for option in server.options if option not in PARSER)
        with story.step("vLLM starts with the new key, and without its tool parser"):
            server.start()
        with story.step("The VllmProvider is Ready again"):
            provider.is_ready()
    reachable = witness.saw("ServerReachable")
    assert reachable == ["True Succeeded", "False ConnectionFailed", "True Succeeded"]
    (read,) = space.asked_since(mark).of("secrets")
    assert (read.verb, read.name) == ("get", SECRET), "the key was read anew, once"
    question = inference("vllm/org/tiny")
    restarted = Agent(agent.installation, agent.home, {"VLLM_API_KEY": NEW_KEY})
    refused = agent.run(*question)
    assert refused.code != 0, "an agent keeps the key that it was started with"
    again = restarted.run(*question)
    assert again.answer["ok"], str(again)


def test_a_parser_that_is_gone_after_a_restart_is_noticed_and_changes_nothing_else(
    provider: Provider, published: dict[str, str]
) -> None:
    """The server that was restarted above lacks it, which its list and its version do not show."""
    assert provider.status["models"][0]["tools"] == "Unsupported"
    able, unable = (f'"supportsTools": {word}' for word in ("true", "false"))
    assert provider.data == {key: text.replace(able, unable) for key, text in published.items()}
