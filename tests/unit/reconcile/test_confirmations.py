"""Questions that are asked again soon after replicas changed, since nodes route to them late."""

from dataclasses import replace

from openclaw_vllm.api.endpoint_slice import EndpointSlice
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.vllm.probe_request import CONNECT_TIMEOUT, ProbeRequest, ProbeResponse
from tests import builders
from tests.builders.slices import endpoint_slice
from tests.fakes.prober import FakeProber
from tests.harnesses.provider import ProviderHarness

FORMER, NEW = frozenset("a"), frozenset("b")
ONE, TWO = "10.0.0.1", "10.0.0.2"


def harness(*ready: str) -> ProviderHarness:
    """Return a VllmProvider for a Service with these replicas, which has answered once."""
    spec = builders.wire_spec(baseUrl="http://vllm.models.svc:8000")
    it = ProviderHarness(builders.resource(spec))
    scale(it, *ready)
    it.probe(FORMER)
    return it


def scale(it: ProviderHarness, *ready: str) -> None:
    wire = endpoint_slice(*ready, namespace="models")
    it.context.cache.slices.upsert(ObjectKey("models", "vllm-1"), EndpointSlice.read(wire))


def reachable(it: ProviderHarness) -> str:
    conditions = it.cluster.resource.status.conditions
    return next(f"{c.status} {c.reason}" for c in conditions if c.type == "ServerReachable")


def test_a_former_replica_that_a_node_still_routes_to_hides_no_new_model() -> None:
    it = harness(ONE)
    scale(it, TWO)
    for listed in (FORMER, NEW, FORMER, FORMER):
        it.probe(listed)
    assert it.published == FORMER | NEW


def test_a_former_replica_s_answers_do_not_remove_what_the_new_one_serves() -> None:
    """They count for nothing: at the interval the former model goes, and the new one stays."""
    it = harness(ONE)
    scale(it, TWO)
    for listed in (NEW, *[FORMER] * 6, NEW):
        it.probe(listed)
    assert it.published == FORMER | NEW
    it.probe(NEW)
    assert it.published == NEW


def test_a_node_that_does_not_route_to_the_first_replica_yet_is_no_outage() -> None:
    it = harness()
    scale(it, TWO)
    it.probe(None)
    assert reachable(it) == "Unknown NoReadyEndpoints"
    it.probe(FORMER)
    assert reachable(it) == "True Succeeded"


def test_a_server_that_refuses_until_the_last_confirmation_is_an_outage() -> None:
    it = harness(ONE)
    scale(it, TWO)
    for _ in range(7):
        assert reachable(it) == "True Succeeded"
        it.probe(None)
    assert reachable(it) == "False ConnectionFailed"


class Connected(FakeProber):
    """Records how long each question waits for a connection, in seconds."""

    def __init__(self) -> None:
        super().__init__(FORMER)
        self.timeouts: list[float] = []

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        self.timeouts.append(question.connect_timeout)
        return await super().ask(question)


def test_a_former_replica_that_is_gone_holds_up_no_question_but_the_last() -> None:
    it = harness(ONE)
    server = Connected()
    it.server, it.context = server, replace(it.context, prober=server)
    scale(it, TWO)
    for _ in range(7):
        it.probe(FORMER)
    *earlier, last = server.timeouts
    assert max(earlier) < 1
    assert last == CONNECT_TIMEOUT
