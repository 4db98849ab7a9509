"""Holds what the CRD promises by its text alone; the apiserver ring asks the real server."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel, ValidationError

from openclaw_vllm.api import crd
from openclaw_vllm.api.catalog import VllmCatalogSpec
from openclaw_vllm.api.catalog_status import VllmCatalogStatus
from openclaw_vllm.api.discovery import DiscoverySpec, parse_duration
from openclaw_vllm.api.models import MAX_PARAMS_DEPTH, ModelSettings
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.api.structural import structural
from tests.builders.schemas import walk

ROOT = Path(__file__).parents[3]
Node = dict[str, Any]
YAML_1_1_BOOLEANS = {"y", "n", "yes", "no", "on", "off", "true", "false"}
SPEC = structural(VllmProviderSpec)


def bound(node: Node) -> bool:
    """Return whether a value of this node cannot grow without limit."""
    keyword = {"string": "maxLength", "array": "maxItems"}.get(node.get("type", ""), "")
    if "additionalProperties" in node or "x-kubernetes-preserve-unknown-fields" in node:
        keyword = "maxProperties"
    return not keyword or keyword in node or "enum" in node


def each_kind(kind: crd.Definition) -> str:
    return kind.kind


@pytest.fixture(scope="module")
def rendered() -> dict[str, str]:
    """Return the text of each kind's CRD: rendering takes a while."""
    return {kind.kind: crd.render(kind) for kind in crd.DEFINITIONS}


@pytest.mark.parametrize("folder", crd.FOLDERS, ids=str)
@pytest.mark.parametrize("kind", crd.DEFINITIONS, ids=each_kind)
def test_the_committed_crd_is_the_generated_one(
    kind: crd.Definition, folder: Path, rendered: dict[str, str]
) -> None:
    text = rendered[kind.kind]
    assert crd.difference(ROOT / folder / kind.file, text) == ""
    assert (ROOT / folder / kind.file).read_text() == text


def test_check_names_the_difference_and_writing_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(*options: str) -> None:
        monkeypatch.setattr("sys.argv", ["crd", *options])
        crd.main()

    monkeypatch.chdir(tmp_path)
    run()
    written = tmp_path / crd.FOLDERS[0] / crd.PROVIDER.file
    written.write_text(written.read_text().replace("shortNames", "longNames"))
    with pytest.raises(SystemExit) as refused:
        run("--check")
    assert "-    longNames:" in str(refused.value)
    assert "make crds" in str(refused.value)
    run()
    run("--check")


@pytest.mark.parametrize("kind", crd.DEFINITIONS, ids=each_kind)
def test_yaml_reads_back_what_was_meant(kind: crd.Definition, rendered: dict[str, str]) -> None:
    assert yaml.load(rendered[kind.kind], yaml.CSafeLoader) == crd.definition(kind)


@pytest.mark.parametrize(
    "model", [VllmProviderSpec, VllmProviderStatus, VllmCatalogSpec, VllmCatalogStatus]
)
def test_every_field_is_described_and_bounded(model: type[BaseModel]) -> None:
    for path, node in walk(structural(model)):
        is_field = not path.endswith(("[]", "{}"))
        assert not is_field or node.get("description", "").endswith("."), path
        assert node.get("type") != "object" or node.get("description"), path
        assert bound(node), path


def test_enum_values_survive_yaml_1_1() -> None:
    values = [str(value) for _, node in walk(SPEC) for value in node.get("enum", [])]
    assert values
    assert not YAML_1_1_BOOLEANS & {value.lower() for value in values}


def test_no_reference_leaves_the_namespace() -> None:
    assert [path for path, _ in walk(SPEC) if path.lower().endswith("namespace")] == []


def test_items_of_lists_have_no_defaults() -> None:
    """Argo CD compares lists as a whole: what the server adds there would differ for ever."""
    assert [path for path, node in walk(SPEC) if "[]" in path and "default" in node] == []


def test_every_rule_says_what_to_do_instead() -> None:
    nodes = [SPEC, *(node for _, node in walk(SPEC))]
    rules = [rule for node in nodes for rule in node.get("x-kubernetes-validations", [])]
    assert all(re.search(r"write|leave|restore|use|lower", rule["message"]) for rule in rules)


def test_what_kubernetes_cannot_say_is_refused() -> None:
    class Union(BaseModel):
        either: int | str

    class Exclusive(BaseModel):
        above: dict[str, tuple[int, str]]

    with pytest.raises(ValueError, match="no unions"):
        structural(Union)
    with pytest.raises(ValueError, match="prefixItems"):
        structural(Exclusive)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("5s", 5), ("500ms", 0.5), ("1m", 60), ("1h30m", 5400), ("24h", 86400), ("1m1s1ms", 61.001)],
)
def test_a_duration_in_seconds(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)
    assert DiscoverySpec(interval=text).interval_seconds == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "5", "s", "-5s", "1.5h", "5 s", "5S", "5d", "5s\n", "5µs"])
def test_what_is_no_duration(text: str) -> None:
    with pytest.raises(ValidationError, match="is not a duration such as 30s"):
        DiscoverySpec(timeout=text)


def test_free_form_params_are_small_and_flat() -> None:
    nested: Any = 1
    for _ in range(MAX_PARAMS_DEPTH - 1):  # params itself is the first level
        nested = [nested]
    assert ModelSettings.model_validate({"params": {"x": nested}}).params == {"x": nested}
    for more in range(5000):
        nested = [nested]
        if more in (0, 4999):
            with pytest.raises(ValidationError, match=r"params\n  Value error, write at most 16"):
                ModelSettings.model_validate({"params": {"x": nested}})
    with pytest.raises(ValidationError, match="8192 characters"):
        ModelSettings.model_validate({"params": {"x": "y" * 8192}})


def test_specs_are_frozen_and_lists_hashable() -> None:
    spec = VllmProviderSpec.model_validate(
        {"baseUrl": "http://vllm:8000/v1", "models": [{"id": "a"}], "modelOverrides": []}
    )
    assert (spec.base_url, spec.models[0].cost.cache_read) == ("http://vllm:8000/v1", 0)
    assert hash(spec.models)
    with pytest.raises(ValidationError, match="frozen"):
        spec.suspend = True  # type: ignore[misc] # mypy knows it, and pydantic has to as well
