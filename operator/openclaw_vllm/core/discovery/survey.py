"""Survey of a Service's replicas, each asked at its own address: what all serve, and what differs.

Numbers are the smallest of all replicas: a larger one would break requests that another gets. A
replica that does not answer counts with its last list for a while, so that one which is slow now
and then does not change what all serve.
"""

import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from openclaw_vllm.api.discovery import PublishRule
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.replicas import Replica

MAX_ASKED = 16

List = tuple[ServedModel, ...]


@dataclass(frozen=True, slots=True)
class ReplicaList:
    """The last list of one replica."""

    models: List
    silent: int = 0  # questions in a row that it has not answered since


@dataclass(frozen=True, slots=True)
class Survey:
    """How the replicas that answered differ."""

    asked: int = 0
    differing: int = 0  # replicas that list something else than most
    partial: Mapping[str, int] = field(default_factory=dict)  # replicas by model, if not all
    lists: Mapping[Replica, ReplicaList] = field(default_factory=dict)


def sample(replicas: Iterable[Replica]) -> tuple[Replica, ...]:
    """Return the replicas to ask, of many always the same."""
    ranked = sorted(replicas, key=lambda replica: hashlib.sha256(replica.address.encode()).digest())
    return tuple(sorted(ranked[:MAX_ASKED]))


def collect(
    before: Survey | None, answers: Mapping[Replica, List | None], remove_after: int
) -> dict[Replica, ReplicaList]:
    """Return the lists that count: those of the answers, and the last one of a replica that has not
    answered now (None), until that were `remove_after` questions in a row."""
    lists = {}
    for replica, models in answers.items():
        last = before.lists.get(replica) if before else None
        if models is not None:
            lists[replica] = ReplicaList(models)
        elif last is not None and last.silent + 1 < remove_after:
            lists[replica] = replace(last, silent=last.silent + 1)
    return lists


def combine(lists: Sequence[List], publish: PublishRule) -> tuple[List, Survey]:
    """Return the list that agents get, and how the replicas' own lists differ.

    Where no model is served by all, as in the midst of a rollout, it holds those that most serve.
    """
    counts = Counter(id_ for models in lists for id_ in {model.id for model in models})
    least = 1 if publish == "Any" else max(counts.values(), default=0)
    smallest: dict[str, ServedModel] = {}
    for model in (model for models in lists for model in models if counts[model.id] >= least):
        smallest[model.id] = _smaller(smallest.get(model.id, model), model)
    partial = {id_: count for id_, count in sorted(counts.items()) if count < len(lists)}
    alike = Counter(frozenset(models) for models in lists)
    differing = len(lists) - max(alike.values(), default=0)
    return tuple(smallest.values()), Survey(len(lists), differing, partial)


def _smaller(one: ServedModel, other: ServedModel) -> ServedModel:
    return replace(
        one,
        context=_least(one.context, other.context),
        max_output=_least(one.max_output, other.max_output),
    )


def _least(*numbers: int | None) -> int | None:
    return min((number for number in numbers if number), default=None)
