"""Results of a server's capability probes, kept from one examination to the next."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from openclaw_vllm.api.status import ServerNote
from openclaw_vllm.core.discovery.capabilities import UNKNOWN, Capabilities, Examination
from openclaw_vllm.core.discovery.chat_refusals import ChatRefusals
from openclaw_vllm.core.discovery.models_response import ServedModel


@dataclass(frozen=True, slots=True)
class CapabilityResults:
    """Results by model, and why there are no more of them."""

    by_model: Mapping[str, Capabilities] = field(default_factory=dict)
    examined: frozenset[str] = frozenset()  # the ids and the version that the results are for
    note: ServerNote | None = None  # why the last questions ended early
    unanswered: bool = False  # a question had no answer, and the next probe is still to come
    refusals: ChatRefusals = field(default_factory=ChatRefusals)

    @property
    def is_stopped(self) -> bool:
        """Whether models are examined again only when a user requests it."""
        return self.note == "ProbeStopped"

    @property
    def is_disputed(self) -> bool:
        """Whether models that are listed refuse to chat, too few times yet to believe it."""
        return bool(self.refusals.answers) and not self.is_stopped

    def select(
        self, models: tuple[ServedModel, ...], examined: frozenset[str]
    ) -> tuple[ServedModel, ...]:
        """Return the models to ask: all when they or the version are others than before, else those
        that refuse to chat."""
        if examined - self.refusals.ids != self.examined:
            return models
        return tuple(model for model in models if model.id in self.refusals.ids)

    def with_examination(
        self, examined: frozenset[str], examination: Examination, remove_after: int
    ) -> "CapabilityResults":
        """Record an examination; where it has no answer, earlier results stay until a later one."""
        before, complete = self.by_model, examination.complete
        new = {
            id_: result.over(before.get(id_, UNKNOWN))
            for id_, result in examination.results.items()
        }
        refusals = self.refusals.update(examination.chats, remove_after)
        return CapabilityResults(
            {**before, **new},
            examined - refusals.ids if complete else frozenset(),
            examination.note,
            unanswered=examination.unanswered,
            refusals=refusals,
        )

    def after_failed_probe(self) -> "CapabilityResults":
        """Ask no more when the probe after a question without an answer fails: the server may have
        ended because of the question."""
        stopped = replace(self, note="ProbeStopped", unanswered=False)
        return stopped if self.unanswered else self

    def with_new_questions(self) -> "CapabilityResults":
        """Ask every model again, even of a server that went away: a user requested it."""
        return CapabilityResults(self.by_model, refusals=self.refusals)

    def of_models(self, ids: frozenset[str], *, moved: bool) -> "CapabilityResults":
        """Return what is known of these models; `moved` if another server lists them."""
        by_model = {id_: result for id_, result in self.by_model.items() if id_ in ids}
        return (
            CapabilityResults(by_model)
            if moved
            else replace(
                self, by_model=by_model, unanswered=False, refusals=self.refusals.of_models(ids)
            )
        )
