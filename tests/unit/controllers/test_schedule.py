"""When keys are due: in order of time, by their latest schedule, and without a growing heap."""

from openclaw_vllm.controllers.schedule import SLACK, Schedule


def test_keys_are_due_in_the_order_of_their_times() -> None:
    schedule = Schedule[str]()
    for key, due in (("b", 2.0), ("a", 1.0), ("c", 3.0)):
        schedule.put(key, due)
    assert schedule.next_due == 1.0
    assert list(schedule.pop_due(2.0)) == ["a", "b"]
    assert list(schedule.pop_due(2.0)) == []
    assert schedule.next_due == 3.0


def test_only_the_latest_schedule_of_a_key_counts() -> None:
    schedule = Schedule[str]()
    schedule.put("a", 1.0)
    schedule.put("a", 3.0)
    assert list(schedule.pop_due(2.0)) == []
    assert list(schedule.pop_due(3.0)) == ["a"]
    assert list(schedule.pop_due(9.0)) == []


def test_a_dropped_key_is_not_due() -> None:
    schedule = Schedule[str]()
    schedule.put("a", 1.0)
    schedule.drop("a")
    schedule.drop("unknown")
    assert list(schedule.pop_due(9.0)) == []


def test_replaced_entries_are_removed_before_they_are_due() -> None:
    """A key that is woken often and asks for a day's pause each time leaves no trail."""
    schedule = Schedule[str]()
    for number in range(10 * SLACK):
        schedule.put("a", 1_000.0 + number)
        assert len(schedule) <= SLACK + 2
    assert list(schedule.pop_due(1_000.0 + 10 * SLACK)) == ["a"]
