"""The first of a burst acts at once, the others together a moment later."""

import asyncio

import pytest

from openclaw_vllm.controllers import coalescing
from openclaw_vllm.controllers.coalescing import Coalescer


@pytest.mark.parametrize(
    ("calls", "acts"),
    [
        pytest.param(["a"], ["a"], id="one call"),
        pytest.param(["a", "b"], ["a", "b"], id="one for each key"),
        pytest.param(["a"] * 100, ["a", "a"], id="a burst acts at its begin and its end"),
    ],
)
async def test_these_calls_act(
    calls: list[str], acts: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(coalescing, "WINDOW", 0.01)
    acted: list[str] = []
    coalesce = Coalescer(acted.append)
    for key in calls:
        coalesce(key)
    assert acted == sorted(set(calls))
    await asyncio.sleep(0.05)
    assert acted == acts
    await asyncio.sleep(0.05)  # what acts at the end of a burst begins a window of its own
    coalesce("a")
    assert acted == [*acts, "a"]
