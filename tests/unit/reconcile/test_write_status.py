"""Events tell a transition even when an edit interrupts the run that saw it."""

import asyncio
from contextlib import suppress

import pytest

from openclaw_vllm.api.conditions import Condition, ObjectStatus
from openclaw_vllm.reconcile.write_status import record_events
from tests import builders
from tests.eventually import eventually
from tests.fakes.context import fake_context


def condition(type_: str, status: str, reason: str) -> Condition:
    item = {"type": type_, "status": status, "reason": reason, "message": ""}
    read = ObjectStatus.model_validate({"conditions": [item | {"lastTransitionTime": ""}]})
    return read.conditions[0]


async def test_an_interrupted_run_still_tells_what_has_changed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    posted, hold = [], asyncio.Event()

    async def post(_: object, reason: str, *__: object, warning: bool) -> None:
        await hold.wait()
        posted.append((reason, warning))

    async with fake_context() as place:
        monkeypatch.setattr(place.context.cluster, "post_event", post)
        before = (condition("ServerReachable", "True", "Succeeded"),)
        after = (
            condition("ServerReachable", "False", "TimedOut"),
            condition("ConfigPublished", "False", "NoModels"),
        )
        run = asyncio.create_task(record_events(builders.resource(), before, after, place.context))
        await asyncio.sleep(0)
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run
        hold.set()
        await eventually(lambda: posted == [("TimedOut", True), ("NoModels", True)], within=5)
