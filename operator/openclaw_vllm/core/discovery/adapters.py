"""Base models of LoRA adapters, in the words of each server's list.

vLLM and SGLang name the base's id as `parent`; early vLLMs wrote it as `root`, and Ray Serve LLM
writes it as `metadata.model_id`. A base that is named by its path, as its own row's `root` has it,
is that row's model.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from openclaw_vllm.core.discovery.row_fields import read_field, text

# Every row may have them: they name a base only where a row has no context, and that one has.
MAYBE_BASE = ("root", "metadata.model_id")


def base_ids(rows: Sequence[Mapping[str, Any]], contexts: Sequence[int | None]) -> tuple[str, ...]:
    """Return the base model's id for each row; empty for a base model, or where none is named."""
    sized = {row["id"] for row, context in zip(rows, contexts, strict=True) if context}
    ids = {row["id"] for row in rows}
    by_path = {text(row.get("root")): row["id"] for row in rows if not row.get("parent")}
    return tuple(_base_id(row, ids, by_path, sized) for row in rows)


def _base_id(
    row: Mapping[str, Any], ids: set[str], by_path: Mapping[str, str], sized: set[str]
) -> str:
    parent = text(row.get("parent"))
    if parent and parent != row["id"]:
        return parent if parent in ids else by_path.get(parent, parent)
    names = (text(read_field(row, name)) for name in MAYBE_BASE)
    return "" if row["id"] in sized else next((name for name in names if name in sized), "")
