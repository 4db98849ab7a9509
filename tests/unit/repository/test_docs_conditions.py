"""docs/conditions.md against what the core says: every reason under its condition, and no other."""

import re
from pathlib import Path

import pytest

from openclaw_vllm.api.conditions import ConditionType, Reason
from openclaw_vllm.core.status.conditions import STALLED
from tests.gitops.states import states

PAGE = (Path(__file__).parents[3] / "docs" / "conditions.md").read_text()
SECTION = re.compile(r"^## (.+)\n((?:(?!^## ).*\n)*)", re.MULTILINE)
ROW = re.compile(r"^\| `(\w+)` \|(.*)\|$", re.MULTILINE)


def rows() -> list[tuple[str, str, str]]:
    """The condition, reason and whom it waits for, of every row about a reason."""
    result = []
    for section, body in SECTION.findall(PAGE):
        for reason, cells in ROW.findall(body):
            _, waits_for, _ = (cell.strip() for cell in cells.split("|"))
            result.append((section, reason, waits_for))
    return result


DOCUMENTED = {(section, reason) for section, reason, _ in rows()}
SUMMARIES = {ConditionType.READY, ConditionType.RECONCILING, ConditionType.STALLED}


def reported_reasons() -> set[tuple[str, str]]:
    """Every condition and reason that the core says."""
    result = (each for state in states() for each in state.conditions)
    return {(each["type"], each["reason"]) for each in result}


def test_every_reason_of_a_condition_is_documented_under_it_and_no_other() -> None:
    aspects = {(type_, reason) for type_, reason in reported_reasons() if type_ not in SUMMARIES}
    names = {(section, reason) for section, reason in DOCUMENTED if section in dict(aspects)}
    assert names == aspects


@pytest.mark.parametrize("summary", sorted(SUMMARIES))
def test_what_a_summary_adds_is_on_the_page(summary: str) -> None:
    elsewhere = {reason for type_, reason in reported_reasons() if type_ not in SUMMARIES}
    added = {reason for type_, reason in reported_reasons() if type_ == summary} - elsewhere
    assert [reason for reason in added if f"`{reason}`" not in PAGE] == []


def test_the_page_speaks_of_every_reason_and_of_no_other() -> None:
    assert {reason for _, reason in DOCUMENTED} <= set(Reason)
    assert [reason for reason in Reason if f"`{reason}`" not in PAGE] == []


@pytest.mark.parametrize(
    ("section", "reason", "waits_for"),
    [
        pytest.param(section, reason, waits_for, id=f"{section} {reason}")
        for section, reason, waits_for in rows()
        if section in set(ConditionType) - SUMMARIES
    ],
)
def test_the_page_says_truly_who_has_to_act(section: str, reason: str, waits_for: str) -> None:
    if reason in (Reason.SUCCEEDED, Reason.SKIPPED, Reason.NO_CHAT_MODELS):
        assert waits_for == "", section
    else:
        assert waits_for == ("you" if reason in STALLED else "a retry"), section
