"""Numbers of a model that fall at once and rise late, so that replicas which differ do not flap.

Replicas behind one Service may give different numbers, and each answer is one replica's. Too large
a number breaks agents' requests, too small a one costs only room. So a smaller number takes effect
at once, a larger one after a number of equal good answers in a row. An answer without a number says
nothing: it neither counts nor ends a row, and what the server gave before stays.
"""

from dataclasses import dataclass

MAX_DOUBLINGS = 5


@dataclass(frozen=True, slots=True)
class Rise:
    """A larger number than the one in effect, and how often in a row the server gave it."""

    number: int = 0  # tokens; 0: none
    answers: int = 0
    origin: int = 0  # the number in effect before the last rise that took effect

    def returns_at(self, now: "Rise", settled: int | None) -> bool:
        """Return whether this rise ended without effect, or was undone: replicas differ."""
        ended = bool(self.answers) and not now.answers and settled != self.number
        undone = not now.origin and 0 < (settled or 0) <= self.origin
        return ended or undone


NO_RISE = Rise()


def settle(
    current: int | None, rise: Rise, answer: int | None, needed: int
) -> tuple[int | None, Rise]:
    """Return the number in effect after an answer, in tokens, and the rise that is under way.

    `needed` is the number of equal good answers in a row after which a larger number takes effect.
    """
    if answer is None:
        return current, rise
    if current is None or answer < current:
        return answer, NO_RISE
    if answer == current:
        return current, Rise(origin=rise.origin)
    answers = rise.answers + 1 if answer == rise.number else 1
    if answers >= needed:
        return answer, Rise(origin=current)
    return current, Rise(answer, answers, rise.origin)


def needed_answers(remove_after: int, alternations: int) -> int:
    """Return how many equal good answers in a row a change needs: from the second time on that one
    was undone twice as many each time, up to 32 times as many. With 1, each answer is believed."""
    doublings = max(0, min(alternations, MAX_DOUBLINGS + 1) - 1)
    return 1 if remove_after == 1 else remove_after * 2**doublings
