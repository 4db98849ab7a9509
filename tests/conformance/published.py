"""What the operator would publish: the pure middle of the operator, from a spec and an answer."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import AGENTS, CONFIG, MODELS
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import ModelStatus
from openclaw_vllm.core.config.base_config import parse as parse_base
from openclaw_vllm.core.discovery.connection import Connection
from openclaw_vllm.core.discovery.models_response import parse
from openclaw_vllm.core.discovery.resolution import resolve
from openclaw_vllm.core.status.provider import Publication, summarize
from tests import builders
from tests.builders.plans import decide
from tests.vllm_server import Model
from tests.vllm_server.answers import model_list

Json = dict[str, Any]


@dataclass(frozen=True)
class Published:
    """The ConfigMap's data, and the models as the status lists them."""

    data: Mapping[str, str]
    models: tuple[ModelStatus, ...]
    primary: str | None

    @property
    def config(self) -> Json:
        """The whole configuration."""
        return self._read(CONFIG)

    @property
    def models_section(self) -> Json:
        """The value of `models`."""
        return self._read(MODELS)

    @property
    def agents_defaults(self) -> Json:
        """The value of `agents.defaults`."""
        return self._read(AGENTS)

    def _read(self, key: str) -> Json:
        document: Json = json.loads(self.data[key])
        return document


def publish(
    spec: Json, served: Iterable[Model] = (), *, ca_pem: str = "", base: str = ""
) -> Published:
    """Return what is published after one good answer that lists these models."""
    decided = decide_on(spec, served, ca_pem=ca_pem, base=base)
    assert isinstance(decided, Published), decided
    return decided


def decide_on(
    spec: Json, served: Iterable[Model] = (), *, ca_pem: str = "", base: str = ""
) -> Published | Problem:
    """Decide as a reconcile does; a Problem where it would leave everything as it is."""
    resource = builders.resource(spec)
    checked = builders.spec_of(resource)
    answer = parse(model_list(tuple(served)).data)
    assert not isinstance(answer, Problem), answer
    endpoint = resolve(checked, resource.key.namespace, builders.service(), builders.NAMES)
    if isinstance(endpoint, Problem):
        return endpoint
    connection = Connection(endpoint.base_url, ca_pem)
    memory = builders.server_state(resource, *answer, connection=connection)
    plan = decide(resource, checked, memory, None, parse_base(base) if base else None)
    if plan.documents is None or plan.problem is not None:
        return plan.problem or Problem(Reason.PENDING, "there is nothing to publish")
    publication = Publication(plan.models, plan.primary, plan.documents.digest)
    status = summarize(resource, checked, (), memory, publication)
    return Published(plan.documents.data, status.models, status.primary_model)
