"""Outcome of a publication: the plan, held against the ConfigMap that exists."""

from dataclasses import dataclass

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.config.documents import Documents, empty_documents
from openclaw_vllm.core.publication.last_published import LastPublished
from openclaw_vllm.core.publication.plan import KeepPublished, Plan, Publish

ONLY_EMPTY_DOCUMENTS = Problem(Reason.PENDING, "nothing is published but empty documents")


@dataclass(frozen=True, slots=True)
class Restore:
    """Publish again what was published last: the ConfigMap is missing or damaged."""

    documents: Documents
    patterns: str  # hash to record
    problem: Problem | None


Outcome = Publish | Restore | KeepPublished


def outcome_of(
    plan: Plan,
    existing: ConfigMapState | None,
    last: LastPublished,
    spec: VllmProviderSpec,
    base: Base | Problem | None,
) -> Outcome:
    """Decide what is done about the ConfigMap that exists, None for none.

    Without new documents, only a ConfigMap that is missing or damaged is written, and not if
    another operator has published something else. Where nothing ever was, the documents are empty:
    agents need valid ones.
    """
    if isinstance(plan, Publish):
        return plan
    if last.documents is not None:
        is_other = existing is not None and existing.digest != last.documents.digest
        if existing is not None and existing.is_unmodified and is_other:
            return plan
        return Restore(last.documents, last.patterns_hash, plan.problem)
    empty = empty_documents(spec, None if isinstance(base, Problem) else base)
    if existing is None or existing.recorded_digest == empty.digest:
        return Publish(empty, plan.problem or ONLY_EMPTY_DOCUMENTS, patterns=plan.patterns)
    return plan
