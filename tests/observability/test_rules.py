"""The alerts, as promtool sees them: the rules are well formed, and fire when they have to."""

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.observability import binaries
from tests.observability.prometheus import RULES

CASES = Path(__file__).parent / "rules_test.yaml"


def promtool(*args: str | Path, folder: Path) -> str:
    command = [binaries.ensure()["promtool"], *args]
    process = subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout


def alerts() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(RULES.read_text())["groups"]
    result: list[dict[str, Any]] = group["rules"]
    return result


def test_the_rules_are_well_formed() -> None:
    output = promtool("check", "rules", "--lint=all", "--lint-fatal", RULES, folder=RULES.parent)
    assert f"{len(alerts())} rules found" in output


def test_each_alert_fires_when_it_has_to_and_not_before(tmp_path: Path) -> None:
    shutil.copy(RULES, tmp_path)
    shutil.copy(CASES, tmp_path)
    promtool("test", "rules", CASES.name, folder=tmp_path)


@pytest.mark.parametrize("alert", [alert["alert"] for alert in alerts()])
def test_each_alert_has_a_case_in_which_it_fires_and_one_in_which_it_does_not(alert: str) -> None:
    cases = yaml.safe_load(CASES.read_text())["tests"]
    requests = [case for test in cases for case in test["alert_rule_test"]]
    fires = {bool(case.get("exp_alerts")) for case in requests if case["alertname"] == alert}
    assert fires == {True, False}


def test_the_cases_can_fail(tmp_path: Path) -> None:
    """A rule that never fires is found out."""
    (tmp_path / RULES.name).write_text(re.sub(r"> 180", "> 1800", RULES.read_text()))
    shutil.copy(CASES, tmp_path)
    with pytest.raises(AssertionError, match="OpenClawVllmWatchSilent"):
        promtool("test", "rules", CASES.name, folder=tmp_path)
