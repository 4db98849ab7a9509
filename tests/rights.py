"""An operator within its rights: nothing forbidden, no Secret listed or watched, no bug logged.

The rings hold every operator that a test runs to this, by the API server's own audit log.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.controlplane.audit import AuditEntries
from tests.controlplane.plane import ControlPlane
from tests.operator_process import USER, OperatorProcess


def assert_within_rights(
    process: OperatorProcess, entries: AuditEntries, *, logged: int = 0, at_rest: bool = False
) -> None:
    """See that an operator asked for nothing but its own, and knows no bug but those `logged`.

    Only one that was `at_rest`, running before with nothing to do, may have asked for nothing.
    """
    assert entries or at_rest, "the audit log knows nothing of the operator"
    forbidden = process.forbidden_to(entries)
    assert not forbidden, f"RBAC forbade {forbidden}"
    asked_at_large = {entry.verb for entry in entries.of("secrets")} - {"get"}
    assert not asked_at_large, f"Secrets: {asked_at_large}"
    bugs = process.bugs()[logged:]
    assert not bugs, f"it logged {bugs}"


@contextmanager
def held_to_its_rights(plane: ControlPlane, process: OperatorProcess) -> Iterator[None]:
    """Have the operator run; afterwards, see that it kept within its rights and knows no bug."""
    mark, logged = plane.audit.mark(), len(process.bugs())
    at_rest = process.runs
    if not at_rest:
        process.start()
    yield
    assert process.runs, process.tail()
    entries = plane.audit.since(mark).by(USER)
    assert_within_rights(process, entries, logged=logged, at_rest=at_rest)


@contextmanager
def in_place_of(
    other: OperatorProcess, process: OperatorProcess, plane: ControlPlane
) -> Iterator[OperatorProcess]:
    """Have an operator run instead of another one, and held to its rights."""
    other.kill()
    with held_to_its_rights(plane, process):
        yield process
    process.kill()
