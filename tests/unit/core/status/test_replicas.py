"""Replicas in the status: how many there are, and which models only some of them serve."""

from dataclasses import replace

import pytest

from openclaw_vllm.api.status import ModelStatus, ReplicasStatus, VllmProviderStatus
from openclaw_vllm.core.discovery.ids import Rejection
from openclaw_vllm.core.discovery.replicas import Replica, Replicas
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.discovery.survey import Survey
from openclaw_vllm.core.status.replicas import (
    replicas_advice,
    replicas_status,
    source_replicas,
    with_partial_models,
)
from tests import builders

TWO = Replicas(frozenset({Replica("10.0.0.1"), Replica("10.0.0.2")}))
EACH = builders.spec(discovery={"replicas": "Each"})
SPEC = builders.spec(discovery={"exclude": ["*-draft"]})


def server(replicas: Replicas | None = TWO, survey: Survey | None = None) -> ServerState:
    return ServerState(builders.resource().request, replicas=replicas, survey=survey)


def status(**replicas: int) -> VllmProviderStatus:
    endpoint = {"baseUrl": "http://a.test/v1", "replicas": {"ready": 2, **replicas}}
    return VllmProviderStatus.model_validate({"endpoint": endpoint})


DIFFERING = ReplicasStatus(ready=2, asked=2, differing=1)


@pytest.mark.parametrize(
    ("state", "last", "expected"),
    [
        pytest.param(server(None), DIFFERING, None, id="no slices"),
        pytest.param(server(), None, ReplicasStatus(ready=2), id="the Service"),
        pytest.param(server(survey=Survey(2, 1)), None, DIFFERING, id="each"),
        pytest.param(server(), DIFFERING, DIFFERING, id="a restart, before the next answers"),
    ],
)
def test_the_replicas_that_are_shown(
    state: ServerState, last: ReplicasStatus | None, expected: ReplicasStatus | None
) -> None:
    assert replicas_status(EACH, last, state) == expected
    assert source_replicas(EACH, last, state) == expected


def test_the_service_asked_again_shows_no_answers_of_each() -> None:
    assert replicas_status(SPEC, DIFFERING, server()) == ReplicasStatus(ready=2)


def test_a_catalog_shows_replicas_where_each_is_asked_and_after_a_restart_too() -> None:
    assert source_replicas(EACH, DIFFERING, None) == DIFFERING
    assert source_replicas(SPEC, DIFFERING, None) is None
    assert source_replicas(SPEC, DIFFERING, server()) is None


def test_models_of_some_replicas_are_named_unless_they_are_left_out_anyway() -> None:
    partial = {"lora": 1, "new": 2, "small-draft": 1, "a b": 1}
    discovery = replace(server().discovery, rejected={"a b": Rejection.INVALID_CHARACTERS})
    state = replace(server(survey=Survey(3, 1, partial)), discovery=discovery)
    published = [ModelStatus(id=id_, ref=f"vllm/{id_}") for id_ in ("m", "lora")]
    models = with_partial_models(published, SPEC, state)
    assert [(model.id, model.state, model.replicas) for model in models] == [
        ("lora", "Partial", 1),
        ("m", "Served", None),
        ("new", "Partial", 2),
    ]


@pytest.mark.parametrize(
    ("before", "after", "reasons"),
    [
        pytest.param(status(), status(differing=1), ["ReplicasDiffer"], id="they begin to"),
        pytest.param(status(differing=1), status(differing=2), [], id="they go on"),
        pytest.param(status(differing=1), status(differing=0), ["ReplicasAgree"], id="they cease"),
        pytest.param(status(differing=1), status(), ["ReplicasAgree"], id="asked no more"),
        pytest.param(VllmProviderStatus(), status(), [], id="they never did"),
    ],
)
def test_what_is_told_of_replicas(
    before: VllmProviderStatus, after: VllmProviderStatus, reasons: list[str]
) -> None:
    assert [reason for reason, _ in replicas_advice(before, after)] == reasons
