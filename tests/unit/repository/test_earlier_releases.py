"""What docs/versioning.md promises to those who come from an earlier release, held against its CRDs
and its chart. tests/apiserver/test_earlier_releases.py upgrades a cluster from them."""

import json
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator

from openclaw_vllm.api import crd
from openclaw_vllm.api.conditions import ConditionType, Reason
from openclaw_vllm.commands import cel_rules, schema
from openclaw_vllm.commands.run import run
from tests import rbac
from tests.chart_values import VALUES
from tests.compatibility import breaks
from tests.earlier_releases import RELEASES, EarlierRelease, Manifest, schema_of

PORT = "written for a smaller cost; it takes the same ports"
LABELS = "plain keys are taken now, but those that another tool or controller acts on"

# By release each field that had another rule: why nothing that worked breaks with it.
REWRITTEN_RULES = {
    "0.1.0": {
        ".spec.baseUrl": "the path of a list or a chat is refused under every version, not"
        " /v1 alone; such a URL led nowhere",
        ".spec.serviceRef.port": PORT,
        ".spec.models[].id": "an @ is taken where OpenClaw keeps it",
        ".spec.output.labels": LABELS,
        ".spec.output.annotations": LABELS,
        ".spec.sources[].services": "caBundleRef is new",
        ".spec.sources[].services.port": PORT,
        ".spec.sources[].services.ports": "written for a smaller cost; it takes the same lists",
        ".spec.sources[].services.ports[]": PORT,
    }
}
# By release each default of the chart that was another, and the words of CHANGELOG.md about it.
CHANGED_DEFAULTS = {
    "0.1.0": {
        "resources.requests.cpu": "The chart requests 100m CPU and 256Mi",
        "resources.requests.memory": "The chart requests 100m CPU and 256Mi",
    }
}
ROOT = Path(__file__).parents[3]
CHANGELOG = (ROOT / "CHANGELOG.md").read_text()
METRICS = (ROOT / "docs" / "metrics.md").read_text()  # another test holds it to the registry

pytestmark = pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version)
each_kind = pytest.mark.parametrize("kind", crd.DEFINITIONS, ids=lambda kind: kind.kind)


@each_kind
def test_every_field_is_still_there_and_takes_what_it_took(
    kind: crd.Definition, release: EarlierRelease
) -> None:
    breaking = breaks(schema_of(release.crd(kind)), schema_of(crd.definition(kind)))
    rewritten = tuple(f"{path}: has the rule " for path in REWRITTEN_RULES.get(release.version, {}))
    assert [message for message in breaking if not message.startswith(rewritten)] == []


@each_kind
def test_a_kind_keeps_its_names_its_scope_its_versions_and_its_columns(
    kind: crd.Definition, release: EarlierRelease
) -> None:
    old, new = release.crd(kind)["spec"], crd.definition(kind)["spec"]
    for name in ("group", "names", "scope"):
        assert new[name] == old[name]
    (before,), (after,) = old["versions"], new["versions"]
    assert (after["name"], after["served"]) == (before["name"], True)
    for column in before["additionalPrinterColumns"]:
        assert column in after["additionalPrinterColumns"]


@each_kind
def test_what_it_accepted_is_accepted(kind: crd.Definition, release: EarlierRelease) -> None:
    whole = schema_of(crd.definition(kind))["properties"]["spec"]
    manifests = list(release.objects(kind))
    for manifest in manifests:
        spec = schema.apply_defaults(manifest["spec"], whole)
        refusals = [
            *schema.violations(spec, whole, "spec"),
            *cel_rules.violations(spec, whole, "spec"),
        ]
        assert refusals == [], manifest["metadata"]["name"]
    assert len(manifests) > 10


def leaves(values: Manifest, path: str = "") -> Iterator[tuple[str, Any]]:
    """Yield every value of the chart that is no group of others, by its path."""
    for name, value in values.items():
        if isinstance(value, dict) and value:
            yield from leaves(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", value


def test_the_chart_takes_its_values(release: EarlierRelease) -> None:
    """As Helm does with `--reset-then-reuse-values`: what is new has its default."""
    validator = Draft7Validator(json.loads((rbac.CHART / "values.schema.json").read_text()))
    values = {**VALUES, **release.values}
    assert [error.message for error in validator.iter_errors(values)] == []


def test_a_default_of_the_chart_is_another_only_where_the_changelog_says_so(
    release: EarlierRelease,
) -> None:
    defaults, old = dict(leaves(VALUES)), dict(leaves(release.values))
    assert old.keys() - defaults.keys() == set()
    changed = CHANGED_DEFAULTS.get(release.version, {})
    assert {path for path in old if old[path] != defaults[path]} == changed.keys()
    assert [words for words in changed.values() if words not in CHANGELOG] == []


def test_no_name_that_users_have_written_down_is_gone(release: EarlierRelease) -> None:
    metrics = re.findall(r"`(\w+)`", METRICS)
    options = [option for parameter in run.params for option in parameter.opts]
    current: dict[str, Collection[str]] = {
        "conditions": list(ConditionType),
        "reasons": list(Reason),
        "options": options,
        "metrics": metrics,
    }
    for what, names in release.names.items():
        assert [name for name in names if name not in current[what]] == [], what


def test_what_is_kept_of_it_is_one_release(release: EarlierRelease) -> None:
    chart = (release.chart / "Chart.yaml").read_text().splitlines()
    assert f"version: {release.version}" in chart
    for kind in crd.DEFINITIONS:
        carried = release.chart / "files" / "crds" / kind.file
        assert carried.read_bytes() == (release.folder / "crds" / kind.file).read_bytes()
