"""State of a process that has just started: made again from the published ConfigMap and the status.

So a restart changes no byte and writes nothing, whether the server is up or down.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from openclaw_vllm.api.conditions import ConditionType, Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.models import ModelSettings
from openclaw_vllm.api.observed import UserRequest
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import EndpointStatus, ModelStatus, ServerNote, VllmProviderStatus
from openclaw_vllm.core.config.read_back import PublishedModels, read_models
from openclaw_vllm.core.discovery.capabilities import Capabilities
from openclaw_vllm.core.discovery.capability_results import CapabilityResults
from openclaw_vllm.core.discovery.chat_refusals import ChatRefusals
from openclaw_vllm.core.discovery.connection import EndpointState
from openclaw_vllm.core.discovery.ids import Rejection
from openclaw_vllm.core.discovery.models import DEFAULT_CONTEXT, Model
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.retention import Retained, RetainedModel
from openclaw_vllm.core.discovery.schedule import FAILURE_THRESHOLD, ProbeSchedule
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.discovery.server_info import WITHOUT_CHAT, KeyProof, ServerInfo
from openclaw_vllm.core.discovery.state import DiscoveryState
from openclaw_vllm.core.publication.last_published import LastPublished

NO_ENDPOINT = EndpointStatus(base_url="")
ENDING_NOTES: tuple[ServerNote, ...] = ("ProbeStopped", "ChatUnauthorized")


def restore_state(
    request: UserRequest,
    status: VllmProviderStatus,
    spec: VllmProviderSpec,
    published: ConfigMapState | None,
) -> tuple[ServerState, LastPublished]:
    """Return the first state of a process, from the status of a VllmProvider and its unmodified
    ConfigMap, None without one; `request` is the present one."""
    new = ServerState(request)
    if published is None:
        return new, LastPublished()
    observed = status if status.observed_generation == request.generation else None
    models = read_models(published.models_json, spec.provider_id)
    server = replace(
        new,
        discovery=_discovery(status, observed, models),
        schedule=ProbeSchedule(failures=_failures_in(status)),
    )
    if spec.discovery.mode == "OnChange" and observed is not None:
        server = _until_change(server, observed)
    return server, LastPublished(found_at_start=published)


def _until_change(server: ServerState, status: VllmProviderStatus) -> ServerState:
    """Return the state of a server that a restart is no reason to ask, unless nothing is known of
    the last answer; the status speaks of the present spec."""
    last = next((c for c in status.conditions if c.type == ConditionType.SERVER_REACHABLE), None)
    reason = Reason.parse(last.reason) if last else None
    if last is None or reason in (None, Reason.PENDING) or server.discovery.retained is None:
        return server
    problem = None if last.status == "True" else Problem(Reason(last.reason), last.message)
    discovery = replace(server.discovery, problem=problem)
    return replace(server, discovery=discovery, schedule=server.schedule.until_change())


def restore_retained(
    published: PublishedModels, statuses: Iterable[ModelStatus]
) -> Retained | None:
    """Return the models that an unmodified ConfigMap publishes; None when it holds none yet.

    `statuses` are those of the models: an adapter's parent, and which numbers were not the server's
    own, are written nowhere else. A parent's number is only left to the parent while that is
    published too.
    """
    if not published.contexts:
        return None
    return Retained(published.base_url, tuple(_restore_models(published, statuses)))


def restore_source(published: PublishedModels) -> Retained | None:
    """Return the models that a catalog publishes of a Service: nobody could override a number, so
    an output shorter than the default is the server's own limit."""
    retained = restore_retained(published, ())
    if retained is None:
        return None
    models = (
        replace(entry, model=_with_limit(entry.model, published.max_tokens[entry.model.id]))
        for entry in retained.models
    )
    return replace(retained, models=tuple(models))


def _restore_models(
    published: PublishedModels, statuses: Iterable[ModelStatus]
) -> Iterator[RetainedModel]:
    by_id = {model.id: model for model in statuses}
    for id_, context in published.contexts:
        status = by_id.get(id_)
        source = status.context_window_source if status else "Server"
        parent = status.parent if status else ""
        parent_status = by_id.get(parent) if source == "Parent" else None
        from_parent = parent_status is not None and parent_status.context_window_source == "Server"
        derived = source in ("Override", "Default") or from_parent
        absent = int(status is not None and status.state == "Missing")
        limit = status.max_tokens if status and status.max_tokens_source == "Server" else None
        model = ServedModel(id_, parent, None if derived else context, limit)
        yield RetainedModel(model, absent)


def _with_limit(model: ServedModel, max_tokens: int) -> ServedModel:
    by_default = Model(model.id, model.context or DEFAULT_CONTEXT, "Server", ModelSettings())
    is_limit = max_tokens < by_default.max_tokens
    return replace(model, max_output=max_tokens) if is_limit else model


def _discovery(
    status: VllmProviderStatus, observed: VllmProviderStatus | None, published: PublishedModels
) -> DiscoveryState:
    """Return what is known of the server; `observed` is the status if it is of the present spec."""
    retained = restore_retained(published, status.models)
    rejected = _without_chat_models(status, published) if retained is None else {}
    if rejected:
        retained = Retained(published.base_url, ())
    return DiscoveryState(
        endpoint=EndpointState(former_url=_former_url(observed, retained)),
        retained=retained,
        rejected=rejected or None,
        info=_server_info(status.endpoint or NO_ENDPOINT),
        capabilities=_capabilities(status, published),
    )


def _server_info(endpoint: EndpointStatus) -> ServerInfo:
    proof: KeyProof | None = "Public" if "KeyNotProved" in (endpoint.notes or ()) else None
    return ServerInfo(endpoint.server_version or "", endpoint.task, key_proof=proof)


def _capabilities(status: VllmProviderStatus, published: PublishedModels) -> CapabilityResults:
    """Return what models can do; only the status tells whether the server was asked."""
    endpoint, probed = status.endpoint or NO_ENDPOINT, _probed_capabilities(status)
    ids = (id_ for id_, _ in published.contexts)
    return CapabilityResults(
        {**published.capabilities, **probed},
        frozenset({*ids, f"version {endpoint.server_version or ''}"}) if probed else frozenset(),
        next((note for note in endpoint.notes or () if note in ENDING_NOTES), None),
        refusals=ChatRefusals(believed=_left_out(status)),
    )


def _former_url(status: VllmProviderStatus | None, retained: Retained | None) -> str:
    """Return the published URL if the status confirms it, which no editor of ConfigMaps can write,
    for the present spec."""
    if retained is None or status is None or status.endpoint is None:
        return ""
    return retained.base_url if status.endpoint.base_url == retained.base_url else ""


def _left_out(status: VllmProviderStatus) -> frozenset[str]:
    """Return the models that were left out because of their kind, by their list or their answers:
    those that the list is silent about have answered."""
    if status.endpoint is not None and status.endpoint.task in WITHOUT_CHAT:
        return frozenset()  # by its routes: it is not known which of them would chat
    return frozenset(model.id for model in status.rejected_models if model.reason == "NotChat")


def _without_chat_models(
    status: VllmProviderStatus, published: PublishedModels
) -> dict[str, Rejection]:
    """Return the models of a server whose empty list was published on purpose, none of another."""
    reasons = {condition.reason for condition in status.conditions}
    if not published.base_url or Reason.NO_CHAT_MODELS not in reasons:
        return {}
    rejections, rejected = set(Rejection), status.rejected_models
    return {model.id: Rejection(model.reason) for model in rejected if model.reason in rejections}


def _probed_capabilities(status: VllmProviderStatus) -> dict[str, Capabilities]:
    """Return the probed capabilities of the status; the ConfigMap does not hold a refused image."""
    results = {("Supported", "Probe"): True, ("Unsupported", "Probe"): False}
    return {
        model.id: Capabilities(
            results.get((model.tools or "", model.tools_source or "")),
            results.get((model.images or "", model.images_source or "")),
        )
        for model in status.models
        if "Probe" in (model.tools_source, model.images_source)
    }


def _failures_in(status: VllmProviderStatus) -> int:
    """Return how many failures in a row the status speaks of, so that a restart does not flap
    Ready."""
    by_type = {condition.type: condition.status for condition in status.conditions}
    if by_type.get(ConditionType.SERVER_REACHABLE) != "False":
        return 0
    return 1 if by_type.get(ConditionType.READY) == "True" else FAILURE_THRESHOLD
