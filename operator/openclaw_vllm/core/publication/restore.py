"""State of a process that has just started: made again from the published ConfigMap and the status.

So a restart changes no byte and writes nothing, whether the server is up or down.
"""

from collections.abc import Iterable
from dataclasses import replace

from openclaw_vllm.api.conditions import ConditionType
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import ModelStatus
from openclaw_vllm.core.config.read_back import PublishedModels, read_models
from openclaw_vllm.core.discovery.capabilities import Capabilities
from openclaw_vllm.core.discovery.capability_results import CapabilityResults
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.retention import Retained, RetainedModel
from openclaw_vllm.core.discovery.schedule import FAILURE_THRESHOLD, ProbeSchedule
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.discovery.server_info import ServerInfo
from openclaw_vllm.core.discovery.state import DiscoveryState
from openclaw_vllm.core.publication.last_published import LastPublished
from openclaw_vllm.core.publication.ownership import is_ours


def restore_state(
    provider: VllmProvider, spec: VllmProviderSpec, *candidates: ConfigMapState | None
) -> tuple[ServerState, LastPublished]:
    """Return the first state of a process, from the status and the first unmodified ConfigMap of
    the VllmProvider among the candidates."""
    new = ServerState.new(provider)
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
    return server, LastPublished(found_at_start=published)


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
    by_id = {model.id: model for model in statuses}
    models = []
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
        models.append(RetainedModel(ServedModel(id_, parent, None if derived else context), absent))
    return Retained(published.base_url, tuple(models))


def _discovery(provider: VllmProvider, published: PublishedModels) -> DiscoveryState:
    status = provider.status
    version = (status.endpoint.server_version or "") if status.endpoint else ""
    notes = (status.endpoint.notes or ()) if status.endpoint else ()
    in_status = _capabilities_in_status(provider)
    ids = (id_ for id_, _ in published.contexts)
    return DiscoveryState(
        retained=restore_retained(published, status.models),
        info=ServerInfo(
            version,
            status.endpoint.task if status.endpoint else None,
            key_proved=False if "KeyNotProved" in notes else None,
        ),
        capabilities=CapabilityResults(
            {**published.capabilities, **in_status},
            frozenset({*ids, f"version {version}"}) if in_status else frozenset(),
            next((note for note in notes if note != "KeyNotProved"), None),
        ),
    )


def _capabilities_in_status(provider: VllmProvider) -> dict[str, Capabilities]:
    """Return what the status says was probed; the ConfigMap holds no word of a refused image."""
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
