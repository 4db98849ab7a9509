"""Writing the ConfigMap and the status: each only when it differs, never over what is not ours."""

import logging

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.core.config.agents import patterns_hash
from openclaw_vllm.core.config.documents import Documents, empty_documents
from openclaw_vllm.core.discovery.memory import Memory
from openclaw_vllm.core.publication.manifest import Manifest
from openclaw_vllm.core.publication.ownership import is_current, manifest_of, refusal
from openclaw_vllm.core.publication.plan import Plan
from openclaw_vllm.core.status.provider import Publication
from openclaw_vllm.reconcile.context import ReconcileContext
from openclaw_vllm.reconcile.writing import record_events, write

NOTHING_YET = Problem(Reason.PENDING, "nothing is published but empty documents")
logger = logging.getLogger(__name__)


async def publish(
    resource: VllmProvider,
    spec: VllmProviderSpec,
    plan: Plan,
    memory: Memory,
    world: ReconcileContext,
) -> tuple[Problem | None, Publication | None]:
    """Apply the plan's documents if the ConfigMap is not what they ask for.

    Without documents, only a ConfigMap that is missing or damaged is written: as it was published
    last, or with valid empty documents if nothing ever was. Returns what is wrong, and what is
    published if that is news.
    """
    existing = await _look(resource, world)
    if problem := refusal(resource, existing, world.cache.claimants(resource.config_map)):
        return problem, None
    if plan.documents is None and memory.documents is not None:
        return await _restore(resource, spec, memory, existing, world) or plan.problem, None
    documents = plan.documents or _placeholder(resource, spec, memory, existing)
    if documents is None:
        return plan.problem, None
    manifest = manifest_of(resource, spec, documents, patterns_hash(spec.agents))
    refused = await _apply(resource, existing, manifest, f"{len(plan.models)} models", world)
    if refused is not None:
        return refused, None
    problem = plan.problem or (None if plan.documents else NOTHING_YET)
    return problem, Publication(plan.models, plan.primary, documents.digest)


async def report(
    resource: VllmProvider,
    spec: VllmProviderSpec | None,
    status: VllmProviderStatus,
    world: ReconcileContext,
) -> None:
    """Apply the status if it differs, then post Events for what has changed."""
    if status == resource.status:
        return
    before = resource.status
    with world.metrics.provider.writing_status():
        world.cache.replace_status_of(await world.cluster.apply_status(resource, status))
    await record_events(resource, before.conditions, status.conditions, world)
    for reason, note in _advice(before, status, spec):
        await world.cluster.post_event(resource, reason, note, warning=True)


async def _restore(
    resource: VllmProvider,
    spec: VllmProviderSpec,
    memory: Memory,
    existing: ConfigMapState | None,
    world: ReconcileContext,
) -> Problem | None:
    """Write what was published last if the ConfigMap is missing or damaged, and not if another
    operator has published something else; return what is in the way."""
    assert memory.documents is not None  # noqa: S101 `publish` has seen to it
    if (
        existing is not None
        and existing.is_unmodified
        and existing.digest != memory.documents.digest
    ):
        return None
    manifest = manifest_of(resource, spec, memory.documents, memory.patterns)
    return await _apply(resource, existing, manifest, "what it held before", world)


async def _apply(
    resource: VllmProvider,
    existing: ConfigMapState | None,
    manifest: Manifest,
    what: str,
    world: ReconcileContext,
) -> Problem | None:
    """Apply a ConfigMap that is not as it has to be; return what is in the way."""
    if existing is not None and is_current(resource, existing, manifest):
        return None
    refused = await write(resource.config_map, existing, manifest, world.metrics.provider, world)
    if refused is None:
        wrote = (resource.config_map.name, what)
        logger.info("ConfigMap %s is written, with %s", *wrote, extra={"key": resource.key})
    return refused


def _placeholder(
    resource: VllmProvider, spec: VllmProviderSpec, memory: Memory, existing: ConfigMapState | None
) -> Documents | None:
    """Return empty documents if nothing else was ever published."""
    base = None if isinstance(memory.base, Problem) else memory.base
    if existing is None:
        return empty_documents(spec, base)
    if (
        existing.recorded_digest
        and existing.recorded_digest == (empty := empty_documents(spec, base)).digest
    ):
        return empty
    return None


async def _look(resource: VllmProvider, world: ReconcileContext) -> ConfigMapState | None:
    """Return the ConfigMap, from the cache or by name.

    Before one that was published once is created anew, the VllmProvider is confirmed: the delete of
    both may have been lost, and the garbage collector and we would chase each other (575 writes in
    50 s were seen). Raises Gone.
    """
    existing = world.cache.published.get(resource.config_map)
    if existing is None:
        existing = await world.cluster.find_config_map(resource.config_map)
        if existing is None and resource.status.config_map is not None:
            await world.cluster.ensure_still_exists(resource)
    return existing


def _advice(
    before: VllmProviderStatus, after: VllmProviderStatus, spec: VllmProviderSpec | None
) -> list[tuple[str, str]]:
    """Return what works and is unwise: said once, when it begins."""
    advice = []
    noted = {model.id for model in before.models if model.note}
    small = sum(1 for model in after.models if model.note and model.id not in noted)
    if small:
        note = (
            f"agents' turns hardly fit into less than 24000 tokens of context; such models: {small}"
        )
        advice.append((Reason.SMALL_CONTEXT.value, note))
    skips = spec is not None and spec.tls is not None and spec.tls.insecure_skip_verify
    if skips and before.observed_generation != after.observed_generation:
        note = "OpenClaw refuses insecureSkipVerify: our probe works, agents' requests will not"
        advice.append((Reason.INSECURE_SKIP_VERIFY.value, note))
    return advice
