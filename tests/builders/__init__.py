"""Values for tests: whole and valid, so that a test writes only what it is about.

Wire names are used for what stands on the wire: `spec(serviceRef={"name": "vllm"})`.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from openclaw_vllm.api.configmap import FIELD_MANAGER, ConfigMapState
from openclaw_vllm.api.observed import UserRequest, VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.service import Service
from openclaw_vllm.core.config.agents import ResolvedDefaults, resolve_defaults
from openclaw_vllm.core.config.documents import Documents, render
from openclaw_vllm.core.discovery.capabilities import UNKNOWN
from openclaw_vllm.core.discovery.connection import Connection
from openclaw_vllm.core.discovery.ids import validate_ids
from openclaw_vllm.core.discovery.models import Model, build_model
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.discovery.service_names import ServiceNames
from openclaw_vllm.core.publication.agents_form import AgentsForm, agents_form
from openclaw_vllm.core.publication.ownership import manifest_of
from openclaw_vllm.reconcile.states import StateStore

Wire = dict[str, Any]

NAMESPACE = "agents"
BASE_URL = "http://vllm.models.svc.cluster.local:8000/v1"
CONNECTION = Connection(BASE_URL)
NAMES = ServiceNames()
WALL = 1_800_000_000.0


def wire_spec(**fields: Any) -> Wire:
    """A spec as a user writes it; discovery on a Service of another namespace unless changed."""
    where = {} if "serviceRef" in fields else {"baseUrl": BASE_URL}
    return where | fields


def spec(**fields: Any) -> VllmProviderSpec:
    return VllmProviderSpec.model_validate(wire_spec(**fields))


def manifest(spec: Wire | None = None, status: Wire | None = None, **metadata: Any) -> Wire:
    """A VllmProvider as the API server sends it."""
    fields = {
        "namespace": NAMESPACE,
        "name": "vllm",
        "uid": "uid-1",
        "generation": 1,
        "resourceVersion": "10",
        "creationTimestamp": "2026-01-01T00:00:00Z",
    }
    return {"metadata": fields | metadata, "spec": spec or wire_spec(), "status": status or {}}


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


def external(target: str, *ports: tuple[str, int]) -> Service:
    """A Service that leads to another name."""
    return Service("ExternalName", ports, external_name=target)


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


def form_of(spec: VllmProviderSpec) -> AgentsForm:
    """What is said of agents in a ConfigMap that is created now, without a base configuration."""
    return agents_form(spec.agents, None, None)


def to_render(spec: VllmProviderSpec) -> VllmProviderSpec:
    """The spec with what such a ConfigMap says of agents, asked for or not."""
    return spec.model_copy(update={"agents": form_of(spec).agents})


def chosen(spec: VllmProviderSpec, models: Iterable[Model], sticky: str = "") -> ResolvedDefaults:
    form = form_of(spec)
    choice = resolve_defaults(form.agents, models, sticky, form.default_primary)
    assert isinstance(choice, ResolvedDefaults), choice
    return choice


def documents(
    spec: VllmProviderSpec, *models: ServedModel, connection: Connection = CONNECTION
) -> Documents:
    discovered = models_of(spec, *models)
    written = render(to_render(spec), connection, discovered, chosen(spec, discovered))
    assert isinstance(written, Documents), written
    return written


def stored(manifest: Wire, data: Mapping[str, str] | None = None, **metadata: Any) -> Wire:
    """A ConfigMap that was applied as `manifest`, as the API server sends it."""
    fields = {"uid": "map-1", "resourceVersion": "100", **manifest["metadata"]}
    fields["managedFields"] = [{"manager": FIELD_MANAGER}]
    changed = {} if data is None else {"data": {**manifest["data"], **data}}
    return {**manifest, **changed, "metadata": fields | metadata}


def published_wire(
    owner: VllmProvider,
    documents: Documents,
    data: Mapping[str, str] | None = None,
    **metadata: Any,
) -> Wire:
    """The ConfigMap with these documents that the operator wrote, as the API server sends it."""
    spec = spec_of(owner)
    written = manifest_of(owner, spec, documents, form_of(spec).patterns)
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
    return ServerState(UserRequest(uid, generation, requested_at))


def with_discovery(server: ServerState, **changes: Any) -> ServerState:
    """The same server, of which other things are known."""
    return replace(server, discovery=replace(server.discovery, **changes))


def restored(resource: VllmProvider, published: ConfigMapState | None) -> ServerState:
    """The first state of a process, after an earlier one has published this."""
    return StateStore().provider(resource, spec_of(resource), published).server


def server_state(
    resource: VllmProvider, *models: ServedModel, connection: Connection = CONNECTION
) -> ServerState:
    """What is known of a server after one good answer."""
    new = ServerState(resource.request).with_endpoint(connection)
    return after_answer(new, resource, *models, connection=connection)


def after_answer(
    server: ServerState,
    resource: VllmProvider,
    *models: ServedModel,
    connection: Connection = CONNECTION,
) -> ServerState:
    """What is known of it after one more good answer."""
    remove_after = spec_of(resource).discovery.remove_after
    return server.with_models(connection, validate_ids(models), remove_after, WALL)
