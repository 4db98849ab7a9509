"""Longest outputs of models that think, as an earlier version published them: they stay."""

import json
from typing import Any

import pytest

from openclaw_vllm.api.configmap import MODELS, ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.core.config.documents import Documents
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.publication.last_published import LastPublished
from openclaw_vllm.core.publication.plan import Plan, plan_publication
from tests import builders
from tests.builders import Wire, spec_of
from tests.builders.plans import plan, publish, resource

BIG, SMALL = ServedModel("big", context=131072), ServedModel("small", context=16384)
THINKS: Wire = {"modelDefaults": {"reasoning": True}}
FORMER = {"big": 8192, "small": 4096}
LENGTHS = {"big": 32768, "small": 8192}


def lengths(plan: Plan) -> dict[str, int]:
    assert plan.documents is not None, plan.problem
    provider = json.loads(plan.documents.data[MODELS])["providers"]["vllm"]
    return {model["id"]: model["maxTokens"] for model in provider["models"]}


def of_earlier_version(
    *models: ServedModel, thinks: bool = True
) -> tuple[VllmProvider, ConfigMapState]:
    """A VllmProvider and its ConfigMap, with the lengths that an earlier version published."""
    overrides = [{"match": id_, "maxTokens": length} for id_, length in FORMER.items()]
    same = resource(modelDefaults={"reasoning": thinks}, modelOverrides=overrides)
    _, existing = publish(same, plan(same, *models))
    written = resource(**THINKS)
    return builders.with_status(written, observedGeneration=1), existing


def test_an_upgrade_changes_no_byte() -> None:
    updated, existing = of_earlier_version(BIG, SMALL)
    kept = plan(updated, BIG, SMALL, existing=existing)
    assert kept.documents is not None
    assert kept.documents.digest == existing.digest


@pytest.mark.parametrize(
    ("models", "expected"),
    [
        pytest.param((BIG, SMALL), FORMER, id="a new model"),
        pytest.param((ServedModel("big", context=16384),), {"big": 4096}, id="a smaller context"),
        pytest.param((ServedModel("big", "", 131072, 1024),), {"big": 1024}, id="a limit"),
    ],
)
def test_later_lists_are_published_with_the_former_lengths_too(
    models: tuple[ServedModel, ...], expected: dict[str, int]
) -> None:
    updated, existing = of_earlier_version(BIG)
    assert lengths(plan(updated, *models, existing=existing)) == expected


def test_they_stay_when_the_config_map_was_deleted() -> None:
    updated, existing = of_earlier_version(BIG, SMALL)
    last = LastPublished(Documents({MODELS: existing.models_json}, existing.digest))
    server = builders.server_state(updated, BIG, SMALL)
    again = plan_publication(updated, spec_of(updated), server.discovery, None, None, last)
    assert lengths(again) == FORMER


def test_what_the_spec_says_is_published() -> None:
    _, existing = of_earlier_version(BIG, SMALL)
    asked = resource(2, modelDefaults={"reasoning": True, "maxTokens": 16384})
    assert set(lengths(plan(asked, BIG, SMALL, existing=existing)).values()) == {16384}


def test_a_new_one_has_the_lengths_of_this_version_and_keeps_them() -> None:
    new = resource(**THINKS)
    first = plan(new, BIG, SMALL)
    assert lengths(first) == LENGTHS
    updated, existing = publish(new, first)
    assert lengths(plan(updated, SMALL, existing=existing)) == {"small": 8192}
    assert lengths(plan(updated, BIG, SMALL, existing=existing)) == LENGTHS


@pytest.mark.parametrize(
    "limited", [pytest.param(8192, id="as long as before"), pytest.param(4096, id="shorter")]
)
def test_a_limit_of_the_server_is_no_sign_of_an_earlier_version(limited: int) -> None:
    new = resource(**THINKS)
    updated, existing = publish(new, plan(new, ServedModel("big", "", 131072, limited)))
    more = (ServedModel("big", "", 131072, limited), ServedModel("other", context=131072))
    assert lengths(plan(updated, *more, existing=existing)) == {"big": limited, "other": 32768}


def test_a_model_that_begins_to_think_has_the_length_of_this_version() -> None:
    updated, existing = of_earlier_version(BIG, thinks=False)
    assert lengths(plan(updated, BIG, existing=existing)) == {"big": 32768}


def test_a_length_that_the_spec_had_is_no_sign_of_an_earlier_version() -> None:
    updated, existing = of_earlier_version(BIG)
    status = {"id": "big", "ref": "vllm/big", "maxTokens": 8192, "maxTokensSource": "Override"}
    updated = builders.with_status(updated, models=[status])
    assert lengths(plan(updated, BIG, existing=existing)) == {"big": 32768}


@pytest.mark.parametrize(
    ("former", "expected"),
    [
        pytest.param({"maxTokens": 8192}, 8192, id="of an earlier version"),
        pytest.param({}, 32768, id="of this version"),
    ],
)
def test_explicit_models_keep_theirs_too(former: dict[str, Any], expected: int) -> None:
    model = {"id": "my/model", "reasoning": True, "contextWindow": 131072}
    before = resource(models=[{**model, **former}])
    _, existing = publish(before, plan(before))
    updated = builders.with_status(resource(models=[model]), observedGeneration=1)
    assert lengths(plan(updated, existing=existing)) == {"my/model": expected}
