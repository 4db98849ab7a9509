"""Contest of a published ConfigMap: another manager that puts its own text back again and again.

Flux does so at each interval with a ConfigMap that is committed to Git under our name: it forces
its text in, the operator repairs it, and neither would ever end or say anything. Damage that is
done once is no contest, however often another one follows: what counts is the same text of the same
manager, or very many texts of one.

A restart forgets the texts and the times, but not the contest: the status names the manager and the
count, from which the contest goes on.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from openclaw_vllm.api.conditions import Condition, Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.publication.manifest import drift

SAME_TEXTS = 3  # overwrites with one text that make a contest
ANY_TEXTS = 30  # overwrites of one manager that do
LONGEST_GAP = 7200.0  # seconds between two overwrites that belong together
SHORTEST_QUIET = 600.0  # seconds without an overwrite after which a contest is over
LONGEST_HOLD = 300.0  # seconds for which an overwrite stays at most
MAX_OVERWRITES = 64  # overwrites that are remembered
# Seconds between the overwrites of which only the status tells: half of Flux's longer intervals, so
# that a restart does not end a contest just before the next overwrite.
UNKNOWN_GAP = 1800.0
# The part of a status' message from which a contest is restored: written and read by this alone.
REPORT = "field manager {manager} has overwritten ConfigMap {config_map} {count} times, "
REPORT_FORM = re.compile(
    REPORT.format(manager="(?P<manager>.+?)", config_map=r"\S+", count=r"(?P<count>\d+)")
)

Metadata = Mapping[str, Any]  # of a manifest; the digest of its data is among the annotations
Text = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Overwrite:
    """One time that another manager has changed what is ours."""

    at: float  # seconds, monotonic
    manager: str
    text: Text | None  # of all fields that are ours; None where an earlier process has seen it


@dataclass(frozen=True, slots=True)
class Contest:
    """What was applied last, and how it was overwritten since."""

    applied: Metadata | None = None  # None: nothing by this process
    version: str = ""  # resourceVersion of the last overwrite
    overwrites: tuple[Overwrite, ...] = ()

    def with_applied(self, metadata: Metadata) -> "Contest":
        """Record what is published now."""
        return replace(self, applied=metadata)

    def observe(self, existing: ConfigMapState, now: float) -> "Contest":
        """Record an overwrite, if the ConfigMap holds something else than was written."""
        if self.applied is None or not existing.writer or existing.resource_version == self.version:
            return self
        if not drift(existing, {"metadata": self.applied}):
            return self
        before = self.overwrites
        if before and now - before[-1].at > LONGEST_GAP:
            before = ()
        overwrite = Overwrite(now, existing.writer, _text_of(existing, self.applied))
        return replace(
            self,
            version=existing.resource_version,
            overwrites=(*before, overwrite)[-MAX_OVERWRITES:],
        )

    @property
    def count(self) -> int:
        """How often the last manager has overwritten what is ours, where its text changes less
        what is no contest yet; 0 while that is none."""
        if not self.overwrites:
            return 0
        last = self.overwrites[-1]
        of_manager = [each for each in self.overwrites if each.manager == last.manager]
        same = sum(1 for each in of_manager if each.text in (last.text, None))
        count = max(same, len(of_manager) - ANY_TEXTS + SAME_TEXTS)
        return count if count >= SAME_TEXTS else 0

    @property
    def held_until(self) -> float:
        """When the last overwrite is repaired: at once as long as that is no contest, then after
        2, 4, 8 ... seconds."""
        waits = self.count - SAME_TEXTS
        return self.overwrites[-1].at + min(LONGEST_HOLD, 2.0**waits) if waits > 0 else 0.0

    @property
    def over_at(self) -> float:
        """When the contest is over if nothing more happens: twice the longest gap there was."""
        times = [overwrite.at for overwrite in self.overwrites]
        gaps = (after - before for before, after in pairwise(times))
        return times[-1] + max(SHORTEST_QUIET, 2 * max(gaps, default=0.0))

    def problem(self, config_map: str, now: float) -> Problem | None:
        """Return who contests the ConfigMap of this name, None for nobody."""
        if not self.count or now >= self.over_at:
            return None
        manager = self.overwrites[-1].manager
        report = REPORT.format(manager=manager, config_map=config_map, count=self.count)
        message = (
            f"{report}and the operator puts its own back, each time later; take the ConfigMap out "
            f"of what {manager} applies, for example out of Git"
        )
        return Problem(Reason.CONTESTED, message)

    def next_change(self, now: float) -> float | None:
        """Return the seconds until a repair is due, or the contest over; None without one."""
        if not self.count or now >= self.over_at:
            return None
        return (self.held_until if now < self.held_until else self.over_at) - now


NO_CONTEST = Contest()


def report_in(conditions: Iterable[Condition]) -> str:
    """Return what conditions say of a contest, empty where they say nothing of one."""
    return next((each.message for each in conditions if each.reason == Reason.CONTESTED), "")


def restore_contest(report: str, now: float) -> Contest:
    """Return the contest that an earlier process has reported, with what it said of it in a status.

    What is overwritten at the start is repaired at once. The contest is over when nothing more is
    overwritten for twice the gap that is assumed, less the longest hold.
    """
    message = REPORT_FORM.search(report)
    if message is None:
        return NO_CONTEST
    last, count = now - LONGEST_HOLD, min(int(message["count"]), MAX_OVERWRITES)
    times = (last - UNKNOWN_GAP * before for before in reversed(range(count)))
    return Contest(overwrites=tuple(Overwrite(at, message["manager"], None) for at in times))


def _text_of(existing: ConfigMapState, applied: Metadata) -> Text:
    return (
        existing.digest,
        existing.owner,
        *(existing.labels.get(name) for name in applied["labels"]),
        *(existing.annotations.get(name) for name in applied["annotations"]),
    )
