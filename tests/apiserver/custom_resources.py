"""Creates custom resources as kubectl does, for tests of what the API server makes of them."""

from collections.abc import Mapping
from typing import Any

from tests.controlplane.plane import ControlPlane

VERSION = "openclaw-vllm.dev/v1alpha1"
MERGE = "application/merge-patch+json"
APPLY = "application/apply-patch+yaml"
STRICT = "fieldValidation=Strict"  # what kubectl asks for
DRY = f"dryRun=All&{STRICT}"


def create(
    plane: ControlPlane, kind: str, collection: str, spec: object, *, name: str, query: str = DRY
) -> Any:
    """Create one in this collection, by default without storing it; return what would be stored."""
    body = {"apiVersion": VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}
    return plane.admin.request("POST", f"{collection}?{query}", body)


def apply_status(plane: ControlPlane, kind: str, path: str, status: Mapping[str, object]) -> Any:
    """Apply the status of the resource at this path, as the operator does."""
    name = path.rpartition("/")[2]
    body = {"apiVersion": VERSION, "kind": kind, "metadata": {"name": name}, "status": status}
    query = f"fieldManager=test&force=true&{STRICT}"
    return plane.admin.request("PATCH", f"{path}/status?{query}", body, content_type=APPLY)


def contains(whole: Any, part: Any) -> bool:
    """Return whether all of `part` is in `whole`, at the same places."""
    if isinstance(part, dict):
        return all(key in whole and contains(whole[key], part[key]) for key in part)
    if isinstance(part, list):
        return len(whole) == len(part) and all(map(contains, whole, part))
    return bool(whole == part)


def explains(plane: ControlPlane, path: str, words: str) -> bool:
    """Return whether `kubectl explain` says these words, and describes every field it lists."""
    text = plane.kubectl("explain", path)
    assert words in " ".join(text.split())
    return "<no description>" not in text.replace("metadata\t<ObjectMeta>", "")
