"""Probe schedule of one server: when it is asked next, and how its probes have gone so far.

Times are of the monotonic clock, in seconds.
"""

import hashlib
from dataclasses import dataclass, replace

FIRST_RETRY = 1.0  # seconds; doubles up to the interval
FAILURE_THRESHOLD = 2  # failed probes in a row that leave Ready alone once an answer was good


@dataclass(frozen=True, slots=True)
class ProbeSchedule:
    """When to probe, and what that depends on."""

    next_probe_at: float = 0.0
    failures: int = 0  # failed probes in a row, counted up to one beyond the threshold
    retries: int = 0  # early retries in a row

    @property
    def is_within_threshold(self) -> bool:
        """Whether probes have failed, and too few of them to count for Ready."""
        return 0 < self.failures <= FAILURE_THRESHOLD

    def is_due(self, now: float) -> bool:
        """Whether it is time to probe."""
        return now >= self.next_probe_at

    def at_once(self) -> "ProbeSchedule":
        """Probe at the next reconcile."""
        return replace(self, next_probe_at=0.0)

    def restarted(self) -> "ProbeSchedule":
        """Probe at the next reconcile, and begin early retries anew: a person asked for it."""
        return replace(self, next_probe_at=0.0, retries=0)

    def with_failure(self) -> "ProbeSchedule":
        """Count a failed probe."""
        return replace(self, failures=min(self.failures, FAILURE_THRESHOLD) + 1)

    def with_success(self) -> "ProbeSchedule":
        """Count a good answer, which ends a row of failures."""
        return replace(self, failures=0)

    def after_early_retry(self, interval: float, now: float) -> "ProbeSchedule":
        """Probe again early: after 1, 2, 4 ... seconds, up to the interval."""
        delay = min(interval, FIRST_RETRY * 2 ** min(self.retries, 20))
        return replace(self, next_probe_at=now + delay, retries=self.retries + 1)

    def after_interval(self, uid: str, interval: float, now: float, wall: float) -> "ProbeSchedule":
        """Probe again at the interval, at the phase that the uid fixes."""
        delay = next_probe_delay(uid, interval, wall)
        return replace(self, next_probe_at=now + delay, retries=0)


def next_probe_delay(uid: str, interval: float, wall: float) -> float:
    """Return the seconds to the next probe: at a phase of the interval that the uid fixes.

    It spreads what was created or restarted together; between half and one and a half intervals.
    """
    fraction = int.from_bytes(hashlib.sha256(uid.encode()).digest()[:4]) / 2**32
    delay = (fraction * interval - wall) % interval
    return delay if delay >= interval / 2 else delay + interval
