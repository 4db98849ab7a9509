"""An operator within its rights: nothing forbidden, no Secret listed or watched, no bug logged.

The rings hold every operator that a test runs to this, by the API server's own audit log.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.controlplane.audit import AuditEntries
from tests.controlplane.plane import ControlPlane
from tests.operator_process import USER, OperatorProcess


def assert_within_rights(process: OperatorProcess, asked: AuditEntries, *, logged: int = 0) -> None:
    """See that an operator asked for nothing but its own, and knows no bug but those `logged`."""
    assert asked, "the audit log knows nothing of the operator"
    forbidden = process.forbidden_to(asked)
    assert not forbidden, f"RBAC forbade {forbidden}"
    asked_at_large = {entry.verb for entry in asked.of("secrets")} - {"get"}
    assert not asked_at_large, f"Secrets: {asked_at_large}"
    bugs = process.bugs()[logged:]
    assert not bugs, f"it logged {bugs}"


@contextmanager
def held_to_its_rights(plane: ControlPlane, process: OperatorProcess) -> Iterator[None]:
    """Have the operator run; afterwards, see that it kept within its rights and knows no bug."""
    mark, logged = plane.audit.mark(), len(process.bugs())
    if not process.runs:
        process.start()
    yield
    assert process.runs, process.tail()
    assert_within_rights(process, plane.audit.since(mark).by(USER), logged=logged)
