"""Jitter: clients that start or fail together do not come back together."""

from random import SystemRandom

_RANDOM = SystemRandom()


def jittered(seconds: float, spread: float = 0.25) -> float:
    """Return the seconds, longer or shorter by at most this share."""
    return seconds * _RANDOM.uniform(1 - spread, 1 + spread)
