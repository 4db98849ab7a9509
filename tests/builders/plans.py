"""Deciding what to publish after one good answer, and what the objects are afterwards."""

import json
from typing import Any

from openclaw_vllm.api.configmap import MODELS, ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import Task
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.publication.plan import Plan, plan_publication
from tests import builders
from tests.builders import spec_of


def resource(generation: int = 1, **fields: Any) -> VllmProvider:
    return builders.resource(builders.wire_spec(**fields), generation=generation)


def decide(
    provider: VllmProvider,
    spec: VllmProviderSpec,
    server: ServerState,
    existing: ConfigMapState | None,
    base: Base | Problem | None = None,
) -> Plan:
    """Decide what the ConfigMap is to hold from what is known of the server."""
    return plan_publication(provider, spec, server.discovery, base, existing)


def plan(
    resource: VllmProvider,
    *models: ServedModel,
    existing: ConfigMapState | None = None,
    task: Task | None = None,
) -> Plan:
    """Decide after one good answer that lists these models."""
    memory = builders.server_state(resource, *models).with_server_info("", task, 0.0)
    return decide(resource, spec_of(resource), memory, existing)


def publish(resource: VllmProvider, plan: Plan) -> tuple[VllmProvider, ConfigMapState]:
    """The resource and its ConfigMap as they are after both were written."""
    assert plan.documents is not None, plan.problem
    name = {"name": resource.config_map.name, "digest": plan.documents.digest}
    result = {"observedGeneration": resource.generation, "configMap": name}
    primary = {"primaryModel": f"vllm/{plan.primary}"} if plan.primary else {}
    return (
        builders.with_status(resource, **result, **primary),
        builders.published(resource, plan.documents),
    )


def listed(plan: Plan) -> list[str]:
    """The ids that the plan publishes."""
    assert plan.documents is not None, plan.problem
    provider = json.loads(plan.documents.data[MODELS])["providers"]["vllm"]
    return [model["id"] for model in provider["models"]]
