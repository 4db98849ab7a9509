"""Longest outputs of models that think, where an earlier version of the operator published them.

It gave such a model the length of any other, a quarter of its context and at most 8192 tokens.
What it published is recognised by that length and stays until the spec has a `maxTokens`: an
upgrade changes no byte.
"""

from dataclasses import replace

from openclaw_vllm.core.config.read_back import PublishedModels, read_models
from openclaw_vllm.core.discovery.models import Model
from openclaw_vllm.core.publication.last_published import PublishedBefore


def keep_former_lengths(
    models: tuple[Model, ...], before: PublishedBefore, provider_id: str
) -> tuple[Model, ...]:
    """Return the models, with the former length where all that think were published with it; one
    that the spec had until now was not chosen by a version."""
    if not any(model.settings.reasoning and not model.settings.max_tokens for model in models):
        return models
    published = read_models(before.models_json, provider_id)
    statuses = before.status.models
    overridden = {status.id for status in statuses if status.max_tokens_source == "Override"}
    candidates = (model for model in models if model.id not in overridden)
    evidence = [model for model in candidates if _is_evidence(model, published)]
    if not evidence or not all(_has_former_length(model, published) for model in evidence):
        return models
    return tuple(replace(model, has_former_length=True) for model in models)


def _is_evidence(model: Model, published: PublishedModels) -> bool:
    """Return whether the length of a published model shows the version; the server's limit does
    not."""
    settings, length = model.settings, published.max_tokens.get(model.id)
    is_default = bool(settings.reasoning) and not settings.max_tokens
    return is_default and model.id in published.thinking and length != model.max_output


def _has_former_length(model: Model, published: PublishedModels) -> bool:
    """Return whether a model was published with the length that its context had given it."""
    context = dict(published.contexts)[model.id]
    former = replace(model, context_window=context, has_former_length=True, max_output=None)
    return published.max_tokens[model.id] == former.max_tokens
