"""Kind of a model, as far as its row of a server's list tells it.

Gateways list models for chat, embeddings, reranking, speech and images together, and each says in
words of its own which is which. A row that says nothing has no kind and is taken for a chat model:
most servers, vLLM among them, list one kind only and name none.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from openclaw_vllm.api.discovery import ModelKind
from openclaw_vllm.core.discovery.kind_words import kind_of_word
from openclaw_vllm.core.discovery.row_fields import read_field

# Names without a version are those of the documentation.
FIELDS = (
    "mode",  # LiteLLM 1.108.7
    "type",  # LM Studio 0.3, Together, Venice
    "task",  # speaches
    "model_type",  # xinference 1.x
    "pipeline_tag",  # Hugging Face's hub
    "custom_metadata.model_type",  # llama-stack 0.7.3
    "task_type",  # SGLang's diffusion server
    "kind",  # Fireworks
    "task.name",  # Cloudflare Workers AI
    "capabilities.type",  # GitHub Copilot
)
LISTS = (
    "capabilities",  # infinity-emb 0.0.78
    "model_ability",  # xinference 1.x
    "categories",  # GPUStack
    "supported_endpoint_types",  # New API
    "supported_endpoints",  # GitHub Copilot, with paths
    "endpoints",  # Novita, with paths
    "supported_methods",  # Bifrost
    "metadata.tags",  # DeepInfra
)
LABELS = "labels"  # Lemonade Server
CHAT_FLAGS = (
    "capabilities.completion_chat",  # Mistral
    "capabilities.chat_completion",  # Azure OpenAI
    "supports_chat",  # Fireworks, Hyperbolic
)
INPUTS = ("architecture.input_modalities", "input_modalities", "supported_input_modalities")
OUTPUTS = (
    "architecture.output_modalities",  # OpenRouter, llama-server's router mode
    "output_modalities",  # what OpenRouter asks of its providers
    "supported_output_modalities",  # GitHub Models
)
MODALITY = "architecture.modality"  # OpenRouter, such as text+image->text


def kind_of(row: Mapping[str, Any]) -> ModelKind | None:
    """Return what a row of a list is a model for; None when it does not say so."""
    kinds = (kind_of_word(read_field(row, field)) for field in FIELDS)
    kind = next((each for each in kinds if each is not None), None)
    return kind or _by_lists(row) or _by_labels(row) or _by_flags(row) or _by_modalities(row)


def _by_lists(row: Mapping[str, Any]) -> ModelKind | None:
    """Read a list of words: a model for several purposes is of another kind only if all of them
    are about vectors and ranks, since `image` and `audio` may be what a chat model takes.

    `completion` alone says nothing: llama-server b10434 writes it of a model that only embeds.
    """
    for name in LISTS:
        words = read_field(row, name)
        if not isinstance(words, list) or words in ([], ["completion"]):
            continue
        if kind := _common_kind(words):
            return kind
    return None


def _common_kind(words: Iterable[object]) -> ModelKind | None:
    first, *others = (kind_of_word(word) for word in words)
    kinds = {first, *others}
    return first if len(kinds) == 1 or kinds == {"Embedding", "Reranker"} else None


def _by_labels(row: Mapping[str, Any]) -> ModelKind | None:
    """Read labels of all sorts, of which any may name a kind."""
    labels = row.get(LABELS)
    kinds = [kind_of_word(label) for label in labels] if isinstance(labels, list) else []
    return None if "Chat" in kinds else next((kind for kind in kinds if kind), None)


def _by_flags(row: Mapping[str, Any]) -> ModelKind | None:
    """Read flags that say whether a model chats."""
    return "Other" if any(read_field(row, flag) is False for flag in CHAT_FLAGS) else None


def _by_modalities(row: Mapping[str, Any]) -> ModelKind | None:
    """Read what a model takes and gives."""
    inputs, outputs = _first_list(row, INPUTS), _first_list(row, OUTPUTS)
    modality = read_field(row, MODALITY)
    if not outputs and isinstance(modality, str) and "->" in modality:
        outputs = [*modality.partition("->")[2].split("+")]
    if not outputs:
        return None
    if "text" in outputs:
        return "Speech" if inputs == ["audio"] else None
    return kind_of_word(outputs[0]) or "Other"


def _first_list(row: Mapping[str, Any], paths: Iterable[str]) -> list[object]:
    lists = (read_field(row, path) for path in paths)
    return next((each for each in lists if isinstance(each, list)), [])
