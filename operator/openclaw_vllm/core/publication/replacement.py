"""A ConfigMap as it is to replace the one that others have written to as well.

As with a server-side apply, what they own stays, and what we own goes unless it is desired;
`metadata.managedFields` tells who owns what.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from openclaw_vllm.api.configmap import FIELD_MANAGER
from openclaw_vllm.core.publication.manifest import Manifest

Path = tuple[str, ...]  # names of fields, as managedFields write them
Json = Mapping[str, Any]

DATA: Path = ("f:data",)
LABELS: Path = ("f:metadata", "f:labels")
ANNOTATIONS: Path = ("f:metadata", "f:annotations")
OWNERS: Path = ("f:metadata", "f:ownerReferences")


def replacement(current: Manifest, desired: Manifest) -> Manifest:
    """Return the current ConfigMap with what is desired of ours; fields of others stay as they are,
    and so does its resourceVersion."""
    before, after = current["metadata"], desired["metadata"]
    surplus = _owned_by_us_alone(before.get("managedFields") or ())
    owners = [
        owner for owner in before.get("ownerReferences") or () if _owner_path(owner) not in surplus
    ]
    uids = {owner["uid"] for owner in after["ownerReferences"]}
    metadata = {
        **before,
        "labels": _without_surplus(before.get("labels"), LABELS, surplus) | after["labels"],
        "annotations": _without_surplus(before.get("annotations"), ANNOTATIONS, surplus)
        | after["annotations"],
        "ownerReferences": [
            *(owner for owner in owners if owner["uid"] not in uids),
            *after["ownerReferences"],
        ],
    }
    data = _without_surplus(current.get("data"), DATA, surplus) | desired["data"]
    return {**current, "metadata": metadata, "data": data}


def _without_surplus(values: Json | None, path: Path, surplus: set[Path]) -> dict[str, Any]:
    return {
        name: value for name, value in (values or {}).items() if (*path, f"f:{name}") not in surplus
    }


def _owner_path(owner: Json) -> Path:
    key = json.dumps({"uid": owner["uid"]}, separators=(",", ":"))
    return (*OWNERS, f"k:{key}")


def _owned_by_us_alone(managed_fields: Iterable[Json]) -> set[Path]:
    own_paths: set[Path] = set()
    other_paths: set[Path] = set()
    for entry in managed_fields:
        paths = own_paths if entry.get("manager") == FIELD_MANAGER else other_paths
        paths.update(_paths(entry.get("fieldsV1") or {}))
    return own_paths - other_paths


def _paths(fields: Json, above: Path = ()) -> Iterator[Path]:
    for name, below in fields.items():
        yield (*above, name)
        yield from _paths(below, (*above, name))
