"""Killed at every write, a life goes as it goes without a crash; what is written is the same.

Not part of `make test`: `.venv/bin/python -m pytest tests/endurance` takes five minutes.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.apiserver.honesty import assert_honest
from tests.apiserver.proxy import Forward, Proxy, silence
from tests.apiserver.resident import Resident
from tests.apiserver.servers import BOTH, Servers, ServerThread
from tests.apiserver.workspace import GROUP, PROVIDERS, SOON, Provider, Workspace, soon, workspace
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync
from tests.operator_process import OperatorProcess
from tests.rights import assert_within_rights
from tests.vllm_server import Model, VllmServer

pytestmark = pytest.mark.timeout(600)

Json = dict[str, Any]

BEFORE, UNANSWERED, ANSWERED = "before it is sent", "before its answer", "after its answer"
USUAL = tuple(model.id for model in BOTH)
NEW = Model("org/new", 8192)
SPEC: Json = {
    "discovery": {"interval": "5s", "removeAfter": 1},
    "agents": {"primary": ["Qwen/*", "*"], "fallbacks": ["*"]},
}


@dataclass(frozen=True)
class Step:
    """Something that somebody does; then these models are published, and Ready says this."""

    act: Callable[[], object]
    models: tuple[str, ...]
    ready: str = "True Succeeded"


@dataclass(frozen=True)
class ProviderHarness:
    """What happens to a VllmProvider, in a namespace of its own, on servers that all share."""

    space: Workspace
    here: VllmServer
    there: VllmServer

    @property
    def provider(self) -> Provider:
        return Provider(self.space, "vllm", "vllm-openclaw")

    @property
    def steps(self) -> dict[str, Step]:
        """What happens, in its order."""
        edit, elsewhere = self.provider.edit, ("org/new", "org/other")
        wide, narrow = ({"maxModels": number} for number in (200, 1))
        return {
            "created": Step(self._create, USUAL),
            "a model more": Step(partial(self._list, *BOTH, NEW), (*USUAL, "org/new")),
            "models less": Step(partial(self._list, NEW), ("org/new",)),
            "moved": Step(partial(edit, baseUrl=self.there.base_url), elsewhere),
            "robbed": Step(self._rob, elsewhere),
            "narrowed": Step(partial(edit, discovery=narrow), elsewhere, "False TooManyModels"),
            "suspended": Step(partial(edit, suspend=True), elsewhere, "False Suspended"),
            "resumed": Step(partial(edit, suspend=False, discovery=wide), elsewhere),
        }

    def take(self, step: Step) -> Json:
        """Take a step, and return the state that it leads to."""
        step.act()
        self.provider.publishes(*step.models)
        self.provider.becomes(Ready=step.ready)
        soon(self._digests_agree, "the status tells what is published")
        return self.state

    @property
    def state(self) -> Json:
        """All that an operator has written, less times and identities."""
        result = self.space.get(PROVIDERS, "vllm")
        published = self.space.find("configmaps", "vllm-openclaw") or {"metadata": {}}
        metadata = published["metadata"]
        return {
            "status": _timeless(result["status"]),
            "data": published.get("data"),
            "labels": metadata.get("labels"),
            "annotations": metadata.get("annotations"),
            "owners": [owner["kind"] for owner in metadata.get("ownerReferences", ())],
        }

    def _digests_agree(self) -> bool:
        written = self.state
        digest = written["annotations"][f"{GROUP}/config-digest"]
        return bool(written["status"]["configMap"]["digest"] == digest)

    def _create(self) -> None:
        self.here.models = BOTH
        self.space.provider(self.here, **SPEC)

    def _list(self, *models: Model) -> None:
        self.here.models = models
        self.provider.annotate(requested_at=f"{len(models)} models")

    def _rob(self) -> None:
        self.space.delete("configmaps", "vllm-openclaw")


def _timeless(status: Json) -> Json:
    messages = status.get("conditions", ())
    dated = "lastTransitionTime"
    timeless = [{name: c[name] for name in c if name != dated} for c in messages]
    return {**status, "conditions": timeless}


class Killer:
    """Kills an operator at the first write of its kind in each step of a life."""

    def __init__(self, operator: OperatorProcess, moment: str) -> None:
        self.step = ""
        self.killed: set[tuple[str, str, str]] = set()
        self._operator = operator
        self._moment = moment

    async def __call__(self, request: web.Request, forward: Forward) -> web.StreamResponse:
        kind = (self.step, request.method, request.path)
        if request.method in ("GET", "HEAD") or kind in self.killed:
            return await forward()
        self.killed.add(kind)
        if self._moment == BEFORE:
            return await self._kill_instead(request, forward)
        answer = await forward()
        if self._moment == UNANSWERED:
            return await self._kill_instead(request, forward)
        await answer.prepare(request)
        await answer.write_eof()
        self._operator.process.kill()
        return answer

    async def _kill_instead(self, request: web.Request, forward: Forward) -> web.StreamResponse:
        self._operator.process.kill()
        return await silence(request, forward)


@pytest.fixture(scope="module")
def servers_of_all(server_thread: ServerThread) -> Iterator[tuple[VllmServer, VllmServer]]:
    with Servers(server_thread) as servers:
        yield servers.start(), servers.start(NEW, Model("org/other", 4096))


@pytest.fixture(scope="module")
def reference(
    control_plane: ControlPlane,
    operator_process: OperatorProcess,
    servers_of_all: tuple[VllmServer, VllmServer],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Json]:
    """Take every step without a crash, and return the state after each."""
    operator_process.kill()
    with workspace(control_plane, "a-life-without-a-crash") as space:
        operator = Resident(space, tmp_path_factory.mktemp("reference"))
        try:
            operator.start()
            life = ProviderHarness(space, *servers_of_all)
            states = {name: life.take(step) for name, step in life.steps.items()}
            assert_within_rights(operator, operator.asked)
            return states
        finally:
            operator.kill()


@pytest.mark.parametrize("moment", [BEFORE, UNANSWERED, ANSWERED])
def test_a_life_with_a_crash_at_every_write_goes_as_one_without(
    moment: str,
    reference: dict[str, Json],
    servers_of_all: tuple[VllmServer, VllmServer],
    home: Workspace,
    proxy: Proxy,
    tmp_path: Path,
) -> None:
    life = ProviderHarness(home, *servers_of_all)
    operator = Resident(home, tmp_path, proxy=proxy)
    killer = proxy.rule = Killer(operator, moment)
    try:
        for killer.step, step in life.steps.items():
            step.act()
            revived = partial(is_as, reference[killer.step], life, operator)
            eventually_sync(revived, within=SOON, describe=killer.step)
            assert_honest(life.provider.read())
        assert {step for step, *_ in killer.killed} == reference.keys()
        assert_stays(life, operator)
        assert_within_rights(operator, operator.asked)
    finally:
        operator.kill()


def revive(operator: Resident) -> None:
    if not operator.runs:
        operator.launch()


def is_as(expected: Json, life: ProviderHarness, operator: Resident) -> bool:
    """Return whether all is as wanted; an operator that was killed is started again."""
    revive(operator)
    assert life.state == expected
    return True


def assert_stays(life: ProviderHarness, operator: Resident) -> None:
    """See that nothing more is written, once the last crash is over."""

    def asks_twice() -> None:
        enough = life.there.count("/v1/models") + 2

        def so() -> bool:
            revive(operator)
            return life.there.count("/v1/models") >= enough

        soon(so, "the server is asked twice")

    asks_twice()
    written = operator.asked.writes()
    asks_twice()
    assert operator.asked.writes() == written
