"""Which answers count soon after replicas changed, when a node may route to a former one."""

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.discovery import DiscoverySpec
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.confirmation import is_inconclusive
from openclaw_vllm.core.discovery.ids import ModelList, validate_ids
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.next_probe import schedule_next_probe
from openclaw_vllm.core.discovery.replicas import Replica, Replicas
from openclaw_vllm.core.discovery.server import ServerState
from tests import builders
from tests.builders import CONNECTION, WALL

NOW = 1000.0
REFUSED = Problem(Reason.CONNECTION_FAILED, "refused")
UNAUTHORIZED = Problem(Reason.UNAUTHORIZED, "wrong key")
ASLEEP = Problem(Reason.NO_READY_ENDPOINTS, "it is scaled to zero")
A = ServedModel("a", context=8192)
RESOURCE = builders.resource()
ANSWERED = builders.server_state(RESOURCE, A)
NEVER_ANSWERED = ServerState(RESOURCE.request).with_endpoint(CONNECTION)


def changed(server: ServerState = ANSWERED) -> ServerState:
    """Have another replica ready: the server is to be asked at once."""
    former, new = (Replicas(frozenset([Replica(at)])) for at in ("10.0.0.1", "10.0.0.2"))
    return server.with_replicas(former).with_replicas(new)


def confirming(server: ServerState, times: int = 1) -> ServerState:
    """Have the next question be a confirmation."""
    for _ in range(times):
        server = schedule_next_probe(server, DiscoverySpec(), NOW, WALL)
    return server


def listing(*models: ServedModel) -> ModelList:
    return validate_ids(models)


@pytest.mark.parametrize(
    ("answer", "server", "ignored"),
    [
        pytest.param(REFUSED, changed(), True, id="refused at first"),
        pytest.param(REFUSED, confirming(changed()), True, id="refused, and not the last time"),
        pytest.param(REFUSED, confirming(changed(), 6), False, id="refused the last time"),
        pytest.param(REFUSED, ANSWERED, False, id="refused, and no replica changed"),
        pytest.param(REFUSED, changed(ANSWERED.without_probe(ASLEEP)), True, id="it wakes up"),
        pytest.param(REFUSED, changed(NEVER_ANSWERED), False, id="it never answered"),
        pytest.param(UNAUTHORIZED, changed(), False, id="an answer that is no route's fault"),
        pytest.param(listing(A), changed(), False, id="the first answer"),
        pytest.param(listing(A), confirming(changed()), True, id="the same again"),
        pytest.param(
            listing(A), confirming(changed(), 7), False, id="the same at the interval after"
        ),
        pytest.param(
            listing(ServedModel("b")), confirming(changed()), False, id="another replica's list"
        ),
        pytest.param(
            listing(ServedModel("a", context=4096)), confirming(changed()), False, id="less context"
        ),
        pytest.param(
            listing(ServedModel("a", context=16384)), confirming(changed()), True, id="more context"
        ),
        pytest.param(
            listing(A),
            confirming(changed(ANSWERED.with_probe_failure(REFUSED))),
            False,
            id="it ends an outage",
        ),
    ],
)
def test_which_answers_say_nothing(
    answer: ModelList | Problem, server: ServerState, *, ignored: bool
) -> None:
    assert is_inconclusive(answer, server) is ignored
