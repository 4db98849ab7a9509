"""The cluster gets another domain: no ConfigMap changes until a person asks."""

from dataclasses import replace
from typing import Any

import pytest

from openclaw_vllm.core.config.read_back import read_models
from openclaw_vllm.core.discovery.connection import Connection
from openclaw_vllm.core.discovery.service_names import ServiceNames
from tests import builders
from tests.harnesses.provider import ProviderHarness

HOME = ServiceNames("k8s.home.lan")
FORMER, PRESENT = builders.BASE_URL, "http://vllm.models.svc.k8s.home.lan:8000/v1"
ADVICE = "set the annotation openclaw-vllm.dev/requested-at anew"
LISTED = frozenset({"a"})


def harness(**spec: Any) -> ProviderHarness:
    url = {"baseUrl": "http://vllm.models.svc:8000"}
    return ProviderHarness(builders.resource(builders.wire_spec(**url, **spec)))


def url(it: ProviderHarness) -> str:
    assert it.cluster.published is not None
    return read_models(it.cluster.published.models_json, "vllm").base_url


def message(it: ProviderHarness) -> str:
    result = it.cluster.resource.status.conditions
    return next(one.message for one in result if one.type == "ConfigPublished")


def notes(it: ProviderHarness) -> tuple[str, ...] | None:
    endpoint = it.cluster.resource.status.endpoint
    return endpoint.notes if endpoint else None


def edit(it: ProviderHarness, **changes: Any) -> None:
    """Have a person change the VllmProvider."""
    it.cluster.put(replace(it.cluster.resource, **changes))
    it.context.cache.put_provider(it.cluster.resource, ())


def restart(it: ProviderHarness) -> None:
    """Begin anew in a cluster of the other domain."""
    it.names = HOME
    it.restart()


def test_what_is_published_stays_under_the_former_domain_and_is_reported() -> None:
    it = harness()
    it.probe(LISTED)
    assert (url(it), ADVICE in message(it)) == (FORMER, False)
    maps = it.cluster.writes.count("map")
    for answer in (None, LISTED, LISTED):
        restart(it)
        it.probe(answer)
        assert it.cluster.writes.count("map") == maps
        assert url(it) == FORMER
        assert ADVICE in message(it)
        assert notes(it) == ("FormerDomain",)


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"requested_at": "now"}, id="asks"),
        pytest.param({"generation": 2}, id="edits the spec"),
    ],
)
def test_the_present_domain_is_published_when_a_person(change: dict[str, Any]) -> None:
    it = harness()
    it.probe(LISTED)
    restart(it)
    it.probe(LISTED)
    edit(it, **change)
    it.probe(None)
    assert url(it) == FORMER  # no good answer from there yet
    it.probe(LISTED)
    assert (url(it), notes(it)) == (PRESENT, None)
    assert ADVICE not in message(it)
    restart(it)
    written = it.written
    it.probe(LISTED)
    assert (url(it), it.written) == (PRESENT, written)


def test_a_spec_that_was_edited_while_no_operator_ran_gets_the_present_domain() -> None:
    it = harness()
    it.probe(LISTED)
    it.cluster.put(replace(it.cluster.resource, generation=2))
    restart(it)
    it.probe(LISTED)
    assert url(it) == PRESENT


def test_an_explicit_list_keeps_its_domain_too() -> None:
    it = harness(models=[{"id": "mine"}])
    it.probe(LISTED)
    restart(it)
    it.probe(LISTED)
    assert (url(it), notes(it)) == (FORMER, ("FormerDomain",))
    assert ADVICE in message(it)


def test_where_nothing_is_published_yet_the_present_domain_is_asked_at_once() -> None:
    it = harness()
    it.probe(None)
    restart(it)
    it.probe(LISTED)
    assert (url(it), notes(it)) == (PRESENT, None)


def test_a_config_map_that_is_forged_chooses_no_domain() -> None:
    it = harness()
    it.probe(LISTED)
    elsewhere = Connection("http://vllm.models.svc.evil.com:8000/v1")
    documents = builders.documents(builders.spec(), *builders.served("a"), connection=elsewhere)
    forged = builders.published(it.cluster.resource, documents)
    it.cluster.config_maps[it.cluster.resource.config_map] = forged
    restart(it)
    it.probe(LISTED)
    assert url(it) == PRESENT
