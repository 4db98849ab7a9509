"""What a decision is made from: what is known, what can be read by name, who can be asked.

It is the reading half of `World`. The command line has it too, without a cluster.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from openclaw_vllm.api.observed import Secret
from openclaw_vllm.core.discovery.destination import Destinations
from openclaw_vllm.edges.kube.cache import Cache
from openclaw_vllm.edges.kube.readings import Readings
from openclaw_vllm.edges.vllm.probe_request import ProberProtocol
from openclaw_vllm.reconcile.turns import Turns


@dataclass(frozen=True)
class Clock:
    """Monotonic seconds for intervals, seconds of the wall clock for phases and conditions."""

    monotonic: Callable[[], float]
    wall: Callable[[], float]


@dataclass(frozen=True)
class Readers:
    """Where reconciles read, and the administrator's policy on what may be asked and sent.

    `fresh` reads everything anew, however young the last reading is: somebody asked for it.
    """

    cache: Cache
    prober: ProberProtocol
    secrets: Readings[Secret]
    config_maps: Readings[Mapping[str, str]]
    policy: Destinations
    clock: Clock
    turns: Turns = field(default_factory=Turns, kw_only=True)
    fresh: bool = field(default=False, kw_only=True)
