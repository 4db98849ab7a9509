"""Secrets and ConfigMaps that come later, on a clock of our own: when they are seen, unwatched."""

from collections.abc import Mapping
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from openclaw_vllm.api.conditions import ConditionType, Reason
from openclaw_vllm.api.secret import Secret
from openclaw_vllm.edges.kube import readings
from openclaw_vllm.edges.kube.readings import Readings
from openclaw_vllm.reconcile.provider import reconcile
from tests import builders
from tests.certificates import Authority
from tests.fakes.context import FakeReader
from tests.fakes.prober import FakeProber
from tests.harnesses.provider import ProviderHarness

AUTH = {"apiKeySecretRef": {"name": "key", "key": "api-key"}, "apiKeyEnv": "KEY"}
KEY = Secret("*", {"api-key": b"s3cret"})
CA = Authority.create().pem
LATE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "Secret of the key": ({"auth": AUTH}, {"key": KEY}),
    "key of the Secret": ({"auth": AUTH}, {"key": KEY}),
    "permission of the Secret": ({"auth": AUTH}, {"key": KEY}),
    "CA bundle": ({"tls": {"caBundleRef": {"name": "ca"}}}, {"ca": {"ca.crt": CA}}),
    "CA bundle in a Secret": (
        {"tls": {"caBundleRef": {"name": "ca", "kind": "Secret"}}},
        {"ca": Secret("", {"ca.crt": CA.encode()})},
    ),
    "base configuration": (
        {"output": {"baseConfigRef": {"name": "base"}}},
        {"base": {"openclaw.json5": "{}"}},
    ),
}
UNFINISHED: Mapping[str, dict[str, Any]] = {
    "key of the Secret": {"key": Secret("*", {})},
    "permission of the Secret": {"key": Secret("", dict(KEY.data))},
}


class LateHarness(ProviderHarness):
    """A VllmProvider that names what is not there, or not whole, when it is created."""

    def __init__(self, what: str, interval: str) -> None:
        spec, self.comes = LATE[what]
        self.reader = FakeReader[Any](Reason.SECRET_NOT_FOUND, dict(UNFINISHED.get(what, {})))
        wire = builders.wire_spec(
            baseUrl="https://vllm.example.com/v1", discovery={"interval": interval}, **spec
        )
        super().__init__(builders.resource(wire))

    def restart(self) -> None:
        super().restart()
        objects = Readings(self.reader.read)
        self.context = replace(
            self.context,
            prober=FakeProber(frozenset("a")),
            secrets=objects,
            config_maps=objects,
        )

    @property
    def is_ready(self) -> bool:
        conditions = {c.type: c.status for c in self.cluster.resource.status.conditions}
        return conditions.get(ConditionType.READY) == "True"

    async def reconcile(self) -> None:
        """Reconcile once, and let the time go by that it wants to wait."""
        delay = await reconcile(self.cluster.resource.key, self.context)
        assert delay is not None
        self.now += delay if not self.is_ready else 0.0

    async def seconds_to_ready(self, comes_after: float) -> float:
        """Reconcile whenever it is time; return how long what has come waits to be seen."""
        comes_at = self.now + comes_after
        while not self.is_ready:
            if self.now >= comes_at:
                self.reader.objects.update(self.comes)
            await self.reconcile()
        return self.now - comes_at


@pytest.mark.parametrize("what", LATE)
@pytest.mark.parametrize(
    ("interval", "comes_after", "within"),
    [
        ("60s", 0.5, 1),
        ("60s", 20, 10),
        ("60s", 115, 10),
        ("60s", 190, 10),
        ("60s", 580, 10),
        ("60s", 1000, 60),
        ("1h", 300, 10),
        ("10s", 1000, 10),
    ],
)
async def test_what_comes_later_is_seen_within(
    what: str, interval: str, comes_after: float, within: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = LateHarness(what, interval)
    monkeypatch.setattr(readings, "time", SimpleNamespace(monotonic=lambda: late.now))
    assert await late.seconds_to_ready(comes_after) <= within


async def test_an_object_that_never_comes_is_read_sixty_times_and_then_at_the_interval(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late = LateHarness("Secret of the key", "60s")
    monkeypatch.setattr(readings, "time", SimpleNamespace(monotonic=lambda: late.now))
    start, reads = late.now, []
    while late.now < start + 1200:
        await late.reconcile()
        reads.append(late.now - start)
    first, rest = [at for at in reads if at <= 600], [at for at in reads if at > 600]
    assert (len(first), len(rest), late.reader.reads) == (62, 11, 73)
