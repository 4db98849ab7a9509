"""Delays between tries: clients that start or fail together do not come back together."""

from collections.abc import Iterator
from random import SystemRandom

_RANDOM = SystemRandom()


def jittered(seconds: float, spread: float = 0.25) -> float:
    """Return the seconds, longer or shorter by at most this share."""
    return seconds * _RANDOM.uniform(1 - spread, 1 + spread)


class EndlessBackoffs:
    """The delays of a watch that is opened again for ever, in seconds."""

    def __iter__(self) -> Iterator[float]:
        """Yield the delays."""
        yield from (0.2, 0.5, 1.0)
        while True:
            yield 2.0
