"""An object as the API server shows it, and what kstatus, Argo CD and Flux have to make of it."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import yaml

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from tests.builders import Wire

CRDS = Path(__file__).parents[2] / "crds"


@dataclass(frozen=True)
class Verdict:
    """What each tool says of an object."""

    kstatus: str
    argocd: str
    flux: str


HEALTHY = Verdict("Current", "Healthy", "Current")
AWAITED = Verdict("InProgress", "Progressing", "InProgress")
BROKEN = Verdict("InProgress", "Degraded", "InProgress")  # a retry may heal what went wrong
STALLED = Verdict("Failed", "Degraded", "Failed")
DELETED = Verdict("Terminating", "Progressing", "InProgress")


@dataclass(frozen=True)
class State:
    """A whole object whose status our core wrote, and what is to be said of it."""

    name: str
    manifest: Wire
    verdict: Verdict

    @property
    def is_deleted(self) -> bool:
        """Whether the tools themselves judge it, before any script or expression."""
        return "deletionTimestamp" in self.manifest["metadata"]

    @property
    def conditions(self) -> Iterable[Wire]:
        """The object's conditions as the API server shows them."""
        return tuple(self.manifest["status"].get("conditions", ()))


def default_status(plural: str) -> Wire:
    """Return what the API server itself writes into a new object, from the CRD."""
    text = (CRDS / f"openclaw-vllm.dev_{plural}.yaml").read_text()
    crd = yaml.load(text, yaml.CSafeLoader)
    (version,) = crd["spec"]["versions"]
    result: Wire = version["schema"]["openAPIV3Schema"]["properties"]["status"]["default"]
    return result


def because(reason: Reason) -> Problem:
    """Return a problem of this reason."""
    return Problem(reason, f"why {reason}")
