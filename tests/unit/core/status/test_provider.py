"""The status beside its conditions: what was found, bounded, and the same when read back."""

from typing import Any

import pytest

from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.core.discovery.connection import Connection
from openclaw_vllm.core.discovery.ids import Rejection
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.status.provider import Publication, summarize
from tests import builders
from tests.builders import BASE_URL, Wire, served, spec_of

SHORT = {"match": "lora", "maxTokens": 100}


def status(
    *models: ServedModel,
    primary: str = "",
    rejected: Any = None,
    before: Wire | None = None,
    **spec: Any,
) -> VllmProviderStatus:
    resource = builders.resource(builders.wire_spec(**spec), before)
    entries = builders.models_of(spec_of(resource), *models)
    publication = Publication(entries, primary, "sha256:1")
    memory = builders.server_state(resource, *models)
    memory = builders.with_discovery(memory, rejected=rejected)
    memory = memory.with_server_info("0.32.0", "Generate", 0.0)
    return summarize(resource, spec_of(resource), (), memory, publication)


def test_every_model_is_shown_with_where_its_numbers_came_from() -> None:
    lora = ServedModel("lora", "base")
    models = (*served("base"), lora, *served("small", context=8000))
    result = status(*models, primary="base", modelOverrides=[SHORT])
    assert (result.model_count, result.primary_model) == (3, "vllm/base")
    assert list(result.model_dump(exclude_none=True)["models"]) == [
        {
            "id": "base",
            "ref": "vllm/base",
            "contextWindow": 32768,
            "contextWindowSource": "Server",
            "maxTokens": 8192,
            "maxTokensSource": "Default",
            "parent": "",
            "state": "Served",
        },
        {
            "id": "lora",
            "ref": "vllm/lora",
            "contextWindow": 32768,
            "contextWindowSource": "Parent",
            "maxTokens": 100,
            "maxTokensSource": "Override",
            "parent": "base",
            "state": "Served",
        },
        {
            "id": "small",
            "ref": "vllm/small",
            "contextWindow": 8000,
            "contextWindowSource": "Server",
            "maxTokens": 2000,
            "maxTokensSource": "Default",
            "parent": "",
            "state": "Served",
            "note": "SmallContext",
        },
    ]


def test_ids_are_shown_raw() -> None:
    result = status(*served("${SECRET}"), primary="${SECRET}")
    assert (result.models[0].id, result.primary_model) == ("${SECRET}", "vllm/${SECRET}")


def test_the_first_hundred_models_are_shown_and_all_are_counted() -> None:
    result = status(*served(*(f"m{number:03}" for number in reversed(range(150)))))
    assert result.model_count == 150
    assert [model.id for model in result.models] == [f"m{number:03}" for number in range(100)]


def test_the_first_twenty_rejected_ids_are_shown_in_one_order() -> None:
    rejected = {f"x@{number:02}": Rejection.INVALID_REFERENCE for number in reversed(range(30))}
    result = status(rejected=rejected).rejected_models
    assert [(each.id, each.reason) for each in result] == [
        (f"x@{number:02}", "InvalidReference") for number in range(20)
    ]


def test_a_rejected_id_of_any_length_fits() -> None:
    (result,) = status(rejected={"x" * 100_000: Rejection.TOO_LONG}).rejected_models
    assert len(result.id) <= 1024


BEFORE: Wire = {
    "observedGeneration": 1,
    "modelCount": 1,
    "models": [{"id": "a", "ref": "vllm/a"}],
    "rejectedModels": [{"id": "x@y", "reason": "InvalidReference"}],
    "primaryModel": "vllm/a",
    "endpoint": {"baseUrl": BASE_URL, "serverVersion": "0.1"},
    "configMap": {"name": "vllm-openclaw", "digest": "sha256:0"},
}


def test_what_was_not_found_out_keeps_its_last_value() -> None:
    resource = builders.resource(None, BEFORE, generation=2)
    after = summarize(
        resource, spec_of(resource), (), builders.new_server(resource.uid, 2, ""), None
    )
    assert after.model_dump(exclude_none=True) == BEFORE | {
        "observedGeneration": 2,
        "conditions": (),
        "models": after.model_dump(exclude_none=True)["models"],
        "rejectedModels": tuple(BEFORE["rejectedModels"]),
    }


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param({}, ("0.32.0", "Generate"), id="asked"),
        pytest.param({"baseUrl": "http://other:8000/v1"}, (None, None), id="asked elsewhere"),
        pytest.param({"models": [{"id": "m"}]}, (None, None), id="not asked any more"),
    ],
)
def test_version_and_task_are_those_of_the_server_that_is(
    change: Wire, expected: tuple[str | None, str | None]
) -> None:
    resource = builders.resource(builders.wire_spec(**change))
    memory = builders.server_state(resource, *served("a")).with_server_info(
        "0.32.0", "Generate", 0.0
    )
    memory = memory.with_endpoint(Connection(change.get("baseUrl", BASE_URL)))
    result = summarize(resource, spec_of(resource), (), memory, None).endpoint
    assert result is not None
    assert (result.server_version, result.task) == expected


def test_a_list_without_rejected_ids_takes_them_away() -> None:
    assert status(rejected={}, before=BEFORE).rejected_models == ()


def test_a_primary_that_is_gone_is_taken_away() -> None:
    assert status(*served("b"), before=BEFORE).primary_model is None


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({}, None, id="nothing without a key"),
        pytest.param({"auth": {}}, {"env": "VLLM_API_KEY"}, id="the variable alone"),
        pytest.param(
            {"auth": {"apiKeySecretRef": {"name": "s", "key": "k"}, "apiKeyEnv": "KEY"}},
            {"env": "KEY", "secretName": "s", "secretKey": "k"},
            id="the variable and where its value is",
        ),
    ],
)
def test_an_agent_has_to_set(spec: Wire, expected: Wire | None) -> None:
    result = status(**spec).credentials
    assert (result and result.model_dump(exclude_none=True)) == expected


@pytest.mark.parametrize(
    "models",
    [
        pytest.param((), id="without models"),
        pytest.param(served("a", "ünï☃", "a b", "${X}", 'q"'), id="with odd ids"),
        pytest.param(
            (*served("a" * 512, context=2**63 - 1), ServedModel("l", "a" * 600)), id="long"
        ),
    ],
)
def test_a_status_that_is_read_back_is_the_same(models: tuple[ServedModel, ...]) -> None:
    rejected = {"bad@": Rejection.INVALID_REFERENCE, "a\x00b": Rejection.INVALID_CHARACTERS}
    written = status(*models, rejected=rejected, auth={})
    read = VllmProvider.read(builders.manifest(status=written.model_dump(exclude_none=True)))
    assert read.status == written


def test_a_status_that_cannot_be_read_counts_as_none() -> None:
    assert builders.resource(status={"models": "x"}).status == VllmProviderStatus()
