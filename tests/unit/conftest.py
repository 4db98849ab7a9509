"""What the unit tests share: more processes than processors, for half of their time is waiting."""

import os

PROCESSES_BY_PROCESSOR = 1.5


def pytest_xdist_auto_num_workers() -> int:
    """Return the number of processes of `-n auto`."""
    return max(2, round((os.cpu_count() or 1) * PROCESSES_BY_PROCESSOR))
