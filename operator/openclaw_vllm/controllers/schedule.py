"""Schedule of keys: when each is due. Of several schedules of one key the latest counts."""

import heapq
from collections.abc import Iterator
from itertools import count
from typing import Generic, TypeVar

Key = TypeVar("Key")
SLACK = 64  # replaced entries that are not worth removing


class Schedule(Generic[Key]):
    """A heap of due times, in seconds of the caller's clock."""

    def __init__(self) -> None:
        self._due: dict[Key, float] = {}
        self._heap: list[tuple[float, int, Key]] = []
        self._sequence = count()

    def __len__(self) -> int:
        """Return how many entries there are, replaced ones included."""
        return len(self._heap)

    @property
    def next_due(self) -> float | None:
        """When the first entry is due; None when there is none."""
        return self._heap[0][0] if self._heap else None

    def put(self, key: Key, due: float) -> None:
        """Schedule the key; an earlier schedule of it counts no more."""
        self._due[key] = due
        heapq.heappush(self._heap, (due, next(self._sequence), key))
        if len(self._heap) > 2 * len(self._due) + SLACK:
            self._heap = [entry for entry in self._heap if self._is_latest(entry)]
            heapq.heapify(self._heap)

    def drop(self, key: Key) -> None:
        """Remove the key."""
        self._due.pop(key, None)

    def pop_due(self, now: float) -> Iterator[Key]:
        """Remove and yield the keys that are due."""
        while self._heap and self._heap[0][0] <= now:
            entry = heapq.heappop(self._heap)
            if self._is_latest(entry):
                del self._due[entry[2]]
                yield entry[2]

    def _is_latest(self, entry: tuple[float, int, Key]) -> bool:
        due, _, key = entry
        return self._due.get(key) == due
