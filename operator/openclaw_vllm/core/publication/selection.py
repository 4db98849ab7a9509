"""Selection of the models of a VllmProvider to publish and of the primary one, or the Problem that
leaves none."""

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.config.agents import ResolvedDefaults
from openclaw_vllm.core.discovery.capabilities import of_model
from openclaw_vllm.core.discovery.globs import matches_any, matching
from openclaw_vllm.core.discovery.ids import Rejection
from openclaw_vllm.core.discovery.models import Model, build_explicit, build_model, is_selected
from openclaw_vllm.core.discovery.retention import Retained
from openclaw_vllm.core.discovery.state import DiscoveryState

OF_EMBEDDER = "the server embeds and does not chat, so its list is empty: use it for memory.search"
OF_OTHER = (
    "the server has routes for reranking, classification, speech or images and neither for chat nor"
    " for embeddings, so its list is empty"
)


def models_of(spec: VllmProviderSpec, discovery: DiscoveryState) -> tuple[Model, ...] | Problem:
    """Return the models to publish, or why none are known or too many."""
    if spec.models:
        return tuple(build_explicit(model) for model in spec.models)
    if discovery.has_good_answer and discovery.retained is not None:
        return _discovered_models(spec, discovery, discovery.retained)
    return Problem(Reason.PENDING, "no good answer from this server yet")


def no_models(discovery: DiscoveryState) -> Problem:
    """Return why a good answer leaves nothing to publish."""
    rejected = discovery.rejected or {}
    if discovery.retained is not None and discovery.retained.models:
        message = "no served model passes spec.discovery.include and exclude"
    elif set(rejected.values()) == {Rejection.NOT_CHAT}:
        message = "every model of the server has just refused to chat; it is asked again"
    elif rejected:
        message = "every model of the server is rejected; see status.rejectedModels"
    else:
        message = "the server lists no models yet; for one that loads models on demand, write them "
        message += "into spec.models"
    return Problem(Reason.NO_MODELS, message)


def no_chat_models(discovery: DiscoveryState) -> str:
    """Return how a server does well without a model that chats; empty where one may be missing.

    Refusals to chat count as soon as they are believed: a chat model that restarts refuses too.
    """
    rejected, retained = discovery.rejected or {}, discovery.retained
    listed = bool(rejected) or (retained is not None and bool(retained.models))
    if listed and discovery.info.lacks_chat:
        return OF_EMBEDDER if discovery.info.task == "Embed" else OF_OTHER
    doubted = discovery.capabilities.refusals.answers.keys() & rejected.keys()
    others_only = set(rejected.values()) == {Rejection.NOT_CHAT}
    if others_only and discovery.lists_other_kinds_only and not doubted:
        return (
            "the server lists models of other kinds than spec.discovery.kinds alone, so its list is"
            " empty; see status.rejectedModels"
        )
    return ""


def filtered_primary(
    spec: VllmProviderSpec, discovery: DiscoveryState, defaults: ResolvedDefaults
) -> Problem | None:
    """Return a Problem if the primary's patterns match only models that the filters leave out."""
    if spec.agents is None or defaults.primary or discovery.retained is None or spec.models:
        return None
    matches = [id_ for id_ in discovery.retained.served if matches_any(spec.agents.primary, id_)]
    filtered = [id_ for id_ in matches if not is_selected(id_, spec.discovery)]
    for pattern in spec.agents.primary:
        if any(matching(pattern, filtered)):
            message = (
                f"spec.agents.primary: {pattern} matches only models that spec.discovery leaves "
                "out; change the pattern, or include and exclude"
            )
            return Problem(Reason.INVALID_SPEC, message)
    return None


def _discovered_models(
    spec: VllmProviderSpec, discovery: DiscoveryState, retained: Retained
) -> tuple[Model, ...] | Problem:
    served = retained.served
    chatting = () if discovery.info.lacks_chat else served
    ids = [id_ for id_ in chatting if is_selected(id_, spec.discovery)]
    if len(ids) > spec.discovery.max_models:
        return _too_many(len(ids), spec)
    missing = retained.missing
    results = discovery.capabilities.by_model if spec.discovery.capabilities == "Probe" else {}
    return tuple(
        build_model(
            served[id_], served, spec, of_model(served[id_], results), missing=id_ in missing
        )
        for id_ in ids
    )


def _too_many(count: int, spec: VllmProviderSpec) -> Problem:
    limit = spec.discovery.max_models
    advice = "narrow spec.discovery.include, or raise spec.discovery.maxModels (at most 2000)"
    message = f"{count} models are served and at most {limit} are published; {advice}"
    return Problem(Reason.TOO_MANY_MODELS, message)
