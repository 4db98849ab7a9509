"""Validation without a cluster: the tables of the API server's tests, with its messages."""

import copy
from collections.abc import Iterator
from typing import Any

import pytest

from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.commands import cel_rules
from openclaw_vllm.commands.schema import Violation, provider_schema
from openclaw_vllm.commands.validate import validate
from tests.apiserver.provider_specs import ACCEPTED, Spec, spec
from tests.apiserver.refused_specs import REFUSED
from tests.builders import NAMESPACE
from tests.harnesses.command_line import provider


def violations(manifest: dict[str, Any]) -> list[str]:
    result = validate(manifest, "default")
    return [] if isinstance(result, VllmProvider) else list(map(str, result))


@pytest.mark.parametrize("name", ACCEPTED)
def test_what_the_api_server_accepts_is_taken_with_the_same_defaults(name: str) -> None:
    result = validate(provider(ACCEPTED[name]), "default")
    assert isinstance(result, VllmProvider), result
    assert result.spec == VllmProviderSpec.model_validate(ACCEPTED[name])


@pytest.mark.parametrize(("refused", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_what_the_api_server_rejects_is_rejected_with_its_message(
    refused: Spec, words: str
) -> None:
    assert any(words in violation for violation in violations(provider(refused)))


def test_every_violation_is_reported_and_not_the_first_one_only() -> None:
    wrong = spec(suspended=True, providerId=7, discovery={"removeAfter": 0})
    assert sorted(violations(provider(wrong))) == [
        "spec.discovery.removeAfter: should be greater than or equal to 1",
        'spec.providerId: must be of type string: "integer"',
        'spec: unknown field "spec.suspended"; did you mean suspend?',
    ]


def test_a_null_is_the_same_as_nothing() -> None:
    assert violations(provider(spec(auth=None, discovery={"interval": None}))) == []


def test_pydantic_validates_what_the_schema_cannot() -> None:
    deep: dict[str, Any] = {}
    for _ in range(20):
        deep = {"a": deep}
    assert "levels of nesting" in "".join(
        violations(provider(spec(modelDefaults={"params": deep})))
    )


@pytest.mark.parametrize(
    ("change", "violation"),
    [
        ({"apiVersion": "openclaw-vllm.dev/v1"}, "apiVersion: write openclaw-vllm.dev/v1alpha1"),
        ({"metadata": {"name": "a" * 64}}, "metadata.name: Too long: may not be more than 63"),
        ({"spec": None}, "spec: Required value"),
        ({"spec": []}, 'spec: must be of type object: "array"'),
        ({"specs": {}}, 'specs: unknown field "specs"'),
    ],
)
def test_the_rest_of_the_object_is_validated_too(change: dict[str, Any], violation: str) -> None:
    assert any(each.startswith(violation) for each in violations(provider() | change))


def test_validation_changes_nothing_of_the_manifest() -> None:
    manifest = provider(spec(discovery={"interval": None}))
    before = copy.deepcopy(manifest)
    validate(manifest, "default")
    assert manifest == before


def test_a_namespace_of_the_file_wins_over_the_default() -> None:
    own, none = validate(provider(), "other"), validate(provider(namespace=None), "other")
    assert isinstance(own, VllmProvider)
    assert isinstance(none, VllmProvider)
    assert (own.key.namespace, none.key.namespace) == (NAMESPACE, "other")


def test_a_rule_that_ends_in_an_error_does_not_hold() -> None:
    schema = {
        "x-kubernetes-validations": [{"rule": "duration(self) > duration('1s')", "message": "m"}]
    }
    assert list(cel_rules.violations("soon", schema, "spec")) == [Violation("spec", "m")]


def test_every_rule_of_the_crd_is_understood() -> None:
    def rules(node: Any) -> Iterator[str]:
        if isinstance(node, dict):
            yield from (rule["rule"] for rule in node.get("x-kubernetes-validations", ()))
            for inner in node.values():
                yield from rules(inner)

    all_rules = set(rules(provider_schema()))
    assert len(all_rules) > 30
    for rule in all_rules:
        cel_rules.compile_rule(rule)


def test_rules_on_changes_are_left_to_the_cluster() -> None:
    schema = {"x-kubernetes-validations": [{"rule": "self == oldSelf", "message": "m"}]}
    assert list(cel_rules.violations("a", schema, "spec")) == []


@pytest.mark.parametrize(
    ("url", "host", "port"),
    [
        ("http://vllm:8000/v1", "vllm", "8000"),
        ("https://vllm", "vllm", ""),
        ("http://[fd00::1]:8000/", "fd00::1", "8000"),
        ("http://a:b@vllm:/v1", "vllm", ""),
        ("http://:80", "", "80"),
    ],
)
def test_a_url_is_split_as_kubernetes_does(url: str, host: str, port: str) -> None:
    rule = f"isURL(self) && url(self).getHostname() == '{host}' && url(self).getPort() == '{port}'"
    schema = {"x-kubernetes-validations": [{"rule": rule, "message": "another one"}]}
    assert list(cel_rules.violations(url, schema, "spec")) == []


@pytest.mark.parametrize("text", ["vllm:8000", "/v1", "http://vllm:x/", "http://a b/", ""])
def test_other_text_is_no_url(text: str) -> None:
    schema = {"x-kubernetes-validations": [{"rule": "!isURL(self)", "message": "it is one"}]}
    assert list(cel_rules.violations(text, schema, "spec")) == []
