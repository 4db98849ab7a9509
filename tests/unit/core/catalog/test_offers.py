"""What a source offers of what it publishes or was learned of it: nothing forged, no other keys."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from openclaw_vllm.api.configmap import digest
from openclaw_vllm.core.catalog.offers import (
    Offer,
    offer_of_provider,
)
from openclaw_vllm.core.config.documents import Documents
from tests import builders
from tests.builders import served, spec_of
from tests.builders.offers import KEYED, offered, team


def test_what_is_published_is_taken_over_under_the_qualified_id() -> None:
    resource = team()
    offer = offered(resource)
    documents = builders.documents(spec_of(resource), *served("a", "b"))
    entry = json.loads(documents.data["models.json"])["providers"]["vllm"]
    assert (offer.provider_id, offer.document, offer.reason) == ("vllm-team-a-qwen", entry, "")
    assert [model.id for model in offer.models] == ["vllm-team-a-qwen/a", "vllm-team-a-qwen/b"]
    assert offer.credentials == ()


@pytest.mark.parametrize("ids", ["Qualified", "Keep"])
def test_a_team_cannot_name_the_variables_of_others(ids: str) -> None:
    """An id that a team may choose may have been another's, whose key agents still hold."""
    offer = offered(team(providerId="vllm-ours", **KEYED), ids)
    assert offer.document is not None
    assert offer.document["apiKey"] == "${VLLM_API_KEY_TEAM_A_QWEN}"
    assert offer.document["headers"] == {
        "X-Secret": "${VLLM_HEADER_0_TEAM_A_QWEN}",
        "X-Static": "team",
    }
    envs = {item.env: item.secret and item.secret.name for item in offer.credentials}
    assert envs == {"VLLM_API_KEY_TEAM_A_QWEN": "key", "VLLM_HEADER_0_TEAM_A_QWEN": "header"}


def test_a_plain_header_moves_no_variable() -> None:
    plain = {"name": "A-Plain", "value": "text"}
    offer = offered(team(**{**KEYED, "headers": [plain, *KEYED["headers"]]}))
    assert (offer.document or {})["headers"]["X-Secret"] == "${VLLM_HEADER_0_TEAM_A_QWEN}"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"data": {"models.json": "{}"}}, id="edited"),
        pytest.param({"ownerReferences": []}, id="nobody's"),
    ],
)
def test_what_is_not_its_own_and_whole_is_not_taken_over(changes: dict[str, Any]) -> None:
    resource = team()
    if "ownerReferences" in changes:
        changes |= {"labels": {}}
    offer = offered(resource, **changes)
    assert (offer.document, offer.reason) == (None, "Pending")


STEALING = f"{builders.BASE_URL}/${{VLLM_API_KEY_TEAM_BLUE}}"


def forged(change: Callable[[Any], object]) -> Offer:
    """Of a ConfigMap that somebody wrote in our name: owner, labels and digest are as ours."""
    resource = team(**KEYED)
    documents = builders.documents(spec_of(resource), *served("a", "b"))
    models = json.loads(documents.data["models.json"])
    change(models["providers"]["vllm"])
    data = {**documents.data, "models.json": json.dumps(models)}
    published = builders.published(resource, Documents(data, digest(data)))
    assert published.is_unmodified
    return offer_of_provider(resource, published, "Qualified", builders.NAMES)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda entry: entry.update(baseUrl=STEALING), id="URL"),
        pytest.param(lambda entry: entry["models"][0].update(name=STEALING), id="name"),
        pytest.param(lambda entry: entry["headers"].update(X=STEALING), id="header"),
        pytest.param(lambda entry: entry.update(request={"tls": {"ca": STEALING}}), id="CA"),
    ],
)
def test_a_forged_list_cannot_send_the_keys_of_other_teams(
    change: Callable[[Any], object],
) -> None:
    offer = forged(change)
    text = json.dumps(offer.document)
    assert "$${VLLM_API_KEY_TEAM_BLUE}" in text
    assert "${VLLM_API_KEY_TEAM_BLUE}" not in text.replace("$${", "")
    own = {"VLLM_API_KEY_TEAM_A_QWEN", "VLLM_HEADER_0_TEAM_A_QWEN"}
    assert {item.env for item in offer.credentials} == own


def test_a_forged_list_cannot_lead_the_agents_of_all_teams_to_another_host() -> None:
    """Whoever can write ConfigMaps in a namespace can neither write the spec nor the status."""
    offer = forged(lambda entry: entry.update(baseUrl="https://evil.example.com/v1"))
    assert (offer.document, offer.reason) == (None, "Pending")


def test_a_provider_that_is_being_moved_offers_what_it_has_published_until_then() -> None:
    resource = team(**KEYED)
    documents = builders.documents(spec_of(resource), *served("a", "b"))
    published = builders.published(resource, documents)
    moved = replace(resource, spec=builders.spec(baseUrl="https://new.example.com/v1", **KEYED))
    offer = offer_of_provider(moved, published, "Qualified", builders.NAMES)
    assert offer.document is not None
    assert offer.document["baseUrl"] == builders.BASE_URL


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda entry: entry.pop("apiKey"), id="no key"),
        pytest.param(lambda entry: entry.update(apiKey="$OTHER"), id="another variable"),
        pytest.param(lambda entry: entry.update(apiKey="secretref-env:OTHER"), id="a secret"),
        pytest.param(lambda entry: entry["headers"].update(X="secretref-managed"), id="header"),
        pytest.param(lambda entry: entry.update(headers="x"), id="headers that are none"),
        pytest.param(lambda entry: entry["headers"].update(__proto__="x"), id="a reserved header"),
        pytest.param(
            lambda entry: entry["headers"].update(Authorization="Basic ${VLLM_API_KEY_TEAM_BLUE}"),
            id="another team's key as credentials",
        ),
        pytest.param(
            lambda entry: entry["headers"].update(Authorization="Basic x"), id="plain credentials"
        ),
        pytest.param(
            lambda entry: entry["headers"].update(authorization=f"Basic {entry['apiKey']}"),
            id="credentials in another header's name",
        ),
        pytest.param(lambda entry: entry.update(models={"a": 1}), id="models that are none"),
        pytest.param(lambda entry: entry["models"][0].pop("contextWindow"), id="no context"),
        pytest.param(lambda entry: entry["models"][0].update(id="a*"), id="a wildcard"),
        pytest.param(lambda entry: entry["models"][0].update(id="a" * 2000), id="a long id"),
        pytest.param(lambda entry: entry["models"][0].update(input="text"), id="input"),
        pytest.param(lambda entry: entry.update(timeoutSeconds=0), id="no time for an answer"),
        pytest.param(
            lambda entry: entry.update(request={"tls": {"key": "-----BEGIN"}}), id="a private key"
        ),
    ],
)
def test_a_list_that_would_stop_agents_is_not_taken_over(change: Callable[[Any], object]) -> None:
    assert forged(change).document is None


BASIC = {"apiKeySecretRef": {"name": "key", "key": "k"}, "scheme": "Basic"}


def test_a_scheme_goes_with_the_renamed_variable_of_the_key() -> None:
    offer = offered(team(**{**KEYED, "auth": BASIC}))
    entry = offer.document or {}
    assert entry["headers"]["Authorization"] == "Basic ${VLLM_API_KEY_TEAM_A_QWEN}"
    assert entry["headers"]["X-Secret"] == "${VLLM_HEADER_0_TEAM_A_QWEN}"


CLIENT = {"caBundleRef": {"name": "ca"}, "clientCertificateRef": {"name": "agent-tls"}}


def test_the_variables_of_a_client_certificate_are_renamed_and_told() -> None:
    offer = offered(team(baseUrl="https://vllm.example.com", tls=CLIENT))
    envs = {"cert": "VLLM_CLIENT_CERTIFICATE_TEAM_A_QWEN", "key": "VLLM_CLIENT_KEY_TEAM_A_QWEN"}
    tls = (offer.document or {})["request"]["tls"]
    assert {key: tls[key] for key in envs} == {key: f"${{{env}}}" for key, env in envs.items()}
    secrets = {credential.env: credential.secret for credential in offer.credentials}
    assert {env: secret and (secret.name, secret.key) for env, secret in secrets.items()} == {
        envs["cert"]: ("agent-tls", "tls.crt"),
        envs["key"]: ("agent-tls", "tls.key"),
    }


def test_the_timeout_of_agents_requests_is_taken_over() -> None:
    assert (offered(team(timeoutSeconds=600)).document or {})["timeoutSeconds"] == 600


def test_fields_that_are_not_ours_are_left_out() -> None:
    def add(entry: Any) -> None:
        entry["surprise"] = 1
        entry["models"][0]["surprise"] = 1
        entry["models"][0]["compat"]["surprise"] = 1

    assert "surprise" not in json.dumps(forged(add).document)


def test_text_that_is_escaped_is_taken_over_byte_for_byte() -> None:
    resource = team(headers=[{"name": "X", "value": "a ${B} $${C} $$${D}"}])
    documents = builders.documents(spec_of(resource), *served("${A}", "$${B}", "$$${C}"))
    published = builders.published(resource, documents)
    offer = offer_of_provider(resource, published, "Qualified", builders.NAMES)
    assert offer.document == json.loads(documents.data["models.json"])["providers"]["vllm"]
