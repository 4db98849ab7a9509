"""Replicas in the status of both kinds: how many there are, and how they differ."""

from collections.abc import Iterable
from dataclasses import replace

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import ModelStatus, ReplicasStatus, VllmProviderStatus
from openclaw_vllm.core.discovery.models import is_selected
from openclaw_vllm.core.discovery.server import ServerState


def replicas_status(
    spec: VllmProviderSpec, last: ReplicasStatus | None, server: ServerState
) -> ReplicasStatus | None:
    """Return the counts; after a restart those of the last answers stay until the next ones."""
    if server.replicas is None:
        return None
    ready, survey = len(server.replicas.ready), server.survey
    if survey is not None:
        return ReplicasStatus(ready=ready, asked=survey.asked, differing=survey.differing)
    if last is None or spec.discovery.replicas == "Service":
        return ReplicasStatus(ready=ready)
    return last.model_copy(update={"ready": ready})


def source_replicas(
    spec: VllmProviderSpec, last: ReplicasStatus | None, server: ServerState | None
) -> ReplicasStatus | None:
    """Return the counts of a catalog's Service that is asked at each replica, None of another; the
    last ones until it is asked for the first time."""
    if spec.discovery.replicas == "Service":
        return None
    return replicas_status(spec, last, server) if server else last


def with_partial_models(
    published: Iterable[ModelStatus], spec: VllmProviderSpec, server: ServerState
) -> tuple[ModelStatus, ...]:
    """Return the models by id, with the state of those that only some replicas serve: published
    or not."""
    models = {model.id: model for model in published}
    rejected = server.discovery.rejected or {}
    for id_, count in server.survey.partial.items() if server.survey else ():
        if id_ in rejected or not is_selected(id_, spec.discovery):
            continue
        row = models.get(id_) or ModelStatus(id=id_, ref=f"{spec.provider_id}/{id_}")
        models[id_] = replace(row, state="Partial", replicas=count)
    return tuple(models[id_] for id_ in sorted(models))


def replicas_advice(before: VllmProviderStatus, after: VllmProviderStatus) -> list[tuple[str, str]]:
    """Return what to tell when replicas begin to differ, and when they cease to."""
    was, now = _count_differing(before), _count_differing(after)
    if now and not was:
        message = f"replicas that list other models or numbers than most: {now}"
        return [(Reason.REPLICAS_DIFFER.value, message)]
    if was and not now:
        return [(Reason.REPLICAS_AGREE.value, "all replicas list the same models and numbers")]
    return []


def _count_differing(status: VllmProviderStatus) -> int:
    replicas = status.endpoint.replicas if status.endpoint else None
    return (replicas.differing or 0) if replicas else 0
