"""The first write of a VllmProvider: it tells whether there is something under the name."""

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import KEYS, ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from tests import builders
from tests.harnesses.provider import ProviderHarness

ANSWER = frozenset("ab")
FOREIGN = {
    "metadata": {
        "name": "vllm-openclaw",
        "namespace": "agents",
        "uid": "u",
        "resourceVersion": "7",
    },
    "data": {"theirs": "kept"},
}


def born() -> ProviderHarness:
    return ProviderHarness(builders.resource(builders.wire_spec(), status={}))


def verbs(life: ProviderHarness) -> list[tuple[str, str]]:
    return [(action.verb, action.resource) for action in life.cluster.actions]


def published_reason(provider: VllmProvider) -> str:
    return next(c.reason for c in provider.status.conditions if c.type == "ConfigPublished")


def test_a_new_one_is_published_with_two_writes_and_no_read() -> None:
    life = born()
    life.probe(ANSWER)
    assert verbs(life) == [("patch", "configmaps"), ("patch", "vllmproviders/status")]
    assert life.published == ANSWER


def test_what_somebody_else_has_under_the_name_is_not_touched_and_only_read_from_then_on() -> None:
    life = born()
    key = life.cluster.resource.config_map
    foreign = ConfigMapState.read(FOREIGN)
    life.cluster.config_maps[key] = foreign
    life.probe(ANSWER)
    assert life.cluster.writes == ["refused", "status", "Event"]
    assert published_reason(life.cluster.resource) == Reason.NOT_OWNED
    life.probe(ANSWER)
    life.probe(ANSWER)
    assert life.cluster.writes == ["refused", "status", "Event"]
    assert life.cluster.config_maps[key] == foreign


@pytest.mark.parametrize("documents", [["openclaw.json"], ["models.json"], KEYS])
def test_what_was_served_last_is_restored_from_the_documents_there_are(
    documents: list[str],
) -> None:
    """After a restart, with the server down, and with the ConfigMap damaged then deleted."""
    spec = builders.wire_spec(output={"documents": documents})
    life = ProviderHarness(builders.resource(spec, status={}))
    life.probe(ANSWER)
    before, key = dict(life.cluster.stored["data"]), life.cluster.resource.config_map
    assert before.keys() == set(documents)
    life.restart()
    life.probe(None)
    assert life.cluster.stored["data"] == before
    del life.cluster.config_maps[key]
    life.context.cache.published.clear()
    life.probe(None)
    assert life.cluster.stored["data"] == before
    assert life.cluster.published is not None
    assert life.cluster.published.is_unmodified


def test_its_own_that_the_watch_has_not_shown_yet_is_taken_over() -> None:
    """A process ended after the first of the two writes."""
    life = born()
    life.probe(ANSWER)
    life.cluster.put(builders.resource(builders.wire_spec(), status={}))
    life.restart()
    life.context.cache.published.clear()
    life.probe(ANSWER)
    assert life.published == ANSWER
    assert published_reason(life.cluster.resource) == Reason.SUCCEEDED
