"""The relist after a start, which a test that counts requests has to wait for."""

from tests.apiserver.workspace import soon
from tests.controlplane.plane import ControlPlane
from tests.operator_process import USER, OperatorProcess

# A start lists the namespaces once to prime its caches, and once in the relist, as the last kind.
# Before Kubernetes 1.34 kopf lists them too.
LISTS_OF_NAMESPACES = 2


def restart_and_relist(operator: OperatorProcess, plane: ControlPlane) -> None:
    """Start an operator anew and return when its relist is over: the next is ten minutes off."""
    operator.kill()
    mark = plane.audit.mark()
    operator.start()
    soon(lambda: _lists(plane, mark) >= LISTS_OF_NAMESPACES, "the relist after the start is over")


def _lists(plane: ControlPlane, mark: int) -> int:
    entries = plane.audit.since(mark).by(USER).of("namespaces")
    own = [entry for entry in entries if not entry.is_of_kopf("list")]
    return sum(entry.verb == "list" and entry.code == 200 for entry in own)
