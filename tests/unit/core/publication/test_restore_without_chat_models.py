"""A server without a model that chats, after a restart: its empty list is not awaited again."""

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import Task
from openclaw_vllm.core.discovery.ids import Rejection
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.next_probe import schedule_next_probe
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.status.conditions import Outcomes, conditions
from openclaw_vllm.core.status.provider import Publication, summarize
from tests import builders
from tests.builders import CONNECTION, Wire, served, spec_of
from tests.builders.plans import decide

NOW = "2026-01-01T00:00:00Z"
DOWN = Problem(Reason.CONNECTION_FAILED, "down")
SERVERS: dict[str, tuple[tuple[ServedModel, ...], Task]] = {
    "by its routes": (tuple(served("bge")), "Embed"),
    "by routes for something else": (tuple(served("bge")), "Other"),
    "by its rows": ((ServedModel("bge", kind="Embedding"),), "Unknown"),
}


def published_by(how: str, **spec: object) -> tuple[VllmProvider, ConfigMapState]:
    """Return such a server's VllmProvider and ConfigMap, as a process leaves them."""
    models, task = SERVERS[how]
    resource = builders.resource(wire := builders.wire_spec(**spec))
    memory = builders.server_state(resource, *models).with_server_info("", task, 0.0)
    plan = decide(resource, spec_of(resource), memory, None)
    assert plan.documents is not None
    outcomes = Outcomes(None, None, None, plan.note, plan.reason)
    status = summarize(
        resource,
        spec_of(resource),
        conditions(outcomes, 1, (), NOW),
        memory,
        Publication((), "", plan.documents.digest),
    )
    wire_status: Wire = status.model_dump(exclude_none=True)
    config_map = builders.published(resource, plan.documents)
    return builders.resource(wire, wire_status), config_map


def restored(resource: VllmProvider, published: ConfigMapState) -> ServerState:
    server = builders.restored(resource, published)
    return server.with_endpoint(CONNECTION)


@pytest.mark.parametrize("how", SERVERS)
def test_the_status_says_which_models_do_not_chat(how: str) -> None:
    resource, published = published_by(how)
    assert [(one.id, one.reason) for one in resource.status.rejected_models] == [("bge", "NotChat")]
    assert restored(resource, published).discovery.rejected == {"bge": Rejection.NOT_CHAT}


@pytest.mark.parametrize("how", SERVERS)
def test_an_outage_counts_after_three_failures_and_says_nothing_else_of_the_list(how: str) -> None:
    resource, published = published_by(how)
    server = restored(resource, published).with_probe_failure(DOWN)
    assert server.is_within_threshold
    plan = decide(resource, spec_of(resource), server, published)
    assert (plan.problem, plan.reason) == (None, Reason.NO_CHAT_MODELS)


@pytest.mark.parametrize("how", SERVERS)
def test_one_that_is_asked_on_changes_alone_is_not_woken_by_a_restart(how: str) -> None:
    resource, published = published_by(how, discovery={"mode": "OnChange"})
    assert not restored(resource, published).schedule.is_due(1e9)


def test_a_server_that_lists_other_kinds_is_asked_early_a_few_times_and_on_changes_then() -> None:
    resource, _ = published_by("by its rows", discovery={"mode": "OnChange", "interval": "60s"})
    models, _ = SERVERS["by its rows"]
    server, times = builders.server_state(resource, *models), []
    for _ in range(7):
        server = schedule_next_probe(server, spec_of(resource).discovery, 0.0, 0.0)
        times.append(server.schedule.next_probe_at)
    assert times == [1, 2, 4, 8, 16, 32, float("inf")]
