"""Values for tests: whole and valid, so that a test writes only what it is about.

Wire names are used for what stands on the wire: `spec(serviceRef={"name": "vllm"})`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.observed import Service, VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.agents import ResolvedDefaults, patterns_hash, resolve_defaults
from openclaw_vllm.core.config.documents import Documents, render
from openclaw_vllm.core.discovery.capabilities import UNKNOWN
from openclaw_vllm.core.discovery.models import Model, build_model, validate_ids
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.server import ServerState, UserRequest
from openclaw_vllm.core.discovery.state import Connection
from openclaw_vllm.core.publication.ownership import manifest_of

Wire = dict[str, Any]

NAMESPACE = "agents"
BASE_URL = "http://vllm.models.svc.cluster.local:8000/v1"
CONNECTION = Connection(BASE_URL)
WALL = 1_800_000_000.0


def wire_spec(**fields: Any) -> Wire:
    """A spec as a user writes it; discovery on a Service of another namespace unless changed."""
    where = {} if "serviceRef" in fields else {"baseUrl": BASE_URL}
    return where | fields


def spec(**fields: Any) -> VllmProviderSpec:
    return VllmProviderSpec.model_validate(wire_spec(**fields))


def manifest(spec: Wire | None = None, status: Wire | None = None, **metadata: Any) -> Wire:
    """A VllmProvider as the API server sends it."""
    known = {
        "namespace": NAMESPACE,
        "name": "vllm",
        "uid": "uid-1",
        "generation": 1,
        "resourceVersion": "10",
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    return {"metadata": known | metadata, "spec": spec or wire_spec(), "status": status or {}}


def resource(spec: Wire | None = None, status: Wire | None = None, **metadata: Any) -> VllmProvider:
    return VllmProvider.read(manifest(spec, status, **metadata))


def spec_of(resource: VllmProvider) -> VllmProviderSpec:
    assert not isinstance(resource.spec, Problem), resource.spec
    return resource.spec


def with_status(resource: VllmProvider, **fields: Any) -> VllmProvider:
    """The resource as it is after a status with these fields was written and read back."""
    status = resource.status.model_dump(exclude_none=True) | fields
    return replace(resource, status=VllmProvider.read(manifest(status=status)).status)


def service(*ports: tuple[str, int], kind: str = "ClusterIP") -> Service:
    return Service(kind, ports or (("http", 8000),))


def answer(*cards: Mapping[str, object] | str) -> bytes:
    """The body of an answer that lists these models, by card or by id."""
    rows = [{"id": card} if isinstance(card, str) else card for card in cards]
    return json.dumps({"object": "list", "data": rows}).encode()


def served(*ids: str, context: int | None = 32768, parent: str = "") -> tuple[ServedModel, ...]:
    return tuple(ServedModel(id_, parent, context) for id_ in ids)


def models_of(spec: VllmProviderSpec, *models: ServedModel) -> tuple[Model, ...]:
    """What is published about these models."""
    siblings = {model.id: model for model in models}
    return tuple(build_model(model, siblings, spec, UNKNOWN) for model in models)


def chosen(spec: VllmProviderSpec, models: Iterable[Model], sticky: str = "") -> ResolvedDefaults:
    choice = resolve_defaults(spec.agents, models, sticky)
    assert isinstance(choice, ResolvedDefaults), choice
    return choice


def documents(
    spec: VllmProviderSpec, *models: ServedModel, connection: Connection = CONNECTION
) -> Documents:
    known = models_of(spec, *models)
    written = render(spec, connection, known, chosen(spec, known))
    assert isinstance(written, Documents), written
    return written


def stored(manifest: Wire, data: Mapping[str, str] | None = None, **metadata: Any) -> Wire:
    """A ConfigMap that was applied as `manifest`, as the API server sends it."""
    known = {"uid": "map-1", "resourceVersion": "100", **manifest["metadata"]}
    changed = {} if data is None else {"data": {**manifest["data"], **data}}
    return {**manifest, **changed, "metadata": known | metadata}


def published_wire(
    owner: VllmProvider,
    documents: Documents,
    data: Mapping[str, str] | None = None,
    **metadata: Any,
) -> Wire:
    """The ConfigMap with these documents that the operator wrote, as the API server sends it."""
    spec = spec_of(owner)
    written = manifest_of(owner, spec, documents, patterns_hash(spec.agents))
    return stored(written, data, **metadata)


def published(
    owner: VllmProvider,
    documents: Documents,
    data: Mapping[str, str] | None = None,
    **metadata: Any,
) -> ConfigMapState:
    """The ConfigMap with these documents that the operator wrote for its owner."""
    return ConfigMapState.read(published_wire(owner, documents, data, **metadata))


def new_server(uid: str, generation: int, requested_at: str) -> ServerState:
    """What is known of a server that was never asked."""
    return ServerState(uid, UserRequest(generation, requested_at))


def with_discovery(server: ServerState, **changes: Any) -> ServerState:
    """The same server, of which other things are known."""
    return replace(server, discovery=replace(server.discovery, **changes))


def server_state(
    resource: VllmProvider, *models: ServedModel, connection: Connection = CONNECTION
) -> ServerState:
    """What is known of a server after one good answer."""
    new = ServerState.new(resource).with_endpoint(connection)
    return learned(new, resource, *models, connection=connection)


def learned(
    server: ServerState,
    resource: VllmProvider,
    *models: ServedModel,
    connection: Connection = CONNECTION,
) -> ServerState:
    """What is known of it after one more good answer."""
    remove_after = spec_of(resource).discovery.remove_after
    return server.with_models(connection, validate_ids(models), remove_after, WALL)
