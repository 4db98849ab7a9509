"""The parts of `make bench` that need no API server."""

import os
from collections.abc import Iterator
from pathlib import Path

import aiohttp
import httpx
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from hack.bench import guard, processes
from hack.bench.builds import BASELINE
from hack.bench.client import Client
from hack.bench.figures import FLOOR, THIS, Figure
from hack.bench.plots import plot
from hack.bench.results import FLEET, Conditions, Results, Run
from hack.bench.scenarios import percentile
from hack.bench.servers import Servers, imitated
from hack.bench.tables import growth, table

SECONDS = Figure("burst", "seconds", "all Ready, s")
MACHINE = Conditions("abc1234", "2026-11-29", "3.11.2", 2, 0.1, 60.0)


@pytest.fixture
def run() -> Run:
    """Return three repetitions: this build takes 2 s, the floor 1 and the other build 4."""
    result = Run(MACHINE)
    for subject, values in ((FLOOR, (1, 1, 1)), (THIS, (1.5, 9, 2)), (BASELINE, (4, 4, 4))):
        for value in values:
            result.add("burst", subject, {"seconds": value})
    return result


def test_a_table_shows_medians_and_their_ratios(run: Run) -> None:
    assert table(run, [SECONDS]).splitlines()[-1] == (
        "| all Ready, s | 1.0 | 2.0 | 4.0 |  | 2.00 | 0.50 |"
    )


def test_a_table_leaves_out_what_was_not_measured(run: Run) -> None:
    assert len(table(run, [Figure("steady", "core_percent", "share")]).splitlines()) == 2


def test_growth_has_a_row_for_each_size(run: Run) -> None:
    rows = growth({10_000: run, 100: run}, SECONDS).splitlines()[2:]
    assert [row.split(" | ")[0] for row in rows] == ["| 100", "| 10 000"]


def test_a_plot_has_a_line_for_each_subject_that_was_measured(run: Run) -> None:
    drawn = plot({100: run, 1000: run}, SECONDS)
    assert drawn.count("<polyline") == 3
    assert drawn.count("<circle") == 6


def test_results_are_read_as_they_were_written(run: Run, tmp_path: Path) -> None:
    results = Results({FLEET: {1000: run}})
    results.write(tmp_path / "results.json")
    assert Results.read(tmp_path / "results.json") == results


@pytest.mark.parametrize(
    ("ratio", "complaints"), [(2.5, 0), (2.6, 0), (2.7, 1)], ids=["less", "just", "more"]
)
def test_the_guard_complains_above_its_tolerance(ratio: float, complaints: int) -> None:
    assert len(guard.judge({"burst": ratio}, {"burst": 2.0})) == complaints


@pytest.mark.parametrize(("share", "expected"), [(0.5, 2.0), (0.99, 4.0), (1.0, 4.0)])
def test_a_percentile_is_one_of_the_values(share: float, expected: float) -> None:
    assert percentile([4.0, 1.0, 3.0, 2.0], share) == expected


def test_time_and_memory_of_a_process_are_read() -> None:
    assert processes.cpu_seconds(os.getpid()) > 0
    assert 1 < processes.resident_mib(os.getpid()) <= processes.peak_mib(os.getpid())


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    with imitated(tmp_path_factory.mktemp("servers"), models=2) as running:
        yield running


def models_of(servers: Servers, number: int) -> int:
    answer = httpx.get(f"{servers.base_url(number)}/models", trust_env=False, timeout=5)
    return len(answer.raise_for_status().json()["data"])


def test_each_imitated_server_has_an_address_of_its_own_and_lists_models(servers: Servers) -> None:
    before = servers.answered()
    assert [models_of(servers, number) for number in (1, 300, 70_001)] == [2, 2, 2]
    assert len({servers.base_url(number) for number in range(1000)}) == 1000
    assert servers.answered() == before + 3


def test_the_servers_below_a_number_list_one_model_more(servers: Servers) -> None:
    servers.change_below(300)
    assert [models_of(servers, number) for number in (299, 300)] == [3, 2]
    servers.change_below(0)


def test_a_tenth_of_the_servers_hangs_when_told(tmp_path: Path) -> None:
    with imitated(tmp_path, models=2) as hanging:
        hanging.hang_every_tenth()
        assert models_of(hanging, 21) == 2
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(f"{hanging.base_url(20)}/models", trust_env=False, timeout=0.2)


async def test_a_watch_that_the_api_server_ends_is_followed_from_where_it_ended() -> None:
    asked: list[str] = []

    async def watch(request: web.Request) -> web.Response:
        asked.append(request.query["resourceVersion"])
        metadata = {"resourceVersion": str(int(asked[-1]) + 1)}
        return web.json_response({"type": "ADDED", "object": {"metadata": metadata}})

    app = web.Application()
    app.router.add_get("/objects", watch)
    async with TestServer(app) as server, aiohttp.ClientSession(server.make_url("/")) as session:
        objects = Client(session).follow("/objects", "7")
        versions = [(await anext(objects))["metadata"]["resourceVersion"] for _ in range(3)]
        await objects.aclose()  # type: ignore[attr-defined] # a generator at run time
    assert (asked, versions) == (["7", "8", "9"], ["8", "9", "10"])
