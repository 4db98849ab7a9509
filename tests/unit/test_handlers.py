"""How kopf is started, up to where it asks for a cluster."""

import asyncio
import contextlib
import getpass
from typing import Any

import kopf
import pytest

from openclaw_vllm import handlers

pytestmark = pytest.mark.timeout(30)


async def test_a_user_without_a_name_as_in_a_container_is_no_reason_to_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nameless() -> str:
        raise KeyError("getpwuid(): uid not found: 65532")

    monkeypatch.setattr(getpass, "getuser", nameless)
    registry, logs_in = kopf.OperatorRegistry(), asyncio.Event()

    @kopf.on.login(registry=registry)
    async def log_in(**_: Any) -> None:
        logs_in.set()
        await asyncio.Event().wait()

    settings = handlers.settings_for(streaming=False)
    ready, stop = asyncio.Event(), asyncio.Event()
    watching = asyncio.create_task(
        handlers.watch(registry, settings, ["agents"], ready=ready, stop=stop)
    )
    asked = asyncio.create_task(logs_in.wait())
    ended, _ = await asyncio.wait({watching, asked}, return_when=asyncio.FIRST_COMPLETED)
    assert watching not in ended, watching.exception()
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching
