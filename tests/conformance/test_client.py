"""The real client takes each kind of configuration, and understands it as our status tells it."""

import pytest

from tests.conformance.configurations import CONFIGURATIONS, PLANTED, Configuration
from tests.conformance.conftest import NewAgent

pytestmark = pytest.mark.timeout(600)


@pytest.mark.parametrize("configuration", CONFIGURATIONS.values(), ids=CONFIGURATIONS)
def test_the_client_understands_what_the_status_says(
    configuration: Configuration, new_agent: NewAgent
) -> None:
    published = configuration.published()
    agent = new_agent(**configuration.environment)
    agent.configure(published.data["openclaw.json"])
    valid, listed, status = agent.run_all(
        ["config", "validate", "--json"],
        ["models", "list", "--json"],
        ["models", "status", "--check", "--json"],
    )
    assert (valid.answer["valid"], valid.answer["warnings"]) == (True, [])
    shown = {model["key"]: model["contextWindow"] for model in listed.answer["models"]}
    assert shown == {model.ref: model.context_window for model in published.models}
    assert all(model["available"] for model in listed.answer["models"])
    told = status.answer
    assert told["resolvedDefault"] == configuration.default
    assert published.primary in (None, configuration.default)
    assert told["fallbacks"] == list(configuration.fallbacks)
    assert told["aliases"] == configuration.aliases
    assert sorted(told["allowed"]) == sorted(configuration.allowed)
    assert PLANTED not in listed.out + status.out
