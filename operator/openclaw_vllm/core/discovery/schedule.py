"""Probe schedule of one server: its next probe, and the failures and early retries in a row.

Times are of the monotonic clock, in seconds.
"""

import hashlib
from dataclasses import dataclass, replace
from math import inf

FIRST_RETRY = 1.0  # seconds; doubles up to the interval
# seconds from each probe after a change to the next: the third one is a little more than a second
# after the change, when kube-proxy has written its rules
CONFIRMATION_DELAYS = (0.25, 0.35, 0.5, 0.7, 1.2, 3.5)
# questions after one that a change of replicas has brought: with an interval of 60 s they take five
# minutes, as long as a large model loads in a pod that is ready without being asked
MOST_FOLLOW_UPS = 10
REFERENCE_PAUSE = 10.0  # seconds at most between two looks for what no watch delivers ...
LONGEST_REFERENCE_WAIT = 600.0  # ... for as long as this, and at the interval from then on
FAILURE_THRESHOLD = 2  # failed probes in a row that leave Ready alone once an answer was good


@dataclass(frozen=True, slots=True)
class ProbeSchedule:
    """When to probe, and what that depends on."""

    next_probe_at: float = 0.0
    failures: int = 0  # failed probes in a row, counted up to one beyond the threshold
    retries: int = 0  # early retries in a row
    confirmations: int = 0  # to follow the next probe, since replicas have changed
    is_confirmation: bool = False  # of the next probe
    awaits_since: float | None = None  # when a Secret or ConfigMap was missing first
    follows_change: bool = False  # of replicas, and nothing else was a reason to probe since

    @property
    def is_within_threshold(self) -> bool:
        """Whether probes have failed, and too few of them to count for Ready."""
        return 0 < self.failures <= FAILURE_THRESHOLD

    def is_due(self, now: float) -> bool:
        """Whether it is time to probe."""
        return now >= self.next_probe_at

    def at_once(self) -> "ProbeSchedule":
        """Probe at the next reconcile."""
        return replace(self, next_probe_at=0.0, is_confirmation=False)

    def restarted(self) -> "ProbeSchedule":
        """Probe at the next reconcile, and start early retries again: a user requested it."""
        return replace(self.at_once(), retries=0, awaits_since=None, follows_change=False)

    def after_change(self) -> "ProbeSchedule":
        """Probe at the next reconcile, and a few times again soon: replicas changed."""
        confirmations = len(CONFIRMATION_DELAYS)
        return replace(self.restarted(), confirmations=confirmations, follows_change=True)

    def before_confirmation(self, now: float) -> "ProbeSchedule":
        """Probe again soon, whatever the last probe said."""
        delay, remaining = CONFIRMATION_DELAYS[-self.confirmations], self.confirmations - 1
        next_at = now + delay
        return replace(self, next_probe_at=next_at, confirmations=remaining, is_confirmation=True)

    def without_confirmations(self) -> "ProbeSchedule":
        """Confirm nothing: no node's routes are in between, or there is no replica."""
        return replace(self, confirmations=0)

    def has_early_retry(self, interval: float) -> bool:
        """Whether the next early retry comes before the interval is over."""
        return bool(FIRST_RETRY * 2 ** min(self.retries, 20) < interval)

    def awaiting_reference(self, now: float, *, awaits: bool) -> "ProbeSchedule":
        """Record whether a Secret or ConfigMap that the spec names is missing."""
        since = None if not awaits else now if self.awaits_since is None else self.awaits_since
        return replace(self, awaits_since=since)

    def with_failure(self) -> "ProbeSchedule":
        """Count a failed probe."""
        return replace(self, failures=min(self.failures, FAILURE_THRESHOLD) + 1)

    def with_success(self) -> "ProbeSchedule":
        """Count a good answer, which ends a row of failures."""
        return replace(self, failures=0)

    def after_early_retry(self, interval: float, now: float) -> "ProbeSchedule":
        """Probe again early: after 1, 2, 4 ... seconds, up to the interval."""
        longest = interval
        if self.awaits_since is not None:
            longest = reference_pause(self.awaits_since, interval, now)
        delay = min(longest, FIRST_RETRY * 2 ** min(self.retries, 20))
        return replace(self.at_once(), next_probe_at=now + delay, retries=self.retries + 1)

    def after_follow_up(
        self, uid: str, interval: float, now: float, wall: float, *, failed: bool
    ) -> "ProbeSchedule":
        """Probe again although nothing has changed: early after a failure, else at the interval."""
        if failed:
            return self.after_early_retry(interval, now)
        delay = next_probe_delay(uid, interval, wall)
        return replace(self.at_once(), next_probe_at=now + delay, retries=self.retries + 1)

    def until_change(self) -> "ProbeSchedule":
        """Probe no more before something changes."""
        return replace(self.restarted(), next_probe_at=inf)

    def after_interval(self, uid: str, interval: float, now: float, wall: float) -> "ProbeSchedule":
        """Probe again at the interval, at the phase that the uid fixes."""
        delay = next_probe_delay(uid, interval, wall)
        return replace(self.restarted(), next_probe_at=now + delay)


def reference_pause(since: float, interval: float, now: float) -> float:
    """Return the seconds to the next look for an object that is missing since then."""
    return min(interval, REFERENCE_PAUSE) if now - since < LONGEST_REFERENCE_WAIT else interval


def next_probe_delay(uid: str, interval: float, wall: float) -> float:
    """Return the seconds to the next probe: at a phase of the interval that the uid fixes.

    It spreads what was created or restarted together; between half and one and a half intervals.
    """
    fraction = int.from_bytes(hashlib.sha256(uid.encode()).digest()[:4]) / 2**32
    delay = (fraction * interval - wall) % interval
    return delay if delay >= interval / 2 else delay + interval
