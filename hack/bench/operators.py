"""An operator under measurement: the benchmark changes objects, and the operator reacts."""

import asyncio
import time
from dataclasses import dataclass, field
from functools import cached_property
from subprocess import TimeoutExpired

from hack.bench import fleet, starting
from hack.bench.fleet import NotInTime, Taken
from hack.bench.objects import (
    LATE,
    MODELS,
    PROVIDERS,
    Pace,
    is_ready,
    name_of,
    provider,
    provider_path,
)
from hack.bench.servers import Servers
from hack.latency import Bench, Client
from tests.controlplane.plane import ControlPlane
from tests.operator_process import OperatorProcess

EVERY = 0.05  # seconds between two looks at an operator that starts
LONGEST_START = 300.0  # seconds
ENDS_WITHIN = 60.0  # seconds


def patience(count: int) -> float:
    """Return how many seconds so many objects may take."""
    return 60.0 + 0.2 * count


@dataclass
class Operator:
    """One of the builds, or the peer."""

    plane: ControlPlane
    servers: Servers
    process: OperatorProcess
    user: str
    pace: Pace
    _idle_rounds: int = field(default=0, init=False)

    @property
    def pid(self) -> int:
        return self.process.process.pid

    def idle(self, count: int) -> Taken:
        """Create VllmProviders one after the other; give the time until each is published."""
        self._idle_rounds += 1
        names = [f"idle-{self._idle_rounds}-{number}" for number in range(count)]
        self._latency.reconnect()
        return [self._latency.create(name) / 1000 for name in names]

    def burst(self, count: int) -> Taken:
        """Create a fleet; give the time until each of it is Ready."""
        manifests = [provider(number, self.servers, self.pace) for number in range(count)]
        return asyncio.run(fleet.create(self.plane.admin, manifests, patience(count)))

    def settle(self) -> None:
        """Let an interval pass: in the one after its creation an object is asked for twice."""
        time.sleep(self.pace.interval)

    def steady(self, count: int, seconds: float) -> int:
        """Let a while pass; return how often servers were asked in it."""
        before = self.servers.answered()
        time.sleep(seconds)
        return self.servers.answered() - before

    def change(self, count: int) -> Taken:
        """Have servers list another model; give the time until each list is published."""
        self.servers.change_below(count)
        names = [name_of(number) for number in range(count)]
        return asyncio.run(fleet.ask_again(self.plane.admin, names, patience(count)))

    def restart(self) -> tuple[float, float]:
        """Start it anew; return the seconds until it says that it is ready, and until it serves.

        It serves when a VllmProvider that was created while it was away is Ready.
        """
        self._end()
        client = Client(self.plane)
        client.send("POST", PROVIDERS, provider(LATE, self.servers, self.pace))
        began, ready_after = time.perf_counter(), 0.0
        self.process.launch()
        while (waited := time.perf_counter() - began) < LONGEST_START:
            if not ready_after and starting.is_ready(self.process):
                ready_after = waited
            late = client.send("GET", provider_path(name_of(LATE)))
            if ready_after and is_ready(late, MODELS):
                return ready_after, waited
            time.sleep(EVERY)
        raise NotInTime(f"not started within {LONGEST_START:.0f} s; {self.process.tail()}")

    def _end(self) -> None:
        try:
            self.process.stop(ENDS_WITHIN)
        except TimeoutExpired as error:
            raise NotInTime(f"not ended within {ENDS_WITHIN:.0f} s") from error

    def hang(self) -> None:
        """Have a tenth of the servers hang, and wait until each of them was asked."""
        self.servers.hang_every_tenth()
        time.sleep(self.pace.interval)

    @cached_property
    def _latency(self) -> Bench:
        bench = Bench(self.plane, self.servers.base_url(LATE))
        bench.create("warm-up")
        return bench
