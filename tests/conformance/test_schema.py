"""No configuration that the renderer can produce is refused by the schema of the real client."""

import json
from pathlib import Path

import pytest
from hypothesis import HealthCheck, assume, given, settings

from hack import openclaw_schema
from openclaw_vllm.api.configmap import AGENTS, CONFIG, MODELS
from openclaw_vllm.core.config.documents import empty_documents
from tests import builders
from tests.conformance.install import Installation
from tests.conformance.published import Published, decide_on
from tests.conformance.schema import Schema
from tests.conformance.strategies import Wire, inputs
from tests.vllm_server import Model

pytestmark = pytest.mark.timeout(900)

EXAMPLES = 2000
GOLDEN = sorted((Path(__file__).parents[1] / "unit" / "golden").glob("*.json"))
CA = "-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n"

# What the client is known to refuse: a judge that accepts it would be none.
REFUSED = [
    (CONFIG, {"models": {"providers": {"vllm": {"unknown": 1}}}}),
    (MODELS, {"providers": {"vllm": {"models": [{"id": "a"}]}}}),
    (MODELS, {"providers": {"vllm": {"models": [{"id": "a", "name": "a", "contextWindow": "9"}]}}}),
    (MODELS, {"providers": {"vllm": {"apiKey": 1}}}),
    (AGENTS, {"models": {"vllm/a": {"unknown": 1}}}),
    (AGENTS, {"memorySearch": {}}),
]


@pytest.fixture(scope="module")
def schema(installation: Installation) -> Schema:
    return Schema(installation)


def test_whatever_is_published_is_valid(schema: Schema, capsys: pytest.CaptureFixture[str]) -> None:
    counts: dict[str, int] = {}

    @settings(max_examples=EXAMPLES, suppress_health_check=list(HealthCheck))
    @given(case=inputs())
    def judge(case: tuple[Wire, tuple[Model, ...]]) -> None:
        spec, models = case
        published = decide_on(spec, models, ca_pem=CA if "tls" in spec else "")
        assume(isinstance(published, Published))
        assert isinstance(published, Published)
        assert schema.complaints(published.data) == []
        kind = "explicit" if "models" in spec else "discovered"
        counts[kind] = counts.get(kind, 0) + 1

    judge()
    with capsys.disabled():
        print(f"\nThe schema of the real client accepts {sum(counts.values())} examples: {counts}")
    assert sum(counts.values()) >= EXAMPLES


def test_what_is_published_before_the_first_answer_is_valid(schema: Schema) -> None:
    assert schema.complaints(empty_documents(builders.spec(), None).data) == []


@pytest.mark.parametrize("path", GOLDEN, ids=lambda path: path.stem)
def test_the_golden_is_valid(schema: Schema, path: Path) -> None:
    assert schema.complaint(CONFIG, json.loads(path.read_text(encoding="utf-8"))) == ""


def test_the_test_data_of_the_pinned_release_is_what_it_prints(installation: Installation) -> None:
    release = json.loads((installation.package / "package.json").read_text())["version"]
    expected = (openclaw_schema.FOLDER / f"schema-{release}.json").read_text()
    assert openclaw_schema.reduce(release, installation.schema.read_bytes()) == expected


@pytest.mark.parametrize(("key", "document"), REFUSED)
def test_what_the_client_refuses_is_not_valid(schema: Schema, key: str, document: object) -> None:
    assert schema.complaint(key, document)
