"""Differences between the published and the rendered ConfigMap, as unified diffs."""

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from openclaw_vllm.api.configmap import DIGEST, KEYS, PRIMARY_PATTERNS, ConfigMapState
from openclaw_vllm.commands.preview import Preview

METADATA = "labels and annotations"
NO_NEWLINE = "\\ No newline at end of file\n"  # as diff writes it
DERIVED_ANNOTATIONS = (DIGEST, PRIMARY_PATTERNS)  # annotations that follow from the rest


@dataclass(frozen=True)
class Published:
    """An existing ConfigMap: its state as the operator reads it, and its data."""

    state: ConfigMapState
    data: Mapping[str, str]

    @classmethod
    def read(cls, manifest: Mapping[str, Any]) -> "Published":
        """Read a manifest; one from a file may lack the fields that only a cluster sets."""
        metadata = {"uid": "", "resourceVersion": "", **manifest["metadata"]}
        return cls(
            ConfigMapState.read({**manifest, "metadata": metadata}), manifest.get("data") or {}
        )


def compare(preview: Preview, published: Published | None) -> dict[str, str]:
    """Return a unified diff for each document that would change, and for the metadata."""
    desired = preview.config_map
    if desired is None:
        return {}
    data = published.data if published else {}
    diffs: dict[str, str] = {
        key: _diff(key, data.get(key, ""), desired["data"].get(key, "")) for key in KEYS
    }
    before = _existing_lines(published, desired["metadata"])
    diffs[METADATA] = _diff(METADATA, before, _as_lines(desired["metadata"]))
    return {key: diff for key, diff in diffs.items() if diff}


def _existing_lines(published: Published | None, desired: Mapping[str, Any]) -> str:
    """Write the published labels and annotations whose keys are among the desired ones."""
    if published is None:
        return ""
    return _as_lines(
        {
            name: {key: existing[key] for key in desired[name] if key in existing}
            for name, existing in (
                ("labels", published.state.labels),
                ("annotations", published.state.annotations),
            )
        }
    )


def _as_lines(metadata: Mapping[str, Any]) -> str:
    return "".join(
        f"{name}: {key}={value}\n"
        for name in ("labels", "annotations")
        for key, value in sorted(metadata[name].items())
        if key not in DERIVED_ANNOTATIONS
    )


def _diff(key: str, before: str, after: str) -> str:
    lines = (before.splitlines(keepends=True), after.splitlines(keepends=True))
    diff = difflib.unified_diff(*lines, f"published/{key}", f"rendered/{key}")
    return "".join(line if line.endswith("\n") else f"{line}\n{NO_NEWLINE}" for line in diff)
