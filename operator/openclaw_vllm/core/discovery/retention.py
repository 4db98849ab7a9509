"""Retention of models that a server no longer lists.

A list never shrinks by accident. A model is added at once, and removed only when it was absent from
`removeAfter` good answers in a row; failed probes neither count nor reset. After a restart the
models are restored from the published ConfigMap, and a missing one counts as absent once, to be
safe. A changed URL is another server: its first good answer replaces everything.
"""

from collections.abc import Iterable
from dataclasses import dataclass

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

    def only(self, ids: frozenset[str]) -> "Retained":
        """Return the models with these ids alone."""
        models = tuple(retained for retained in self.models if retained.model.id in ids)
        return Retained(self.base_url, models)

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
