"""What the last release published, planned again by this one: the same bytes, and the next list.

The data was recorded on a real API server, from the operator of that release.
"""

import json
from dataclasses import replace
from typing import Any

import pytest

from openclaw_vllm.api.configmap import AGENTS, MODELS, ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.core.config.base_config import Base, parse
from openclaw_vllm.core.discovery.connection import Connection
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.publication.manifest import drift
from openclaw_vllm.core.publication.ownership import manifest_of
from openclaw_vllm.core.publication.plan import Plan
from tests import builders, recorded_release
from tests.builders import spec_of
from tests.builders.plans import decide

FIELDS = {"resourceVersion": "1", "generation": 1, "creationTimestamp": "2026-01-01T00:00:00Z"}
Row = dict[str, Any]

PROVIDERS = {recorded_release.name_of(row): row for row in recorded_release.rows("VllmProvider")}
CONFIG_MAPS = {recorded_release.name_of(row): row for row in recorded_release.rows("ConfigMap")}
ANSWERING = [row for row in recorded_release.rows("Server") if not row["isDown"]]


def read(row: Row) -> Row:
    return {**row, "metadata": {**FIELDS, **row["metadata"]}}


def published(provider: VllmProvider) -> ConfigMapState:
    return ConfigMapState.read(read(CONFIG_MAPS[str(provider.config_map)]))


def base_of(provider: VllmProvider) -> Base | None:
    ref = spec_of(provider).output.base_config_ref
    if ref is None:
        return None
    text = CONFIG_MAPS[f"{provider.key.namespace}/{ref.name}"]["data"][ref.key]
    base = parse(text)
    assert isinstance(base, dict)
    return base


def served_at(url: str) -> tuple[ServedModel, ...]:
    """Return the list of the server of a URL, empty where none answers."""
    lists = (row["models"] for row in ANSWERING if f":{row['port']}/" in url)
    models: list[list[Any]] = next(lists, [])
    return tuple(ServedModel(id_, parent or "", context) for id_, context, parent in models)


def planned(provider: VllmProvider, *more: ServedModel) -> Plan:
    """Plan after a start, and after the server's first answer if it answers."""
    spec, existing = spec_of(provider), published(provider)
    assert provider.status.endpoint is not None
    connection = Connection(provider.status.endpoint.base_url)
    server = builders.restored(provider, existing)
    server = server.with_endpoint(connection)
    models = served_at(connection.base_url)
    if models and not spec.models:
        server = builders.after_answer(server, provider, *models, *more, connection=connection)
    return decide(provider, spec, server, existing, base_of(provider))


@pytest.mark.parametrize("name", PROVIDERS)
def test_what_was_published_is_planned_again_byte_by_byte(name: str) -> None:
    provider = VllmProvider.read(read(PROVIDERS[name]))
    existing, plan = published(provider), planned(provider)
    if plan.documents is None:  # it stays as it is, while the server is silent
        assert PROVIDERS[name]["metadata"]["name"] == "down"
    else:
        manifest = manifest_of(provider, spec_of(provider), plan.documents, plan.patterns)
        assert not drift(existing, manifest, prune=True)


@pytest.mark.parametrize("name", PROVIDERS)
def test_a_new_model_brings_no_primary_where_there_was_none(name: str) -> None:
    provider = VllmProvider.read(read(PROVIDERS[name]))
    plan = planned(provider, ServedModel("a-new-one", "", 32768))
    before = json.loads(CONFIG_MAPS[str(provider.config_map)]["data"][AGENTS])
    if plan.documents is not None:
        after = json.loads(plan.documents.data[AGENTS])
        assert after.get("model", {}).get("primary") == before.get("model", {}).get("primary")
        assert after.keys() == before.keys()


def test_the_new_model_is_published_and_whoever_asks_gets_a_primary() -> None:
    row = PROVIDERS["team-a/plain"]
    plan = planned(VllmProvider.read(read(row)), ServedModel("a-new-one", "", 32768))
    assert plan.documents is not None
    assert '"a-new-one"' in plan.documents.data[MODELS]
    asked = VllmProvider.read(read({**row, "spec": {**row["spec"], "agents": {"enabled": True}}}))
    asked = replace(asked, generation=2)
    assert planned(asked).primary
