"""`make bench` on fleets that are small enough for a test: every scenario ends, and has figures."""

import subprocess
import sys
from pathlib import Path

import pytest

from hack.bench.figures import FLOOR, PEER, THIS
from hack.bench.results import FAN_OUT, FLEET, Results

pytestmark = pytest.mark.timeout(300)

ROOT = Path(__file__).parents[2]
SCENARIOS = {"idle", "burst", "steady", "change", "restart", "hanging"}
SUBJECTS = [f"--subject={subject}" for subject in (FLOOR, THIS, PEER)]


def test_a_small_fleet_and_a_small_catalog_are_measured(tmp_path: Path) -> None:
    kept = tmp_path / "results.json"
    sizes = ["--quick", "--size=10", "--namespaces=2", f"--out={kept}"]
    command = [sys.executable, "-m", "hack.bench", *sizes, *SUBJECTS]
    process = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stderr + process.stdout
    results = Results.read(kept)
    fleet, catalog = results.of(FLEET)[10], results.of(FAN_OUT)[2]
    assert set(fleet.values) == SCENARIOS
    assert list(fleet.values["burst"]["seconds"]) == [FLOOR, THIS, PEER]
    assert fleet.median("burst", "writes", THIS) == 2
    assert fleet.median("steady", "all_writes", THIS) == 0
    assert 2 <= (fleet.median("change", "writes", THIS) or 0) < 3  # some are due meanwhile
    assert fleet.median("restart", "all_writes", THIS) == 2
    assert set(catalog.values["one change"]["seconds"]) == {FLOOR, THIS}
    assert set(fleet.values["hanging"]["share"]) == {THIS, PEER}
    assert "this / floor" in process.stdout
