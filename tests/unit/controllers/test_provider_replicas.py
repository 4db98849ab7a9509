"""Events of EndpointSlices: whoever asks a Service is woken when other replicas are ready."""

import pytest

from openclaw_vllm.api.keys import ObjectKey
from tests import builders
from tests.builders import NAMESPACE, Wire
from tests.builders.slices import STARTING, endpoint_slice, endpoints
from tests.harnesses.controller import ControllerHarness, controller_harness

ONE, TWO = "10.0.0.1", "10.0.0.2"


def naming_service(harness: ControllerHarness) -> ControllerHarness:
    return harness.with_known_provider(spec=builders.wire_spec(serviceRef={"name": "vllm"}))


@pytest.mark.parametrize(
    ("before", "after", "woken"),
    [
        pytest.param([], endpoint_slice(ONE), True, id="the first replica"),
        pytest.param([endpoint_slice()], endpoint_slice(ONE), True, id="up from zero"),
        pytest.param([endpoint_slice(ONE)], endpoint_slice(), True, id="down to zero"),
        pytest.param([endpoint_slice(ONE)], endpoint_slice(TWO), True, id="another replica"),
        pytest.param([endpoint_slice(ONE)], endpoint_slice(ONE), False, id="the same again"),
        pytest.param([], endpoint_slice(ONE, service="other"), False, id="of another Service"),
        pytest.param([], endpoint_slice(ONE, namespace="other"), False, id="of another namespace"),
        pytest.param(
            [endpoint_slice(ONE, name="old")], endpoint_slice(ONE, name="new"), False, id="moved"
        ),
        pytest.param(
            [endpoint_slice(ONE)],
            endpoint_slice(ONE, service="other"),
            True,
            id="a slice that is given to another Service",
        ),
    ],
)
async def test_a_slice_wakes_who_asks_its_service(
    before: list[Wire], after: Wire, *, woken: bool
) -> None:
    async with controller_harness() as harness:
        for one in before:
            harness.providers.slices.on_slice_event("ADDED", one)
        naming_service(harness).providers.slices.on_slice_event("MODIFIED", after)
        assert bool(harness.queue.take()) is woken


async def test_replicas_that_start_are_reported_too() -> None:
    async with controller_harness() as harness:
        naming_service(harness)
        starting = endpoint_slice(others=endpoints(STARTING, ONE))
        harness.providers.slices.on_slice_event("ADDED", starting)
        assert harness.queue.take() == ["vllm"]


async def test_a_slice_that_is_deleted_wakes_and_one_that_took_its_name_stays() -> None:
    async with controller_harness() as harness:
        slices = naming_service(harness).providers.slices
        slices.on_slice_event("ADDED", endpoint_slice(ONE, uid="new"))
        harness.queue.take()
        slices.on_slice_event("DELETED", endpoint_slice(ONE, uid="old"))
        service = ObjectKey(NAMESPACE, "vllm")
        assert len(harness.context.cache.slices_of(service)) == 1
        slices.on_slice_event("DELETED", endpoint_slice(ONE, uid="new"))
        assert harness.context.cache.slices_of(service) == ()


async def test_slices_that_may_not_be_watched_any_more_wake_who_asks_their_service() -> None:
    async with controller_harness() as harness:
        harness.providers.slices.on_slice_event("ADDED", endpoint_slice())
        naming_service(harness).providers.slices.on_slices_refused(NAMESPACE)
        assert harness.queue.take() == ["vllm"]


@pytest.mark.parametrize(
    ("refused", "left"),
    [("", set()), (NAMESPACE, {"models"}), ("other", {NAMESPACE, "models"})],
)
async def test_slices_that_may_not_be_watched_are_forgotten(refused: str, left: set[str]) -> None:
    async with controller_harness() as harness:
        for namespace in (NAMESPACE, "models"):
            one = endpoint_slice(ONE, namespace=namespace)
            harness.providers.slices.on_slice_event("ADDED", one)
        harness.providers.slices.on_slices_refused(refused)
        assert {key.namespace for key in harness.context.cache.slices} == left
