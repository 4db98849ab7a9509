"""State of a process that has just started: made again from the published ConfigMap and the status.

So a restart changes no byte and writes nothing, whether the server is up or down.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from openclaw_vllm.api.conditions import ConditionType, Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.models import ModelSettings
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import ModelStatus, ServerNote
from openclaw_vllm.core.config.read_back import PublishedModels, read_models
from openclaw_vllm.core.discovery.capabilities import Capabilities
from openclaw_vllm.core.discovery.capability_results import CapabilityResults
from openclaw_vllm.core.discovery.chat_refusals import ChatRefusals
from openclaw_vllm.core.discovery.ids import Rejection
from openclaw_vllm.core.discovery.models import DEFAULT_CONTEXT, Model
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.retention import Retained, RetainedModel
from openclaw_vllm.core.discovery.schedule import FAILURE_THRESHOLD, ProbeSchedule
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.discovery.server_info import ServerInfo
from openclaw_vllm.core.discovery.state import DiscoveryState, EndpointState
from openclaw_vllm.core.publication.last_published import LastPublished
from openclaw_vllm.core.publication.ownership import is_ours

STOPPED: tuple[ServerNote, ...] = ("ProbeStopped", "ChatUnauthorized")


def restore_state(
    provider: VllmProvider, spec: VllmProviderSpec, *candidates: ConfigMapState | None
) -> tuple[ServerState, LastPublished]:
    """Return the first state of a process, from the status and the first unmodified ConfigMap of
    the VllmProvider among the candidates."""
    new = ServerState(provider.request)
    unmodified = (
        one
        for one in candidates
        if one is not None and one.is_unmodified and is_ours(provider, one)
    )
    published = next(unmodified, None)
    if published is None:
        return new, LastPublished()
    server = replace(
        new,
        discovery=_discovery(provider, read_models(published.models_json, spec.provider_id)),
        schedule=ProbeSchedule(failures=_failures_in_status(provider)),
    )
    if spec.discovery.mode == "OnChange":
        server = _unless_changed(server, provider)
    return server, LastPublished(found_at_start=published)


def _unless_changed(server: ServerState, provider: VllmProvider) -> ServerState:
    """Return the state of a server that a restart is no reason to ask, unless the spec changed or
    nothing is known of the last answer."""
    last = next(
        (c for c in provider.status.conditions if c.type == ConditionType.SERVER_REACHABLE), None
    )
    reason = Reason.parse(last.reason) if last else None
    if (
        last is None
        or reason in (None, Reason.PENDING)
        or not provider.is_observed
        or server.discovery.retained is None
    ):
        return server
    problem = None if last.status == "True" else Problem(Reason(last.reason), last.message)
    return replace(
        server,
        discovery=replace(server.discovery, problem=problem),
        schedule=server.schedule.until_change(),
    )


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
    return replace(
        retained,
        models=tuple(
            replace(one, model=_with_limit(one.model, published.max_tokens[one.model.id]))
            for one in retained.models
        ),
    )


def _restore_models(
    published: PublishedModels, statuses: Iterable[ModelStatus]
) -> Iterator[RetainedModel]:
    by_id = {model.id: model for model in statuses}
    for id_, context in published.contexts:
        status = by_id.get(id_)
        source = status.context_window_source if status else "Server"
        parent = status.parent if status else ""
        base = by_id.get(parent)
        from_base = (
            source == "Parent" and base is not None and base.context_window_source == "Server"
        )
        derived = source in ("Override", "Default") or from_base
        absent = int(status is not None and status.state == "Missing")
        limit = status.max_tokens if status and status.max_tokens_source == "Server" else None
        model = ServedModel(id_, parent, None if derived else context, limit)
        yield RetainedModel(model, absent)


def _with_limit(model: ServedModel, max_tokens: int) -> ServedModel:
    by_default = Model(model.id, model.context or DEFAULT_CONTEXT, "Server", ModelSettings())
    is_limit = max_tokens < by_default.max_tokens
    return replace(model, max_output=max_tokens) if is_limit else model


def _discovery(provider: VllmProvider, published: PublishedModels) -> DiscoveryState:
    status, retained = provider.status, restore_retained(published, provider.status.models)
    without_models = _without_chat_models(provider, published) if retained is None else {}
    if without_models:
        retained = Retained(published.base_url, ())
    version = (status.endpoint.server_version or "") if status.endpoint else ""
    notes = (status.endpoint.notes or ()) if status.endpoint else ()
    in_status = _capabilities_in_status(provider)
    ids = (id_ for id_, _ in published.contexts)
    return DiscoveryState(
        endpoint=EndpointState(former_url=_former_url(provider, retained)),
        retained=retained,
        rejected=without_models or None,
        info=ServerInfo(
            version,
            status.endpoint.task if status.endpoint else None,
            key_proof="Public" if "KeyNotProved" in notes else None,
        ),
        capabilities=CapabilityResults(
            {**published.capabilities, **in_status},
            frozenset({*ids, f"version {version}"}) if in_status else frozenset(),
            next((note for note in notes if note in STOPPED), None),
            refusals=ChatRefusals(believed=_left_out_in_status(provider)),
        ),
    )


def _former_url(provider: VllmProvider, retained: Retained | None) -> str:
    """Return the published URL if the status confirms it, which no editor of ConfigMaps can write,
    for the present spec."""
    status = provider.status
    if retained is None or status.endpoint is None:
        return ""
    confirmed = provider.is_observed and status.endpoint.base_url == retained.base_url
    return retained.base_url if confirmed else ""


def _left_out_in_status(provider: VllmProvider) -> frozenset[str]:
    """Return the models that were left out because of their kind, by their list or their answers:
    those that the list is silent about have answered."""
    rejected, endpoint = provider.status.rejected_models, provider.status.endpoint
    if endpoint is not None and endpoint.task == "Embed":
        return frozenset()  # by its routes: it is not known which of them would chat
    return frozenset(model.id for model in rejected if model.reason == "NotChat")


def _without_chat_models(
    provider: VllmProvider, published: PublishedModels
) -> dict[str, Rejection]:
    """Return the models of a server whose empty list was published on purpose, none of another."""
    reasons = {condition.reason for condition in provider.status.conditions}
    if not published.base_url or Reason.NO_CHAT_MODELS not in reasons:
        return {}
    rejections = set(Rejection)
    rejected = provider.status.rejected_models
    return {model.id: Rejection(model.reason) for model in rejected if model.reason in rejections}


def _capabilities_in_status(provider: VllmProvider) -> dict[str, Capabilities]:
    """Return the probed capabilities of the status; the ConfigMap does not hold a refused image."""
    results = {("Supported", "Probe"): True, ("Unsupported", "Probe"): False}
    return {
        model.id: Capabilities(
            results.get((model.tools or "", model.tools_source or "")),
            results.get((model.images or "", model.images_source or "")),
        )
        for model in provider.status.models
        if "Probe" in (model.tools_source, model.images_source)
    }


def _failures_in_status(provider: VllmProvider) -> int:
    """Return how many failures in a row the status speaks of, so that a restart does not flap
    Ready."""
    status = {condition.type: condition.status for condition in provider.status.conditions}
    if status.get(ConditionType.SERVER_REACHABLE) != "False":
        return 0
    return 1 if status.get(ConditionType.READY) == "True" else FAILURE_THRESHOLD
