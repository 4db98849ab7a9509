"""What is published against what would be: unified diffs, document by document."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openclaw_vllm.api.configmap import DIGEST, KEYS, PRIMARY_PATTERNS, ConfigMapState
from openclaw_vllm.commands.preview import Preview

METADATA = "labels and annotations"
UNENDED = "\\ No newline at end of file\n"  # as diff writes it
DERIVED = (DIGEST, PRIMARY_PATTERNS)  # annotations that follow from the rest


@dataclass(frozen=True)
class Published:
    """A ConfigMap as it is: as far as decisions need it, and its data."""

    known: ConfigMapState
    data: Mapping[str, str]

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> "Published":
        """Read a manifest of a file, which may lack what only a cluster gives."""
        metadata = {"uid": "", "resourceVersion": "", **manifest["metadata"]}
        return cls(
            ConfigMapState.read({**manifest, "metadata": metadata}), manifest.get("data") or {}
        )


def changes(preview: Preview, published: Published | None) -> dict[str, str]:
    """Return a unified diff for each document that would change, and for what is written on it."""
    wanted = preview.config_map
    if wanted is None:
        return {}
    was = published.data if published else {}
    found = {key: _diff(key, was.get(key, ""), wanted["data"][key]) for key in KEYS}
    before = _worn(published, wanted["metadata"])
    found[METADATA] = _diff(METADATA, before, _as_lines(wanted["metadata"]))
    return {key: diff for key, diff in found.items() if diff}


def _worn(published: Published | None, wanted: Mapping[str, Any]) -> str:
    """Write the labels and annotations that are asked for, as the ConfigMap has them."""
    if published is None:
        return ""
    return _as_lines(
        {
            name: {key: has[key] for key in wanted[name] if key in has}
            for name, has in (
                ("labels", published.known.labels),
                ("annotations", published.known.annotations),
            )
        }
    )


def _as_lines(metadata: Mapping[str, Any]) -> str:
    return "".join(
        f"{name}: {key}={value}\n"
        for name in ("labels", "annotations")
        for key, value in sorted(metadata[name].items())
        if key not in DERIVED
    )


def _diff(key: str, before: str, after: str) -> str:
    lines = (before.splitlines(keepends=True), after.splitlines(keepends=True))
    diff = difflib.unified_diff(*lines, f"published/{key}", f"rendered/{key}")
    return "".join(line if line.endswith("\n") else f"{line}\n{UNENDED}" for line in diff)
