"""The real client takes each kind of configuration, and understands it as our status tells it."""

import json
from pathlib import Path

import pytest

from openclaw_vllm.core.config.documents import empty_documents
from tests import builders
from tests.builders.golden_cases import CASES, Case
from tests.conformance.configurations import CONFIGURATIONS, PLANTED, Configuration
from tests.conformance.conftest import NewAgent
from tests.conformance.openclaw import Ran, wanted_variables
from tests.conformance.published import Published, publish
from tests.conformance.volume import ConfigMapVolume
from tests.vllm_server import Model

pytestmark = pytest.mark.timeout(600)

GOLDEN = Path(__file__).parents[1] / "unit" / "golden"
COMMANDS = (
    ["config", "validate", "--json"],
    ["models", "list", "--json"],
    ["models", "status", "--check", "--json"],
)


def check(published: Published, valid: Ran, listed: Ran, status: Ran) -> None:
    """Compare what the three commands say with our status."""
    assert (valid.answer["valid"], valid.answer["warnings"]) == (True, [])
    result = {model["key"]: model["contextWindow"] for model in listed.answer["models"]}
    assert result == {model.ref: model.context_window for model in published.models}
    assert all(model["available"] for model in listed.answer["models"])
    assert published.primary in (None, status.answer["resolvedDefault"])


@pytest.mark.parametrize("name", CASES)
def test_the_client_takes_the_golden(name: str, new_agent: NewAgent) -> None:
    published = golden(CASES[name])
    config = (GOLDEN / f"{name}.json").read_text(encoding="utf-8")
    assert published.config == json.loads(config)
    agent = new_agent(**wanted_variables(config))
    agent.configure(config)
    check(published, *agent.run_all(*COMMANDS))


def golden(case: Case) -> Published:
    models = [Model(model.id, model.context, model.parent or None) for model in case.models]
    return publish(builders.wire_spec(**case.spec), models, ca_pem=case.connection.ca_pem)


@pytest.mark.parametrize("configuration", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_the_client_makes_of_agents_defaults_what_was_meant(
    configuration: Configuration, new_agent: NewAgent
) -> None:
    published = configuration.published()
    agent = new_agent(**configuration.environment)
    agent.configure(published.data["openclaw.json"])
    valid, listed, status = agent.run_all(*COMMANDS)
    check(published, valid, listed, status)
    messages = status.answer
    assert messages["resolvedDefault"] == configuration.default
    assert messages["fallbacks"] == list(configuration.fallbacks)
    assert messages["aliases"] == configuration.aliases
    assert sorted(messages["allowed"]) == sorted(configuration.allowed)
    assert PLANTED not in listed.out + status.out


def test_the_client_starts_on_what_is_published_before_the_first_answer(
    new_agent: NewAgent,
) -> None:
    agent = new_agent()
    agent.configure(empty_documents(builders.spec(), None).data["openclaw.json"])
    valid, listed = agent.run_all(*COMMANDS[:2])
    assert (valid.answer["valid"], valid.answer["warnings"]) == (True, [])
    assert not any(model["key"].startswith("vllm/") for model in listed.answer["models"])


@pytest.mark.parametrize(("mode", "is_alone"), [("merge", False), ("replace", True)])
def test_in_the_mode_replace_there_is_no_model_but_what_is_published(
    new_agent: NewAgent, mode: str, *, is_alone: bool
) -> None:
    published = publish({"baseUrl": "http://vllm.models.svc:8000"}, (Model("a", 32768),))
    agent = new_agent()
    ConfigMapVolume(agent.state / "vllm", published.data)
    agent.configure({"models": {"$include": "./vllm/models.json", "mode": mode}})
    listed = agent.run("models", "list", "--all", "--json").answer["models"]
    assert ({model["key"] for model in listed} == {"vllm/a"}) == is_alone


@pytest.mark.parametrize(("enabled", "is_pinned"), [(True, False), (False, True)])
def test_a_write_of_the_user_s_file_pins_no_model_where_a_primary_is_published(
    new_agent: NewAgent, *, enabled: bool, is_pinned: bool
) -> None:
    """The reason for the default: a pinned copy wins over all that is published later."""
    spec = {"baseUrl": "http://vllm.models.svc:8000", "agents": {"enabled": enabled}}
    agent = new_agent()
    ConfigMapVolume(agent.state / "vllm", publish(spec, (Model("a", 32768),)).data)
    agent.configure(
        {
            "models": {"$include": "./vllm/models.json"},
            "agents": {"defaults": {"$include": "./vllm/agents-defaults.json"}},
        }
    )
    assert agent.run("config", "set", "ui.seamColor", "#112233").code == 0
    config = json.loads((agent.state / "openclaw.json").read_text())
    assert ("model" in config["agents"]["defaults"]) == is_pinned
