"""Retention of models that a server no longer lists.

A list never shrinks by accident. A model is added at once, and removed only when it was absent from
`removeAfter` good answers in a row; failed probes neither count nor reset. After a restart the
models are restored from the published ConfigMap, and a missing one counts as absent once, to be
safe. A changed URL is another server: its first good answer replaces everything.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from openclaw_vllm.api.status import ModelStatus
from openclaw_vllm.core.config.read_back import PublishedModels
from openclaw_vllm.core.discovery.models_response import ServedModel


@dataclass(frozen=True, slots=True)
class RetainedModel:
    """A model that is published, listed or not."""

    model: ServedModel
    absent: int = 0  # good answers in a row without it


@dataclass(frozen=True, slots=True)
class Retained:
    """The models of one URL, from good answers only."""

    base_url: str
    models: tuple[RetainedModel, ...]

    @property
    def served(self) -> dict[str, ServedModel]:
        """Every model that counts as served, by id, missing ones included."""
        return {retained.model.id: retained.model for retained in self.models}

    @property
    def missing(self) -> frozenset[str]:
        """The ids that the last good answer did not list."""
        return frozenset(retained.model.id for retained in self.models if retained.absent)


def merge(
    previous: Retained | None, base_url: str, answer: Iterable[ServedModel], remove_after: int
) -> Retained:
    """Merge a good answer, already without duplicates and rejected ids, into the models before."""
    fresh = {model.id: RetainedModel(model) for model in answer}
    before = previous.models if previous is not None and previous.base_url == base_url else ()
    retained = (
        RetainedModel(old.model, old.absent + 1)
        for old in before
        if old.model.id not in fresh and old.absent + 1 < remove_after
    )
    models = sorted([*fresh.values(), *retained], key=lambda entry: entry.model.id)
    return Retained(base_url, tuple(models))


def restore(published: PublishedModels, shown: Iterable[ModelStatus]) -> Retained | None:
    """Know again what an undamaged ConfigMap publishes; None when that holds no model yet.

    `shown` is the status' list: an adapter's parent, and which numbers were not the server's own,
    are written nowhere else. A parent's number is only left to the parent while that is published
    too.
    """
    if not published.contexts:
        return None
    with_last_known_entry = {model.id: model for model in shown}
    kept = []
    for id_, context in published.contexts:
        status = with_last_known_entry.get(id_)
        source = status.context_window_source if status else "Server"
        parent = status.parent if status else ""
        base = with_last_known_entry.get(parent)
        from_base = (
            source == "Parent" and base is not None and base.context_window_source == "Server"
        )
        derived = source in ("Override", "Default") or from_base
        absent = int(status is not None and status.state == "Missing")
        kept.append(RetainedModel(ServedModel(id_, parent, None if derived else context), absent))
    return Retained(published.base_url, tuple(kept))
