"""Reading again the ConfigMaps that a spec names, though its server is asked far more rarely."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.edges.kube import readings
from openclaw_vllm.edges.kube.readings import Readings
from openclaw_vllm.reconcile.provider import reconcile
from openclaw_vllm.reconcile.references import CONFIG_MAP_AGE
from tests import builders
from tests.fakes.context import FakeReader
from tests.fakes.prober import FakeProber
from tests.harnesses.controller import controller_harness, objects_of_earlier_process
from tests.harnesses.provider import ProviderHarness

DAY = 24 * 3600.0
BASE = {"baseConfigRef": {"name": "base"}}


class DailyHarness(ProviderHarness):
    """A VllmProvider whose server is asked once a day."""

    def __init__(self, **spec: Any) -> None:
        self.reader = FakeReader[Any](
            Reason.BASE_CONFIG_INVALID, {"base": {"openclaw.json5": "{}"}}
        )
        wire = builders.wire_spec(discovery={"interval": "24h"}, **spec)
        super().__init__(builders.resource(wire))

    def restart(self) -> None:
        super().restart()
        self.vllm = FakeProber(frozenset("a"))
        config_maps = Readings(self.reader.read)
        self.context = replace(self.context, prober=self.vllm, config_maps=config_maps)

    async def run(self) -> float:
        """Reconcile when it wants to; return how long it then wants to wait."""
        delay = await reconcile(self.cluster.resource.key, self.context)
        assert delay is not None
        self.now += delay
        return delay


@pytest.fixture
def looking(monkeypatch: pytest.MonkeyPatch) -> DailyHarness:
    life = DailyHarness(output=BASE)
    monkeypatch.setattr(readings, "time", SimpleNamespace(monotonic=lambda: life.now))
    return life


async def test_a_base_configuration_is_read_every_ten_minutes_and_without_a_request(
    looking: DailyHarness,
) -> None:
    await looking.run()
    written = looking.written
    delays = [await looking.run() for _ in range(20)]
    assert delays == [CONFIG_MAP_AGE] * 20
    assert looking.reader.reads == 21
    assert (looking.vllm.lists, looking.written) == (1, written)


async def test_a_secret_with_the_ca_is_read_as_often() -> None:
    ca = {"kind": "Secret", "name": "vllm-tls"}
    life = DailyHarness(baseUrl="https://vllm.example.test", tls={"caBundleRef": ca})
    assert await life.run() <= CONFIG_MAP_AGE


async def test_its_change_is_published_within_ten_minutes(looking: DailyHarness) -> None:
    await looking.run()
    looking.reader.objects["base"] = {"openclaw.json5": "{logging: {level: 'debug'}}"}
    assert looking.cluster.writes.count("map") == 1
    await looking.run()
    assert looking.cluster.writes.count("map") == 2
    assert looking.vllm.lists == 1


async def test_the_server_is_probed_at_its_own_time(looking: DailyHarness) -> None:
    start = looking.now
    while looking.vllm.lists < 2:
        await looking.run()
    assert looking.now - start > DAY / 2


async def test_a_spec_that_names_none_is_left_alone_for_the_interval() -> None:
    life = DailyHarness()
    assert await life.run() >= DAY / 2
    assert life.reader.reads == 0


@pytest.mark.parametrize(
    ("output", "longest"),
    [pytest.param({}, DAY, id="its interval"), pytest.param(BASE, CONFIG_MAP_AGE, id="a look")],
)
async def test_after_a_restart_it_waits_no_longer_than(
    output: dict[str, Any], longest: float
) -> None:
    provider, config_map = objects_of_earlier_process()
    provider["spec"] = builders.wire_spec(discovery={"interval": "24h"}, output=output)
    delays: list[float] = []
    async with controller_harness() as s:
        s.restart(30, provider, config_map)
        delays = s.queue.delays
    assert len(delays) == 30
    assert longest / 2 < max(delays) <= longest
    assert min(delays) < longest / 4  # spread
