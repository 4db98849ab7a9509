"""What is read at the start, and what it can do without."""

from dataclasses import replace

import pytest

from openclaw_vllm.controllers import priming
from openclaw_vllm.edges.kube.replies import Rejected
from tests.fakes.cluster import Action, FakeCluster
from tests.fakes.context import fake_context


async def test_without_the_right_to_list_slices_the_operator_starts_and_says_so(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def refuse(action: Action) -> None:
        if action.resource == "endpointslices":
            raise Rejected("listing endpointslices: 403 forbidden")

    async with fake_context() as place:
        cluster = FakeCluster()
        cluster.react = refuse
        await priming.prime_caches(replace(place.context, cluster=cluster), ())
    (message,) = caplog.messages
    assert "grant the operator list and watch on endpointslices of discovery.k8s.io" in message
