"""The first memory of a process: made anew from the published ConfigMap and the status.

So a restart changes no byte and writes nothing, whether the server is up or down.
"""

from dataclasses import replace

from openclaw_vllm.api.conditions import ConditionType
from openclaw_vllm.api.configmap import PRIMARY_PATTERNS, ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.documents import empty_documents, rerender
from openclaw_vllm.core.config.read_back import read_models
from openclaw_vllm.core.discovery.capabilities import Capabilities
from openclaw_vllm.core.discovery.memory import Memory
from openclaw_vllm.core.discovery.retention import restore
from openclaw_vllm.core.publication.ownership import is_ours
from openclaw_vllm.core.status.conditions import FAILURE_THRESHOLD


def restore_memory(
    resource: VllmProvider, spec: VllmProviderSpec, *seen: ConfigMapState | None
) -> Memory:
    """Make the first memory of a process, from the status and the first undamaged one of ours
    among the ConfigMaps that were `seen`."""
    fresh = Memory(resource.uid, resource.generation, resource.requested_at)
    whole = (
        one for one in seen if one is not None and one.is_unmodified and is_ours(resource, one)
    )
    published = next(whole, None)
    if published is None:
        return fresh
    status = resource.status
    known = read_models(published.models_json, spec.provider_id)
    version = (status.endpoint.server_version or "") if status.endpoint else ""
    shown = _abilities_shown(resource)
    ids = (id_ for id_, _ in known.contexts)
    return replace(
        fresh,
        retained=restore(known, status.models),
        failures=_failures_shown(resource),
        version=version,
        task=status.endpoint.task if status.endpoint else None,
        capabilities={**known.capabilities, **shown},
        examined_models=frozenset({*ids, f"version {version}"}) if shown else frozenset(),
        found_at_start=published,
    )


def restore_documents(memory: Memory, spec: VllmProviderSpec) -> Memory:
    """Know again what an earlier process has published, as soon as the base configuration that it
    was merged into can be read; empty documents are nothing to know."""
    if memory.found_at_start is None or isinstance(memory.base, Problem):
        return memory
    documents = rerender(memory.found_at_start, [spec.provider_id], memory.base)
    if documents == empty_documents(spec, memory.base):
        documents = None
    return memory.publish(documents, memory.found_at_start.annotations.get(PRIMARY_PATTERNS, ""))


def _abilities_shown(resource: VllmProvider) -> dict[str, Capabilities]:
    """Return what the status says was found out; the ConfigMap holds no word of a refused image."""
    said = {("Supported", "Probe"): True, ("Unsupported", "Probe"): False}
    return {
        model.id: Capabilities(
            said.get((model.tools or "", model.tools_source or "")),
            said.get((model.images or "", model.images_source or "")),
        )
        for model in resource.status.models
        if "Probe" in (model.tools_source, model.images_source)
    }


def _failures_shown(resource: VllmProvider) -> int:
    """Return how many failures in a row the status speaks of, so that a restart does not flap
    Ready."""
    status = {condition.type: condition.status for condition in resource.status.conditions}
    if status.get(ConditionType.SERVER_REACHABLE) != "False":
        return 0
    return 1 if status.get(ConditionType.READY) == "True" else FAILURE_THRESHOLD
