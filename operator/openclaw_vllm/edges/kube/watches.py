"""Activity of the watches, bookmarks included: how long each is silent, which lists are complete.

A watch works when an event comes, the bookmark that the API server sends each minute, or a stream
opens: for a kind without any event since the API server's start no bookmark comes, and kopf reopens
the stream after 70 s (measured).
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from openclaw_vllm.edges.kube.paths import SLICES

KINDS = ("vllmproviders", "services", "configmaps", SLICES)
CATALOG_KINDS = ("vllmcatalogs", "namespaces")
POD_KINDS = ("pods",)
SILENCE = 210.0  # seconds; kopf reopens a silent watch after 70: three failed attempts
REFUSALS = 8  # in 15 s as kopf repeats them; an API server that starts refuses all for a moment
SETTLED = 0.2  # seconds without an event after which the listed objects count as handled


class Watch(NamedTuple):
    """A kind, by its plural, in a namespace or, without one, in all of them."""

    resource: str
    namespace: str = ""


def expected_watches(
    namespaces: Iterable[str], *, catalogs: bool, pods: bool = False
) -> list[Watch]:
    """Return the expected watches: of each kind in each namespace, or in all."""
    scopes, kinds = tuple(namespaces) or ("",), (*KINDS, *(POD_KINDS if pods else ()))
    watches = [Watch(kind, namespace) for kind in kinds for namespace in scopes]
    return [*watches, *(Watch(kind) for kind in CATALOG_KINDS if catalogs)]


@dataclass(slots=True)
class WatchState:
    """State of one watch and of the list that it began with."""

    is_expected: bool = False  # its silence counts
    last_activity: float = 0.0  # by the clock
    refusals: int = 0  # in a row
    list_has_begun: bool = False  # first or again, and has not ended yet
    list_is_complete: bool = False  # the first one has ended
    listed_by_watching: bool = False  # the last list was the watch's own beginning


@dataclass
class Watches:
    """Every watch, by what it watches.

    `listed` is set when objects were listed, first or again: what is gone since the last list is
    not among them, and no event tells. `on_refusal` is called with a watch that the operator can do
    without, and that the API server has refused for some time.
    """

    clock: Callable[[], float] = time.monotonic
    listed: asyncio.Event = field(default_factory=asyncio.Event)
    on_refusal: Callable[[Watch], None] | None = None
    _states: defaultdict[Watch, WatchState] = field(default_factory=lambda: defaultdict(WatchState))
    _last_event_at: float = 0.0
    _synced: bool = False

    def expect(self, watches: Iterable[Watch]) -> None:
        """Measure the silence of these watches from now on, and of no others."""
        for state in self._states.values():
            state.is_expected = False
        for watch in watches:
            self.record_activity(watch)

    def record_activity(self, watch: Watch) -> None:
        """Record that the API server has sent something on a watch."""
        state = self._states[watch]
        state.is_expected, state.last_activity, state.refusals = True, self.clock(), 0

    def record_refusal(self, watch: Watch) -> None:
        """Record that the API server has refused a watch that the operator can do without: after
        some, it is expected no longer, until there is activity on it."""
        state = self._states[watch]
        state.refusals += 1
        if state.refusals == REFUSALS and self.on_refusal is not None:
            state.is_expected = False
            self.on_refusal(watch)

    def record_list(self, watch: Watch, *, by_watching: bool = False) -> None:
        """Record that a list of an expected watch has begun, first or again, and whether the watch
        itself begins with it."""
        state = self._states[watch]
        state.listed_by_watching = by_watching
        state.list_has_begun = state.list_has_begun or state.is_expected

    def record_end_of_list(self, watch: Watch) -> None:
        """Record that kopf has received the whole list that a watch begins with."""
        state = self._states[watch]
        self._last_event_at = self.clock()
        if state.list_has_begun:
            self.listed.set()
        state.list_is_complete, state.list_has_begun = True, False

    def was_listed_by_watching(self, watch: Watch) -> bool:
        """Return whether the watch began with its list, the last time that there was one.

        What kopf has listed it handles later than the watch's events, if those go past it.
        """
        return self._states[watch].listed_by_watching

    def record_event(self) -> None:
        """Record that a handler was called."""
        self._last_event_at = self.clock()

    @property
    def have_synced(self) -> bool:
        """Whether the handlers have seen the initial list of every watch.

        Of a list before its watch kopf handles objects in separate tasks, so that it has ended when
        no more of them come; what a watch begins with is handled before its end.
        """
        if not self._synced:
            expected = [state for _, state in self._expected()]
            settled = self.clock() - self._last_event_at >= SETTLED
            settled = settled or all(state.listed_by_watching for state in expected)
            self._synced = settled and all(state.list_is_complete for state in expected)
        return self._synced

    def silences(self) -> Mapping[str, float]:
        """Return the seconds since the last activity of each kind, the most over its namespaces."""
        now, silences = self.clock(), dict[str, float]()
        for watch, state in self._expected():
            silence = now - state.last_activity
            silences[watch.resource] = max(silences.get(watch.resource, 0.0), silence)
        return silences

    def _expected(self) -> Iterator[tuple[Watch, WatchState]]:
        return ((watch, state) for watch, state in self._states.items() if state.is_expected)

    @property
    def stale_watches(self) -> list[str]:
        """The kinds that are silent for so long that only a restart may help."""
        return [kind for kind, silence in self.silences().items() if silence > SILENCE]
