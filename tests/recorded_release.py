"""What an earlier release published, as it was recorded, on an API server that starts empty.

`tests/data/RELEASE` holds the CRDs of a release and, one object a line, an estate of fifty
VllmProviders and two VllmCatalogs with the status and the ConfigMaps that its operator wrote
(`python -m hack.release_data`). The API server gives uids of its own, so those are exchanged.
"""

import json
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from tests.controlplane.plane import ControlPlane
from tests.operator_process import NAMESPACE
from tests.vllm_server import Model, VllmServer

Json = dict[str, Any]

FOLDER = Path(__file__).parent / "data"
RELEASE = "v0.1.0"
CRDS = FOLDER / RELEASE / "crds"
OWN_KINDS = ("VllmProvider", "VllmCatalog")
MANAGER = "openclaw-vllm-operator"  # the field manager of the operator
OWN_NAMESPACE = f"--leader-election-namespace={NAMESPACE}"  # where a catalogue's base is
CATALOG_UID = "openclaw-vllm.dev/catalog-uid"


@cache
def rows(*kinds: str) -> tuple[Json, ...]:
    """Return the recorded rows of these kinds, in the order of their creation."""
    lines = (FOLDER / RELEASE / "published.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(row for row in map(json.loads, lines) if row["kind"] in kinds)


def published() -> dict[str, Json]:
    """Return the data of the ConfigMaps that the operator wrote, by namespace and name."""
    return {name_of(row): row["data"] for row in rows("ConfigMap") if _is_published(row)}


def servers() -> Iterator[VllmServer]:
    """Yield the servers that answered when the recording ended."""
    yield from (stand_in(row) for row in rows("Server") if not row["isDown"])


def stand_in(row: Json) -> VllmServer:
    """Return the server of a row."""
    settings = {key: value for key, value in row.items() if key not in ("kind", "isDown")}
    models = tuple(Model(*each) for each in settings.pop("models"))
    return VllmServer(models=models, **{**settings, "keys": tuple(settings.get("keys", ()))})


def restore(plane: ControlPlane) -> None:
    """Create all that was recorded, with status and ConfigMaps as the operator wrote them."""
    kinds = ("Namespace", "Service", "Secret", "ConfigMap")
    _create(plane, (row for row in rows(*kinds) if not _is_published(row)))
    _create(plane, rows(*OWN_KINDS))
    uids = dict(_exchange(plane))
    _apply(plane, map(_without_uid, rows(*OWN_KINDS)), "--subresource=status")
    maps = (row for row in rows("ConfigMap") if _is_published(row))
    _apply(plane, (_with_uids(row, uids) for row in maps))


def name_of(item: Json) -> str:
    """Return an object's namespace and name."""
    metadata = item["metadata"]
    return f"{metadata.get('namespace', '')}/{metadata['name']}"


def _is_published(row: Json) -> bool:
    return row["kind"] == "ConfigMap" and "ownerReferences" in row["metadata"]


def _exchange(plane: ControlPlane) -> Iterator[tuple[str, str]]:
    """Yield the recorded uids of our kinds, each with that of the object that stands for it."""
    objects = json.loads(plane.kubectl("get", "vllmproviders,vllmcatalogs", "-A", "-o", "json"))
    now = {(each["kind"], name_of(each)): each["metadata"]["uid"] for each in objects["items"]}
    for row in rows(*OWN_KINDS):
        yield row["metadata"]["uid"], now[row["kind"], name_of(row)]


def _with_uids(row: Json, uids: dict[str, str]) -> Json:
    owned, metadata = _without_uid(row), row["metadata"]
    owners = [{**each, "uid": uids[each["uid"]]} for each in metadata["ownerReferences"]]
    notes = dict(metadata["annotations"])
    if CATALOG_UID in notes:
        notes[CATALOG_UID] = uids[notes[CATALOG_UID]]
    return {
        **owned,
        "metadata": {**owned["metadata"], "ownerReferences": owners, "annotations": notes},
    }


def _without_uid(row: Json) -> Json:
    metadata = {key: value for key, value in row["metadata"].items() if key != "uid"}
    return {**row, "metadata": metadata}


def _create(plane: ControlPlane, items: Iterator[Json] | tuple[Json, ...]) -> None:
    plane.kubectl("create", "-f", "-", input=_list(map(_without_uid, items)))


def _apply(plane: ControlPlane, items: Iterator[Json], *options: str) -> None:
    words = ("apply", "--server-side", f"--field-manager={MANAGER}", *options, "-f", "-")
    plane.kubectl(*words, input=_list(items))


def _list(items: Iterator[Json]) -> str:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)})
