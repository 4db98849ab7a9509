"""A write war over a VllmProvider's ConfigMap, on a clock of our own, from its start to its end."""

from dataclasses import replace

from openclaw_vllm.api.conditions import ConditionType
from openclaw_vllm.core.publication.contest import report_in
from openclaw_vllm.reconcile.provider import reconcile
from tests import builders
from tests.harnesses.provider import ProviderHarness

FLUX, INTERVAL = "kustomize-controller", 600.0


class ContestHarness(ProviderHarness):
    """A VllmProvider with models, whose ConfigMap somebody else writes too."""

    def __init__(self) -> None:
        super().__init__(builders.resource(builders.wire_spec(discovery={"interval": "1h"})))
        self.server.listed = frozenset("a")
        self.texts = 0

    @property
    def ready(self) -> tuple[str, str]:
        conditions = {one.type: one for one in self.cluster.resource.status.conditions}
        ready = conditions[ConditionType.READY]
        return ready.status, ready.reason

    @property
    def message(self) -> str:
        return report_in(self.cluster.resource.status.conditions)

    @property
    def is_ours(self) -> bool:
        assert self.cluster.published is not None
        return self.cluster.published.is_unmodified

    async def reconcile(self) -> float:
        """Reconcile now; return in how many seconds it is to be done again."""
        delay = await reconcile(self.cluster.resource.key, self.context)
        assert delay is not None
        return delay

    async def run(self, seconds: float = 0.0) -> None:
        """Reconcile now, and whenever it is time within these seconds."""
        end = self.now + seconds
        while self.now + (delay := await self.reconcile()) <= end:
            self.now += delay
        self.now = end

    async def overwrite(self, manager: str = FLUX) -> None:
        """Have a manager put its text in, as a watch shows it."""
        self.texts += 1
        key, published = self.cluster.resource.config_map, self.cluster.published
        assert published is not None
        version = f"9{self.texts:03}"
        self.cluster.config_maps[key] = self.context.cache.published[key] = replace(
            published, digest="of Git", writer=manager, resource_version=version
        )
        await self.run()


async def test_a_war_is_said_slowed_down_and_forgotten() -> None:
    it = ContestHarness()
    await it.run()
    for _ in range(2):
        await it.overwrite()
        assert (it.is_ours, it.ready) == (True, ("True", "Succeeded"))
        await it.run(INTERVAL)
    await it.overwrite()
    assert (it.is_ours, it.ready) == (True, ("False", "Contested"))
    await it.run(INTERVAL)
    await it.overwrite()
    assert (it.is_ours, it.ready) == (False, ("False", "Contested"))
    await it.run(2)
    assert (it.is_ours, it.ready) == (True, ("False", "Contested"))
    await it.run(2 * INTERVAL)
    assert (it.is_ours, it.ready) == (True, ("True", "Succeeded"))


async def contested() -> ContestHarness:
    """Return a VllmProvider whose ConfigMap Flux has overwritten three times."""
    it = ContestHarness()
    await it.run()
    for _ in range(2):
        await it.overwrite()
        await it.run(INTERVAL)
    await it.overwrite()
    assert (it.is_ours, it.ready) == (True, ("False", "Contested"))
    return it


async def test_a_contest_outlives_a_restart_which_writes_nothing() -> None:
    it = await contested()
    before = it.written
    it.restart()
    await it.run(INTERVAL)
    assert it.written == before
    await it.overwrite()
    assert (it.is_ours, it.ready) == (False, ("False", "Contested"))
    assert "4 times" in it.message


async def test_a_restart_repairs_at_once_what_waited_and_holds_the_next() -> None:
    it = await contested()
    await it.run(INTERVAL)
    await it.overwrite()
    assert not it.is_ours
    it.restart()
    await it.run()
    assert (it.is_ours, it.ready) == (True, ("False", "Contested"))
    await it.overwrite()
    assert (it.is_ours, it.ready) == (False, ("False", "Contested"))


async def test_a_contest_that_ended_before_a_restart_is_over_within_the_hour() -> None:
    it = await contested()
    it.restart()
    await it.run(3600)
    assert (it.is_ours, it.ready) == (True, ("True", "Succeeded"))


async def test_a_text_of_another_manager_after_a_restart_is_no_contest_of_its_own() -> None:
    it = await contested()
    it.restart()
    await it.run()
    await it.overwrite("kubectl")
    assert (it.is_ours, it.ready) == (True, ("True", "Succeeded"))


async def test_a_fast_war_costs_few_writes() -> None:
    it = ContestHarness()
    await it.run()
    start, before = it.now, it.cluster.writes.count("map")
    while it.now < start + 600:
        if it.is_ours:
            it.now += 0.05
            await it.overwrite("argocd-controller")
        else:
            it.now += await it.reconcile()
    assert it.cluster.writes.count("map") - before <= 12
