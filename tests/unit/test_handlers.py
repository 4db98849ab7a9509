"""How kopf is started, up to where it asks for a cluster."""

import asyncio
import contextlib
import getpass
from typing import Any

import kopf
import pytest

from openclaw_vllm import handlers, shutdown

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
    requests = asyncio.create_task(logs_in.wait())
    ended, _ = await asyncio.wait({watching, requests}, return_when=asyncio.FIRST_COMPLETED)
    assert watching not in ended, watching.exception()
    watching.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await watching


async def test_a_task_that_swallows_its_cancellation_does_not_keep_kopf_from_ending(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutdown, "PATIENCE", 0.2)
    registry, logs_in, swallowed = kopf.OperatorRegistry(), asyncio.Event(), list[str]()

    @kopf.on.login(registry=registry)
    async def log_in(**_: Any) -> None:
        logs_in.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed.append("once")
        await asyncio.Event().wait()

    settings = handlers.settings_for(streaming=False)
    ready, stop = asyncio.Event(), asyncio.Event()
    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        group.create_task(handlers.watch(registry, settings, ["agents"], ready=ready, stop=stop))
        await logs_in.wait()
        stop.set()
    assert swallowed == ["once"]


def test_the_first_list_by_watching_that_does_not_work_is_reported_and_the_last(
    caplog: pytest.LogCaptureFixture,
) -> None:
    settings = handlers.settings_for(streaming=True)
    fall_back = handlers.fall_back_to_lists(settings)
    for reason in ("no bookmark ends it", "status 422"):
        fall_back(reason)
        assert not settings.watching.initial_streaming
    (message,) = caplog.messages
    assert "(no bookmark ends it)" in message
    assert "--watch-list=off" in message


@pytest.mark.parametrize(
    ("selector", "watched"), [("", None), ("a notin (b)", "a notin (b)")], ids=["all", "a shard"]
)
def test_a_shard_watches_the_providers_that_its_selector_selects(
    selector: str, watched: str | None
) -> None:
    settings = handlers.settings_for(streaming=False, shard_selector=selector)
    kind = ("openclaw-vllm.dev", "v1alpha1", "vllmproviders")
    assert settings.watching.label_selectors.get(kind) == watched
