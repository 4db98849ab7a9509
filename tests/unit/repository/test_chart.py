"""What can be said of the chart without Helm; tests/apiserver/test_chart.py runs the real one."""

import copy
import functools
import json
import operator
import re
import textwrap
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from openclaw_vllm.commands.run import run
from openclaw_vllm.settings import is_external_name_rule, is_host_rule
from tests import rbac
from tests.chart_values import MAY_BE_NULL, VALUES

CRDS = rbac.CHART.parents[1] / "crds"
COPIES = rbac.CHART / "files" / "crds"
SCHEMA: dict[str, Any] = json.loads((rbac.CHART / "values.schema.json").read_text())
CHART: dict[str, Any] = yaml.safe_load((rbac.CHART / "Chart.yaml").read_text())
README = rbac.CHART.parents[1] / "README.md"
INSTALL = rbac.CHART.parents[1] / "docs" / "install.md"
ADDED_BY_HELM = {"global"}
HOST_RULES = Draft7Validator(
    {"$ref": "#/definitions/hostRule", "definitions": SCHEMA["definitions"]}
)
PARTS = (
    *("1", "ffff", "12345", "g", "eth0", "10", "256", "099", "8", "33", "128", "129", "http://"),
    *(":", "::", ".", "/", "*", "%", "-", " ", "10.0.0.1", "10.0.0.0/", "255.0.0.0", "0.0.0.255"),
    *("fd00::", "::1", "1:2:3:4:5:6:7"),
)


def objects(schema: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """List every part of the schema that names its properties, with its path."""
    result = [(path, schema)] if "properties" in schema else []
    for name, part in schema.get("properties", {}).items():
        result += objects(part, f"{path}.{name}")
    return result + (objects(schema["items"], f"{path}[]") if "items" in schema else [])


def test_the_values_schema_is_one_and_accepts_the_defaults() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(VALUES)] == []


def test_every_value_has_a_default_and_a_place_in_the_schema() -> None:
    assert set(SCHEMA["properties"]) - ADDED_BY_HELM == set(VALUES)


def given_names(schema: dict[str, Any] = SCHEMA, path: str = "") -> list[str]:
    """List the path of every value that the schema names and values.yaml gives."""
    result = []
    for name, part in schema.get("properties", {}).items():
        here = f"{path}{name}"
        if has(VALUES, here):
            result += [here, *given_names(part, f"{here}.")]
    return result


def has(values: Any, path: str) -> bool:
    for name in path.split("."):
        if name not in values:
            return False
        values = values[name]
    return True


@pytest.mark.parametrize("path", given_names())
def test_a_default_may_be_taken_away_only_where_nothing_has_to_be_said(path: str) -> None:
    """Helm takes a default away for null: of what is then missing, only `required` knows."""
    values = copy.deepcopy(VALUES)
    *parents, name = path.split(".")
    parent = functools.reduce(operator.getitem, parents, values)
    del parent[name]
    assert Draft7Validator(SCHEMA).is_valid(values) is (path in MAY_BE_NULL)


def test_what_may_be_null_is_there() -> None:
    assert set(given_names()) >= MAY_BE_NULL


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ("*", True),
        ("*.models.svc.cluster.local", True),
        ("vllm-?.example.com", True),
        ("10.0.0.1", True),
        ("10.0.0.0/8", True),
        ("10.1.2.3/8", True),
        ("10.0.0.0/255.0.0.0", True),
        ("10.0.0.0/0.255.255.255", True),
        ("0.0.0.0/0", True),
        ("::/0", True),
        ("fd00::1", True),
        ("FD00::/8", True),
        ("1:2:3:4:5:6:7:8", True),
        ("1:2:3:4:5:6:7::/112", True),
        ("::ffff:10.0.0.1/120", True),
        ("fe80::1%eth0/64", True),
        ("", False),
        ("a,b", False),
        ("http://x", False),
        ("vllm.example.com:8000", False),
        ("10.0.0.0/99", False),
        ("10.0.0.0/", False),
        ("10.0.0.256/8", False),
        ("10.0.0.0/255.0.255.0", False),
        ("10.0.0.1:80", False),
        ("[fd00::1]", False),
        ("fd00::/129", False),
        ("fd00::1::2", False),
        ("fd00:::1", False),
        ("fd00::1:", False),
        ("1:2:3:4:5:6:7", False),
        ("1:2:3:4:5:6:7:8:9", False),
        ("1:2:3:4:5:6:7::8", False),
    ],
)
def test_a_host_that_may_be_probed_is_a_glob_an_address_or_a_range(
    rule: str, *, allowed: bool
) -> None:
    assert HOST_RULES.is_valid(rule) is allowed
    assert is_host_rule(rule) is allowed


@settings(max_examples=1000)
@given(st.lists(st.sampled_from(PARTS), max_size=6).map("".join))
def test_the_schema_takes_the_hosts_that_the_operator_takes(rule: str) -> None:
    assert HOST_RULES.is_valid(rule) is is_host_rule(rule)


@pytest.mark.parametrize(("path", "schema"), objects(SCHEMA))
def test_the_schema_refuses_unknown_names_and_names_the_known(
    path: str, schema: dict[str, Any]
) -> None:
    assert schema["additionalProperties"] is False, path
    assert schema["propertyNames"] == {"enum": list(schema["properties"])}, path


def annotation(name: str) -> Any:
    """Read one of Artifact Hub's annotations, which hold YAML as text."""
    return yaml.safe_load(CHART["annotations"][f"artifacthub.io/{name}"])


def test_artifact_hub_lists_every_crd() -> None:
    messages = {(crd["name"], crd["kind"], crd["version"]) for crd in annotation("crds")}
    crds = [yaml.load(path.read_text(), yaml.CSafeLoader) for path in CRDS.glob("*.yaml")]
    assert messages == {
        (crd["metadata"]["name"], crd["spec"]["names"]["kind"], version["name"])
        for crd in crds
        for version in crd["spec"]["versions"]
    }


def test_artifact_hub_names_the_image_and_shows_the_sample_of_the_readme() -> None:
    (image,) = annotation("images")
    assert image["image"] == f"{VALUES['image']['repository']}:{CHART['appVersion']}"
    result = re.findall(r"(?ms)^```yaml\n(.*?)^```", README.read_text())
    assert annotation("crdsExamples")[0] == yaml.safe_load(result[0])


def test_the_readme_of_the_chart_shows_what_the_tested_page_shows() -> None:
    blocks = re.findall(r"(?m)(?:^    .*\n)+", (rbac.CHART / "README.md").read_text())
    assert len(blocks) == 2
    for block in blocks:
        assert textwrap.dedent(block) in INSTALL.read_text()


def test_the_chart_carries_the_crds_of_the_repository() -> None:
    originals = {path.name: path.read_bytes() for path in CRDS.glob("*.yaml")}
    copies = {path.name: path.read_bytes() for path in COPIES.glob("*.yaml")}
    assert originals
    assert copies == originals


@pytest.mark.parametrize("path", sorted(COPIES.glob("*.yaml")), ids=lambda path: path.name)
def test_a_crd_leaves_room_for_the_labels_that_the_chart_adds(path: Any) -> None:
    text = path.read_text()
    assert len(re.findall(r"(?m)^metadata:$", text)) == 1
    assert set(yaml.load(text, yaml.CSafeLoader)["metadata"]) == {"name"}


def test_the_deployment_uses_options_that_the_operator_has() -> None:
    template = (rbac.CHART / "templates" / "deployment.yaml").read_text()
    used = set(re.findall(r"--[a-z][a-z-]+", template))
    current = {option for parameter in run.params for option in parameter.opts}
    assert used
    assert used <= current


def test_the_default_values_are_those_of_the_operator() -> None:
    defaults = {parameter.name: parameter.default for parameter in run.params}
    assert tuple(VALUES["allowHosts"]) == defaults["allow_hosts"]
    assert VALUES["maxConcurrentProbes"] == defaults["max_concurrent_probes"]
    assert VALUES["watchList"] == defaults["watch_list"]
    assert VALUES["logLevel"] == defaults["log_level"]


EXTERNAL_NAMES = Draft7Validator(SCHEMA["properties"]["allowExternalNames"]["items"])


@pytest.mark.parametrize(
    ("rule", "allowed"),
    [
        ("gw.example.com", True),
        ("gateway", True),
        ("*.istio-system.svc.cluster.local", True),
        ("vllm-?.TS.net", True),
        ("vllm-*.*.internal", True),
        ("ts-vllm_1.tailscale.svc.cluster.local", True),
        ("*", False),
        ("**", False),
        ("?*", False),
        ("*.*", False),
        ("*.", False),
        ("vllm*", False),
        ("*example.com", False),
        ("gw.example.*", False),
        ("*..example.com", False),
        (".example.com", False),
        ("example.com.", False),
        ("*.example.com:443", False),
        ("http://gw.example.com", False),
        ("a,b", False),
        ("10.0.0.0/8", False),
        ("", False),
        ("a." * 126 + "ab", False),
    ],
)
def test_an_external_name_is_allowed_by_a_name_or_a_glob_that_ends_in_a_domain(
    rule: str, *, allowed: bool
) -> None:
    assert EXTERNAL_NAMES.is_valid(rule) is allowed
    assert is_external_name_rule(rule) is allowed


def test_no_rule_uses_a_wildcard() -> None:
    used = [rules for name in ("operator", "leader-election") for rules in rbac.rules(name)]
    assert "*" not in str(used)


def test_secrets_are_never_listed_or_watched() -> None:
    secrets = [rule for rule in rbac.rules() if "secrets" in rule["resources"]]
    assert [rule["verbs"] for rule in secrets] == [["get"]]
