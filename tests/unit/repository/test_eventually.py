"""The tests' way of waiting."""

import pytest

from tests.eventually import eventually_sync


@pytest.mark.parametrize("error", [AssertionError("not equal"), KeyError("digest"), IndexError()])
def test_what_is_not_there_yet_is_waited_for(error: Exception) -> None:
    looks = iter([error, error, None])

    def ready() -> bool:
        if (failure := next(looks)) is not None:
            raise failure
        return True

    assert eventually_sync(ready, within=5)


def test_what_never_comes_is_named_with_the_last_look() -> None:
    empty: dict[str, str] = {}
    with pytest.raises(AssertionError, match=r"the digest is written. Last seen: KeyError\('x'\)"):
        eventually_sync(lambda: empty["x"], within=0.05, describe="the digest is written")


def test_any_other_error_is_raised_at_once() -> None:
    with pytest.raises(ZeroDivisionError):
        eventually_sync(lambda: 1 / 0, within=5)
