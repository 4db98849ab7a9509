"""Ids of a server's models: those that can be published, and the others with the reason.

Ids are untrusted: one that OpenClaw could not refer to, or that would mean more than itself there,
is rejected and shown in the status, as is a model that is not for chat.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from openclaw_vllm.api.discovery import DEFAULT_KINDS, ModelKind
from openclaw_vllm.api.fields import MODEL_VERSION
from openclaw_vllm.core.discovery.models_response import ServedModel

MAX_ID_LENGTH = 512
# control characters, lone surrogates, line separators, bidirectional marks; per character would be
# slow: a crafted MiB of ids held the event loop for a third of a second
UNFIT = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
LAST_SEGMENT = re.compile(f"[^@]*(@{MODEL_VERSION})?")
BYTE_ORDER_MARK = "\ufeff"  # white space to JavaScript, which trims ids, though not to Python


class Rejection(StrEnum):
    """Why an id cannot be published."""

    INVALID_REFERENCE = "InvalidReference"
    INVALID_CHARACTERS = "InvalidCharacters"
    TOO_LONG = "TooLong"
    WILDCARD = "Wildcard"
    NO_ID = "NoId"
    NOT_CHAT = "NotChat"


@dataclass(frozen=True, slots=True)
class ModelList:
    """An answer's usable models, the first of each id, and the ids that are rejected."""

    models: tuple[ServedModel, ...]
    rejected: Mapping[str, Rejection]

    @property
    def is_empty(self) -> bool:
        """Whether the server lists nothing at all."""
        return not self.models and not self.rejected

    @property
    def names_other_kinds(self) -> bool:
        """Whether a model is left out for its kind alone."""
        return Rejection.NOT_CHAT in self.rejected.values()


def validate_ids(
    answer: Iterable[ServedModel], kinds: Collection[ModelKind] = DEFAULT_KINDS
) -> ModelList:
    """Judge the id and the kind of every model of an answer, and drop duplicates.

    Rows without an id share one entry, which counts them.
    """
    accepted: dict[str, ServedModel] = {}
    rejected: dict[str, Rejection] = {}
    without_id = 0
    for model in answer:
        if not model.id:
            without_id += 1
        elif reason := rejection(model.id) or _rejection_of_kind(model, kinds):
            rejected[model.id] = reason
        else:
            accepted.setdefault(model.id, model)
    if without_id:
        rejected[f"({without_id} without an id)"] = Rejection.NO_ID
    return ModelList(tuple(accepted.values()), rejected)


def _rejection_of_kind(model: ServedModel, kinds: Collection[ModelKind]) -> Rejection | None:
    """A row that does not say what its model is for passes, whatever is wanted."""
    return Rejection.NOT_CHAT if model.kind is not None and model.kind not in kinds else None


def rejection(id_: str) -> Rejection | None:
    """Judge an id by what the real client does with it (measured on 2026.9.6)."""
    if len(id_) > MAX_ID_LENGTH:
        return Rejection.TOO_LONG
    if id_ != id_.strip().strip(BYTE_ORDER_MARK) or UNFIT.search(id_):
        return Rejection.INVALID_CHARACTERS
    if not LAST_SEGMENT.fullmatch(id_.rpartition("/")[2]):
        return Rejection.INVALID_REFERENCE
    return Rejection.WILDCARD if "*" in id_ else None
