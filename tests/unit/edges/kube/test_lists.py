"""Lists come in pages: the first of ConfigMaps is short, and later ones are as long as they may."""

from collections.abc import Mapping
from typing import Any

import pytest

from openclaw_vllm.edges.kube.apiserver import ApiServer
from openclaw_vllm.edges.kube.cluster import FIRST_PAGE, PAGE, PAGE_BYTES, Cluster
from openclaw_vllm.edges.kube.replies import Reply

KIB, MIB = 1024, 1024 * 1024


class Pages(ApiServer):
    """An API server that lists ConfigMaps of one size, and records how many it was asked for."""

    def __init__(self, count: int, size: int) -> None:
        self.left, self.size = count, size
        self.limits: list[int] = []

    async def get(
        self,
        path: str,
        query: Mapping[str, str | int] | None = None,
        accept: str = "application/json",
    ) -> Reply:
        assert query is not None
        assert ("continue" in query) is bool(self.limits)
        limit = int(query["limit"])
        self.limits.append(limit)
        sent = min(limit, self.left)
        self.left -= sent
        metadata = {"continue": "more"} if self.left else {}
        return Reply(200, {"metadata": metadata, "items": [{}] * sent}, sent * self.size)


async def limits(count: int, size: int, **options: Any) -> list[int]:
    server = Pages(count, size)
    items = [item async for item in Cluster(server).list_objects("configmaps", (), **options)]
    assert len(items) == count
    return server.limits


@pytest.mark.parametrize(
    ("size", "later"),
    [
        pytest.param(4 * KIB, PAGE, id="small ones"),
        pytest.param(MIB, PAGE_BYTES // MIB, id="large ones"),
        pytest.param(2 * PAGE_BYTES, 1, id="enormous ones"),
    ],
)
async def test_pages_of_configmaps_are_as_long_as_their_bytes_allow(size: int, later: int) -> None:
    first, *others = await limits(FIRST_PAGE + 3, size)
    assert first == FIRST_PAGE
    assert set(others) == {later}


async def test_ten_thousand_small_ones_take_two_dozen_requests() -> None:
    assert len(await limits(10_000, 4 * KIB)) == 21


async def test_pages_of_metadata_are_long_from_the_first_on() -> None:
    assert await limits(PAGE + 1, KIB, metadata_only=True) == [PAGE, PAGE]


async def test_an_empty_page_is_no_end_and_no_division_by_zero() -> None:
    assert await limits(0, MIB) == [FIRST_PAGE]
