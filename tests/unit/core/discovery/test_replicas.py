"""Replicas of a Service, whatever its EndpointSlices look like."""

import pytest

from openclaw_vllm.api.endpoint_slice import EndpointSlice
from openclaw_vllm.core.discovery.replicas import Replica, Replicas, have_changed, replicas_of
from tests.builders import Wire
from tests.builders.slices import (
    ENDING,
    ENDING_PUBLISHED,
    PUBLISHED,
    READY,
    STARTING,
    UNSAID,
    endpoint_slice,
    endpoints,
)

HTTP = (("http", 8000),)
THOUSAND = [f"10.0.{high}.{low}" for high in range(4) for low in range(250)]


def ready(*addresses: str, **others: int) -> Replicas:
    return Replicas(
        frozenset(Replica(address, HTTP) for address in addresses), ports=HTTP, **others
    )


@pytest.mark.parametrize(
    ("slices", "replicas"),
    [
        pytest.param([], None, id="no slice, as without their controller"),
        pytest.param([endpoint_slice(family="FQDN")], None, id="one that names hosts"),
        pytest.param([endpoint_slice()], ready(), id="an empty slice, as of zero pods"),
        pytest.param([endpoint_slice("10.0.0.1")], ready("10.0.0.1"), id="one replica"),
        pytest.param(
            [endpoint_slice("10.0.0.1"), endpoint_slice("10.0.0.2")],
            ready("10.0.0.1", "10.0.0.2"),
            id="two slices",
        ),
        pytest.param(
            [endpoint_slice("10.0.0.1", others=endpoints(STARTING, "10.0.0.2", "10.0.0.3"))],
            ready("10.0.0.1", unready=2),
            id="some that start",
        ),
        pytest.param(
            [endpoint_slice(others=endpoints(ENDING, "10.0.0.1"))],
            ready(terminating=1),
            id="one that ends and still serves",
        ),
        pytest.param(
            [endpoint_slice(others=endpoints(ENDING_PUBLISHED, "10.0.0.1"))],
            ready(terminating=1),
            id="one that ends and is published all the same",
        ),
        pytest.param(
            [endpoint_slice("10.0.0.1"), endpoint_slice(others=endpoints(STARTING, "10.0.0.1"))],
            ready("10.0.0.1"),
            id="one that moves between slices",
        ),
        pytest.param(
            [endpoint_slice(others=endpoints({}, "10.0.0.1"))],
            ready("10.0.0.1"),
            id="one by hand, without conditions",
        ),
        pytest.param(
            [endpoint_slice(others=endpoints(UNSAID, "10.0.0.1"))],
            ready("10.0.0.1"),
            id="one by hand, with conditions that are null",
        ),
        pytest.param(
            [endpoint_slice("10.0.0.1"), endpoint_slice("10.0.0.1")],
            ready("10.0.0.1"),
            id="one in two slices",
        ),
        pytest.param(
            [endpoint_slice("10.0.0.1"), endpoint_slice(others=endpoints(ENDING, "10.0.0.1"))],
            ready("10.0.0.1"),
            id="one that ends in another slice",
        ),
        pytest.param(
            [endpoint_slice("10.0.0.1"), endpoint_slice("vllm.test", family="FQDN")],
            ready("10.0.0.1"),
            id="one beside a host",
        ),
        pytest.param(
            [endpoint_slice("10.0.0.1", "10.0.0.2"), endpoint_slice("fd00::1", family="IPv6")],
            ready("10.0.0.1", "10.0.0.2"),
            id="dual stack: each replica once",
        ),
        pytest.param(
            [endpoint_slice(), endpoint_slice("fd00::1", family="IPv6")],
            ready("fd00::1"),
            id="IPv6 alone is ready",
        ),
        pytest.param([endpoint_slice(*THOUSAND)], ready(*THOUSAND), id="a thousand endpoints"),
    ],
)
def test_the_replicas_of_these_slices(slices: list[Wire], replicas: Replicas | None) -> None:
    assert replicas_of(EndpointSlice.read(one) for one in slices) == replicas


FIRST, NEXT = endpoints(READY, "10.0.0.1", pod="a"), endpoints(READY, "10.0.0.1", pod="b")


@pytest.mark.parametrize(
    ("before", "after", "changed"),
    [
        pytest.param(FIRST, FIRST, False, id="the same pod"),
        pytest.param(FIRST, NEXT, True, id="another pod at the same address"),
        pytest.param(
            endpoints(PUBLISHED, "10.0.0.1", pod="a"), FIRST, True, id="published before it served"
        ),
    ],
)
def test_one_replica_is_told_from_another_at_its_address(
    before: list[Wire], after: list[Wire], *, changed: bool
) -> None:
    was, now = (
        replicas_of([EndpointSlice.read(endpoint_slice(others=one))]) for one in (before, after)
    )
    assert have_changed(was, now, waits=False) is changed


def test_each_replica_has_the_ports_of_its_own_slices() -> None:
    slices = [
        endpoint_slice("10.0.0.1"),
        endpoint_slice("10.0.0.2", ports=[("http", 9000)]),
        endpoint_slice("10.0.0.3", ports=[]),
        endpoint_slice("10.0.0.3", ports=[("metrics", 1), ("http", 9000)]),
    ]
    replicas = replicas_of(EndpointSlice.read(one) for one in slices)
    assert replicas is not None
    assert {one.address: one.ports for one in replicas.ready} == {
        "10.0.0.1": HTTP,
        "10.0.0.2": (("http", 9000),),
        "10.0.0.3": (("http", 9000), ("metrics", 1)),
    }


@pytest.mark.parametrize("empty", [{}, {"endpoints": None, "ports": None, "addressType": "IPv4"}])
def test_a_slice_with_hardly_anything_can_be_read(empty: Wire) -> None:
    metadata = {"name": "by-hand", "namespace": "agents", "labels": None}
    one = EndpointSlice.read({"metadata": metadata, **empty})
    assert (one.service.name, one.endpoints, one.ports) == ("", (), ())
