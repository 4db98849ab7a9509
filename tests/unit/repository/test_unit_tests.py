"""`make unit`: a process for each folder."""

from pathlib import Path

import pytest

from hack.unit_tests import SHARES, UNIT, run


def test_each_module_is_run_by_one_process() -> None:
    paths = [path for share in SHARES for pattern in share for path in UNIT.glob(pattern)]
    modules = [
        module
        for path in paths
        for module in ([path] if path.is_file() else path.rglob("test_*.py"))
    ]
    assert sorted(modules) == sorted(UNIT.rglob("test_*.py"))


@pytest.mark.parametrize("failing", ["", "a", "b"], ids=["none", "first", "last"])
def test_all_have_to_pass_and_what_each_says_is_shown(
    failing: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder in ("a", "b"):
        module = tmp_path / folder / "test_it.py"
        module.parent.mkdir()
        module.write_text(f"def test_{folder}():\n    assert {folder != failing}\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    assert run(tmp_path, (("a",), ("b",)), []) is not bool(failing)
    shown = capsys.readouterr().out
    assert shown.count("1 passed") == (1 if failing else 2)
    assert shown.count("1 failed") == bool(failing)
