"""Activity of the watches, bookmarks included: how long each is silent, which lists are complete.

A watch works when an event comes, the bookmark that the API server sends each minute, or a stream
opens: for a kind without any event since the API server's start no bookmark comes, and kopf reopens
the stream after 70 s (measured).
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

SILENCE = 210.0  # seconds; kopf reopens a silent watch after 70: three failed attempts
SETTLED = 0.2  # seconds without an event after which the listed objects count as handled


class Watch(NamedTuple):
    """A kind, by its plural, in a namespace or, without one, in all of them."""

    resource: str
    namespace: str = ""


@dataclass
class Watches:
    """Every expected watch, and its last activity."""

    clock: Callable[[], float] = time.monotonic
    _last_activity: dict[Watch, float] = field(default_factory=dict)
    _complete_lists: set[Watch] = field(default_factory=set)
    _last_event_at: float = 0.0
    _synced: bool = False

    def expect(self, watches: Iterable[Watch]) -> None:
        """Measure the silence of these watches from now on."""
        self._last_activity = dict.fromkeys(watches, self.clock())

    def record_activity(self, watch: Watch) -> None:
        """Record that the API server has sent something on a watch."""
        self._last_activity[watch] = self.clock()

    def record_end_of_list(self, watch: Watch) -> None:
        """Record that kopf has received the whole initial list of a watch."""
        self._complete_lists.add(watch)
        self._last_event_at = self.clock()

    def record_event(self) -> None:
        """Record that a handler was called."""
        self._last_event_at = self.clock()

    @property
    def have_synced(self) -> bool:
        """Whether the handlers have seen the initial list of every watch.

        kopf handles objects in separate tasks, so a list has ended when no more of them come.
        """
        if not self._synced:
            all_listed = self._last_activity.keys() <= self._complete_lists
            self._synced = all_listed and self.clock() - self._last_event_at >= SETTLED
        return self._synced

    def silences(self) -> Mapping[str, float]:
        """Return the seconds since the last activity of each kind, the most over its namespaces."""
        now = self.clock()
        silences: dict[str, float] = {}
        for watch, last_activity in self._last_activity.items():
            silences[watch.resource] = max(silences.get(watch.resource, 0.0), now - last_activity)
        return silences

    @property
    def stale_watches(self) -> list[str]:
        """The kinds that are silent for so long that only a restart may help."""
        return [kind for kind, silence in self.silences().items() if silence > SILENCE]
