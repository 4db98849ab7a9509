"""Retention of models that a server no longer lists, and of the numbers it no longer gives.

A list never shrinks by accident. A model is added at once, and removed only when it was absent from
`removeAfter` good answers in a row; failed probes neither count nor reset. After a restart the
models are restored from the published ConfigMap, and a missing one counts as absent once, to be
safe. A changed URL is another server: its first good answer replaces everything. A number falls at
once and rises after as many equal answers (see `settling`); one that the server stops giving stays
as long as its model does, and never becomes a guess.

Answers that alternate come from replicas that differ, not from a server that changes: from the
second time on that an absence or a rise ends before its time, or is undone, every change that has
to wait needs twice as many answers. As many answers in a row without either halve that again.
Where several replicas are ready, an answer is one of theirs, and it is as if that had happened.
When others are ready than before, as at each step of a rollout, what alternated counts no more.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.settling import NO_RISE, Rise, needed_answers, settle

OF_SEVERAL = 3  # alternations: in random order two replicas settle at once, 99 times of 100
MAX_REMOVED = 1000  # ids of removed models that are remembered


@dataclass(frozen=True, slots=True)
class RetainedModel:
    """A model that is published, listed or not."""

    model: ServedModel
    absent: int = 0  # good answers in a row without it
    context: Rise = NO_RISE
    max_output: Rise = NO_RISE

    @property
    def changes(self) -> bool:
        """Whether something about it waits for more answers."""
        return self.absent + self.context.answers + self.max_output.answers > 0

    def with_answer(self, answer: ServedModel, parent: int | None, needed: int) -> "RetainedModel":
        """Record a good answer that lists the model; `parent` is its base model's context."""
        context, context_rise = self._settle_context(answer, parent, needed)
        output, rise = settle(self.model.max_output, self.max_output, answer.max_output, needed)
        model = replace(answer, context=context, max_output=output)
        return RetainedModel(model, context=context_rise, max_output=rise)

    def is_undone(self, after: "RetainedModel", parent: int | None) -> bool:
        """Return whether an answer that lists the model took back what the ones before it said."""
        context = after.model.context or parent
        return (
            self.absent > 0
            or self.context.returns_at(after.context, context)
            or self.max_output.returns_at(after.max_output, after.model.max_output)
        )

    def _settle_context(
        self, answer: ServedModel, parent: int | None, needed: int
    ) -> tuple[int | None, Rise]:
        """Settle the context; None is that of the base model, where there is one."""
        old = self.model.context
        if old is None and answer.context is None:
            return None, NO_RISE
        now = answer.context or parent
        settled, rise = settle(old or parent, self.context, now, needed)
        return (answer.context if settled == now else old), rise


@dataclass(frozen=True, slots=True)
class Retained:
    """The models of one URL, from good answers only."""

    base_url: str
    models: tuple[RetainedModel, ...]
    removed: tuple[str, ...] = ()  # ids, the last one last
    alternations: int = 0  # absences and rises that were undone
    steady: int = 0  # good answers in a row without either, while there were alternations
    of_several: bool = False  # each answer is that of one of several replicas

    @property
    def doubt(self) -> int:
        """The alternations that count, whether seen or to be expected."""
        return max(self.alternations, OF_SEVERAL if self.of_several else 0)

    @property
    def served(self) -> dict[str, ServedModel]:
        """Every model that counts as served, by id, missing ones included."""
        return {retained.model.id: retained.model for retained in self.models}

    def only(self, ids: frozenset[str]) -> "Retained":
        """Return the models with these ids alone."""
        models = tuple(retained for retained in self.models if retained.model.id in ids)
        return replace(self, models=models)

    def of_replicas(self, *, several: bool, changed: bool) -> "Retained":
        """Return the models of a Service with several ready replicas, or not; `changed` tells that
        they are others than at the answers before."""
        alternations = 0 if changed else self.alternations
        return replace(self, of_several=several, alternations=alternations)

    @property
    def is_alternating(self) -> bool:
        """Whether models or numbers came and went more often than of a server that restarts."""
        return self.doubt > 1

    @property
    def missing(self) -> frozenset[str]:
        """The ids that the last good answer did not list; of those that come and go, the ones that
        some more did not."""
        tolerated = 2**self.doubt if self.is_alternating else 0
        return frozenset(entry.model.id for entry in self.models if entry.absent > tolerated)

    def differs_from(self, ids: frozenset[str]) -> bool:
        """Return whether a list with these ids is another one, but for models that come and go."""
        if self.is_alternating:
            return not ids <= self.served.keys()
        return ids != {retained.model.id for retained in self.models if not retained.absent}

    def after(self, answer: "Retained", needed: int, *, undone: bool) -> "Retained":
        """Return an answer's models with what the answers before tell of alternations."""
        if undone:
            return replace(answer, alternations=self.alternations + 1)
        if not self.alternations or any(retained.changes for retained in answer.models):
            return replace(answer, alternations=self.alternations)
        if self.steady + 1 >= needed:
            return replace(answer, alternations=self.alternations - 1)
        return replace(answer, alternations=self.alternations, steady=self.steady + 1)


def merge(
    previous: Retained | None, base_url: str, answer: Iterable[ServedModel], remove_after: int
) -> Retained:
    """Merge a good answer, already without duplicates and rejected ids, into the models before."""
    before = previous if previous and previous.base_url == base_url else Retained(base_url, ())
    needed = needed_answers(remove_after, before.doubt)
    listed, undone = dict[str, RetainedModel](), False
    for now, was_undone in _merge_listed(before, answer, needed):
        listed[now.model.id] = now
        undone = undone or was_undone
    absent = [old for old in before.models if old.model.id not in listed]
    stay = [replace(old, absent=old.absent + 1) for old in absent if old.absent + 1 < needed]
    newly_removed = [old.model.id for old in absent if old.absent + 1 >= needed]
    removed = [id_ for id_ in (*before.removed, *newly_removed) if id_ not in listed]
    models = sorted([*listed.values(), *stay], key=lambda entry: entry.model.id)
    after = replace(before, models=tuple(models), removed=tuple(removed[-MAX_REMOVED:]), steady=0)
    return before.after(after, needed, undone=undone)


def _merge_listed(
    before: Retained, answer: Iterable[ServedModel], needed: int
) -> Iterator[tuple[RetainedModel, bool]]:
    """Yield the models of an answer, and whether each took something back: base models first, since
    adapters may take their context."""
    earlier, removed = {old.model.id: old for old in before.models}, frozenset(before.removed)
    contexts = {id_: model.context for id_, model in before.served.items()}
    for model in sorted(answer, key=lambda model: bool(model.parent)):
        old, parent = earlier.get(model.id), contexts.get(model.parent)
        now = old.with_answer(model, parent, needed) if old else RetainedModel(model)
        contexts[model.id] = now.model.context
        yield now, old.is_undone(now, parent) if old else model.id in removed
