"""What can be said of the chart without Helm; tests/apiserver/test_chart.py runs the real one."""

import json
import re
import textwrap
from typing import Any

import pytest
import yaml
from jsonschema import Draft7Validator

from openclaw_vllm.commands.run import run
from tests import rbac

CRDS = rbac.CHART.parents[1] / "crds"
COPIES = rbac.CHART / "files" / "crds"
SCHEMA: dict[str, Any] = json.loads((rbac.CHART / "values.schema.json").read_text())
VALUES: dict[str, Any] = yaml.safe_load((rbac.CHART / "values.yaml").read_text())
CHART: dict[str, Any] = yaml.safe_load((rbac.CHART / "Chart.yaml").read_text())
README = rbac.CHART.parents[1] / "README.md"
INSTALL = rbac.CHART.parents[1] / "docs" / "install.md"
ADDED_BY_HELM = {"global"}


def objects(schema: dict[str, Any], path: str = "") -> list[tuple[str, dict[str, Any]]]:
    """List every part of the schema that names its properties, with its path."""
    found = [(path, schema)] if "properties" in schema else []
    for name, part in schema.get("properties", {}).items():
        found += objects(part, f"{path}.{name}")
    return found + (objects(schema["items"], f"{path}[]") if "items" in schema else [])


def test_the_values_schema_is_one_and_accepts_the_defaults() -> None:
    Draft7Validator.check_schema(SCHEMA)
    assert [error.message for error in Draft7Validator(SCHEMA).iter_errors(VALUES)] == []


def test_every_value_has_a_default_and_a_place_in_the_schema() -> None:
    assert set(SCHEMA["properties"]) - ADDED_BY_HELM == set(VALUES)


@pytest.mark.parametrize(("path", "schema"), objects(SCHEMA))
def test_the_schema_refuses_unknown_names_and_names_the_known(
    path: str, schema: dict[str, Any]
) -> None:
    assert schema["additionalProperties"] is False, path
    assert schema["propertyNames"] == {"enum": list(schema["properties"])}, path


def annotation(name: str) -> Any:
    """Read one of Artifact Hub's annotations, which hold YAML as text."""
    return yaml.safe_load(CHART["annotations"][f"artifacthub.io/{name}"])


def test_artifact_hub_is_told_of_every_crd() -> None:
    told = {(crd["name"], crd["kind"], crd["version"]) for crd in annotation("crds")}
    crds = [yaml.safe_load(path.read_text()) for path in CRDS.glob("*.yaml")]
    assert told == {
        (crd["metadata"]["name"], crd["spec"]["names"]["kind"], version["name"])
        for crd in crds
        for version in crd["spec"]["versions"]
    }


def test_artifact_hub_is_told_of_the_image_and_shows_the_sample_of_the_readme() -> None:
    (image,) = annotation("images")
    assert image["image"] == f"{VALUES['image']['repository']}:{CHART['appVersion']}"
    shown = re.findall(r"(?ms)^```yaml\n(.*?)^```", README.read_text())
    assert annotation("crdsExamples")[0] == yaml.safe_load(shown[0])


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
    assert set(yaml.safe_load(text)["metadata"]) == {"name"}


def test_the_deployment_uses_options_that_the_operator_has() -> None:
    template = (rbac.CHART / "templates" / "deployment.yaml").read_text()
    used = set(re.findall(r"--[a-z][a-z-]+", template))
    known = {option for parameter in run.params for option in parameter.opts}
    assert used
    assert used <= known


def test_the_default_values_are_those_of_the_operator() -> None:
    defaults = {parameter.name: parameter.default for parameter in run.params}
    assert tuple(VALUES["allowHosts"]) == defaults["allow_hosts"]
    assert VALUES["maxConcurrentProbes"] == defaults["max_concurrent_probes"]
    assert VALUES["logLevel"] == defaults["log_level"]


def test_no_rule_uses_a_wildcard() -> None:
    used = [rules for name in ("operator", "leader-election") for rules in rbac.rules(name)]
    assert "*" not in str(used)


def test_secrets_are_never_listed_or_watched() -> None:
    secrets = [rule for rule in rbac.rules() if "secrets" in rule["resources"]]
    assert [rule["verbs"] for rule in secrets] == [["get"]]
