"""The table of conditions: what people, Flux, Argo CD and `kubectl wait` are told."""

from collections.abc import Iterable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_vllm.api.conditions import Condition, Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.status.conditions import Outcomes, conditions, stalled_conditions

EARLIER, NOW = "2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"
ByType = dict[str, tuple[str, str]]


def because(reason: Reason | None) -> Problem | None:
    return None if reason is None else Problem(reason, f"why {reason}")


def outcomes(
    endpoint: Reason | None = None,
    server: Reason | None = None,
    published: Reason | None = None,
    *,
    skipped: bool = False,
    tolerated: bool = False,
) -> Outcomes:
    return Outcomes(
        because(endpoint),
        because(server),
        because(published),
        skipped=skipped,
        tolerated=tolerated,
    )


def states_of(drafts: Iterable[Condition]) -> ByType:
    return {condition.type: (condition.status, condition.reason) for condition in drafts}


def first(item: Outcomes) -> tuple[Condition, ...]:
    return conditions(item, 1, (), NOW)


WELL = ("True", "Succeeded")
ALL_WELL: ByType = dict.fromkeys(
    ("Ready", "EndpointResolved", "ServerReachable", "ConfigPublished"), WELL
)
NO_ENDPOINT = ("Unknown", "Pending")


def test_all_is_well() -> None:
    assert states_of(first(outcomes())) == ALL_WELL


def test_explicit_models_skip_the_server() -> None:
    assert states_of(first(outcomes(server=Reason.PENDING, skipped=True))) == ALL_WELL | {
        "ServerReachable": ("True", "Skipped")
    }


ENDPOINT = (
    Reason.SERVICE_NOT_FOUND,
    Reason.PORT_NOT_FOUND,
    Reason.EXTERNAL_NAME_REFUSED,
    Reason.SECRET_NOT_FOUND,
    Reason.SECRET_KEY_NOT_FOUND,
    Reason.CA_BUNDLE_NOT_FOUND,
)
SERVER = (
    Reason.CONNECTION_FAILED,
    Reason.TIMED_OUT,
    Reason.UNAUTHORIZED,
    Reason.TLS_FAILED,
    Reason.UNEXPECTED_STATUS,
    Reason.INVALID_ANSWER,
    Reason.ANSWER_TOO_LARGE,
    Reason.REDIRECTED,
)


@pytest.mark.parametrize("reason", ENDPOINT)
def test_a_missing_reference_is_retried(reason: Reason) -> None:
    assert states_of(first(outcomes(reason, Reason.PENDING))) == ALL_WELL | {
        "Ready": ("False", reason),
        "EndpointResolved": ("False", reason),
        "ServerReachable": NO_ENDPOINT,
        "Reconciling": ("True", "ProgressingWithRetry"),
    }


@pytest.mark.parametrize("reason", SERVER)
def test_a_failed_probe_is_retried(reason: Reason) -> None:
    assert states_of(first(outcomes(server=reason))) == ALL_WELL | {
        "Ready": ("False", reason),
        "ServerReachable": ("False", reason),
        "Reconciling": ("True", "ProgressingWithRetry"),
    }


@pytest.mark.parametrize("reason", SERVER)
def test_a_tolerated_failure_is_reported_and_leaves_ready_alone(reason: Reason) -> None:
    assert states_of(first(outcomes(server=reason, tolerated=True))) == ALL_WELL | {
        "ServerReachable": ("False", reason)
    }


def test_a_tolerated_failure_hides_no_other_problem() -> None:
    result = outcomes(server=Reason.TIMED_OUT, published=Reason.NOT_OWNED, tolerated=True)
    assert states_of(first(result))["Ready"] == ("False", "NotOwned")


@pytest.mark.parametrize("reason", [Reason.NO_MODELS, Reason.TOO_LARGE])
def test_what_another_list_may_heal_is_retried(reason: Reason) -> None:
    assert states_of(first(outcomes(published=reason))) == ALL_WELL | {
        "Ready": ("False", reason),
        "ConfigPublished": ("False", reason),
        "Reconciling": ("True", "ProgressingWithRetry"),
    }


@pytest.mark.parametrize(
    "reason",
    [Reason.NOT_OWNED, Reason.IMMUTABLE, Reason.TOO_MANY_MODELS, Reason.BASE_CONFIG_INVALID],
)
def test_what_only_a_person_can_heal_is_stalled(reason: Reason) -> None:
    assert states_of(first(outcomes(published=reason))) == ALL_WELL | {
        "Ready": ("False", reason),
        "ConfigPublished": ("False", reason),
        "Stalled": ("True", reason),
    }


@pytest.mark.parametrize(
    "reason", [Reason.INVALID_SPEC, Reason.DESTINATION_DENIED, Reason.KEY_NOT_ALLOWED]
)
def test_a_destination_that_only_a_person_can_change_is_stalled(reason: Reason) -> None:
    assert states_of(first(outcomes(reason, Reason.PENDING))) == ALL_WELL | {
        "Ready": ("False", reason),
        "EndpointResolved": ("False", reason),
        "ServerReachable": NO_ENDPOINT,
        "Stalled": ("True", reason),
    }


def test_stalled_wins_over_what_a_retry_may_heal() -> None:
    result = states_of(first(outcomes(Reason.SERVICE_NOT_FOUND, Reason.PENDING, Reason.NOT_OWNED)))
    assert result["Ready"] == ("False", "ServiceNotFound")
    assert result["Stalled"] == ("True", "NotOwned")
    assert "Reconciling" not in result


def test_a_first_probe_that_has_to_wait_is_progress_without_a_failure() -> None:
    result = states_of(first(outcomes(server=Reason.PENDING, published=Reason.PENDING)))
    assert result["ServerReachable"] == NO_ENDPOINT
    assert result["ConfigPublished"] == ("False", "Pending")
    assert result["Reconciling"] == ("True", "Progressing")


reasons = st.none() | st.sampled_from([*ENDPOINT, *SERVER, *Reason])


@given(given_outcomes=st.builds(outcomes, reasons, reasons, reasons, tolerated=st.booleans()))
@settings(max_examples=300)
def test_the_rules_of_kstatus_hold_for_every_outcome(given_outcomes: Outcomes) -> None:
    result = first(given_outcomes)
    by_type = states_of(result)
    assert len(by_type) == len(result)
    bad = [c for c in result[1:4] if c.status != "True"]
    if given_outcomes.tolerated:
        bad = [c for c in bad if c.type != "ServerReachable"]
    ready = result[0]
    assert ready.type == "Ready"
    assert ready.status == ("False" if bad else "True")
    if bad:
        assert (ready.reason, ready.message) == (bad[0].reason, bad[0].message)
        assert ("Reconciling" in by_type) != ("Stalled" in by_type)
    for activity in ("Reconciling", "Stalled"):
        assert by_type.get(activity, ("True", ""))[0] == "True"


def test_a_time_moves_only_with_the_status() -> None:
    before = conditions(outcomes(server=Reason.TIMED_OUT), 1, (), EARLIER)
    after = conditions(outcomes(server=Reason.CONNECTION_FAILED), 2, before, NOW)
    assert {c.last_transition_time for c in after} == {EARLIER}
    assert {c.observed_generation for c in after} == {2}
    healed = {c.type: c for c in conditions(outcomes(), 2, after, NOW)}
    assert healed["ServerReachable"].last_transition_time == NOW
    assert healed["ConfigPublished"].last_transition_time == EARLIER


def test_the_same_outcome_twice_says_the_same() -> None:
    result = outcomes(server=Reason.TIMED_OUT)
    before = conditions(result, 1, (), EARLIER)
    assert conditions(result, 1, before, NOW) == before


@pytest.mark.parametrize(
    ("length", "end"),
    [pytest.param(1024, "x", id="whole"), pytest.param(50_000, "...", id="only so far")],
)
def test_a_long_message_is_reported(length: int, end: str) -> None:
    """The API refuses a status with one of more than 32 768 characters."""
    problem = Problem(Reason.KEY_NOT_ALLOWED, "x" * length)
    result = [
        *conditions(Outcomes(problem, None, None), 1, (), NOW),
        *stalled_conditions(problem, 1, (), NOW),
    ]
    long = [condition.message for condition in result if condition.reason == problem.reason]
    assert len(long) == 5  # Ready, EndpointResolved, Stalled; Ready, Stalled
    assert {(len(message), message[-len(end) :]) for message in long} == {(1024, end)}
