"""What the capability probe has shown of a server, from one examination to the next."""

from collections.abc import Container, Mapping
from dataclasses import dataclass, field, replace

from openclaw_vllm.api.status import ServerNote
from openclaw_vllm.core.discovery.capabilities import UNKNOWN, Capabilities, Examination


@dataclass(frozen=True, slots=True)
class CapabilityResults:
    """Results by model, and why there are no more of them."""

    by_model: Mapping[str, Capabilities] = field(default_factory=dict)
    examined: frozenset[str] = frozenset()  # the ids and the version that this was shown for
    note: ServerNote | None = None  # why the last questions ended early
    unanswered: bool = False  # a question had no answer, and the next probe is still to come

    @property
    def is_stopped(self) -> bool:
        """Whether nothing is asked until a person asks for it."""
        return self.note == "ProbeStopped"

    def with_examination(
        self, examined: frozenset[str], examination: Examination
    ) -> "CapabilityResults":
        """Record what models can do; what was not answered stays, and is asked again later."""
        before, complete = self.by_model, examination.complete
        new = {id_: one.over(before.get(id_, UNKNOWN)) for id_, one in examination.results.items()}
        return CapabilityResults(
            {**before, **new},
            examined if complete else frozenset(),
            examination.note,
            unanswered=examination.unanswered,
        )

    def after_failed_probe(self) -> "CapabilityResults":
        """Ask no more when the probe after a question without an answer fails: the server may have
        ended because of the question."""
        stopped = replace(self, note="ProbeStopped", unanswered=False)
        return stopped if self.unanswered else self

    def of_models(self, ids: Container[str], *, moved: bool) -> "CapabilityResults":
        """Return what is known of these models; `moved` if another server lists them."""
        by_model = {id_: one for id_, one in self.by_model.items() if id_ in ids}
        return (
            CapabilityResults(by_model)
            if moved
            else replace(self, by_model=by_model, unanswered=False)
        )
