"""What a model is for, by the words of each server's list."""

import json
from typing import Any

import pytest

from openclaw_vllm.api.discovery import ModelKind
from openclaw_vllm.core.discovery.ids import validate_ids
from openclaw_vllm.core.discovery.kinds import kind_of
from openclaw_vllm.core.discovery.models_response import ServedModel, parse
from tests import captures


@pytest.mark.parametrize(
    ("card", "kind"),
    [
        pytest.param({}, None, id="vLLM 0.32 and most others, which say nothing"),
        pytest.param({"mode": "chat"}, "Chat", id="LiteLLM 1.108.7, chat"),
        pytest.param({"mode": "responses"}, "Chat", id="LiteLLM 1.108.7, responses"),
        pytest.param({"mode": "embedding"}, "Embedding", id="LiteLLM 1.108.7, embedding"),
        pytest.param({"mode": "rerank"}, "Reranker", id="LiteLLM 1.108.7, rerank"),
        pytest.param({"mode": "audio_transcription"}, "Speech", id="LiteLLM 1.108.7, speech"),
        pytest.param({"mode": "image_generation"}, "Image", id="LiteLLM 1.108.7, image"),
        pytest.param({"mode": "moderation"}, "Other", id="LiteLLM 1.108.7, moderation"),
        pytest.param({"type": "llm"}, "Chat", id="LM Studio 0.3, llm"),
        pytest.param({"type": "vlm"}, "Chat", id="LM Studio 0.3, vlm"),
        pytest.param({"type": "embeddings"}, "Embedding", id="LM Studio 0.3, embeddings"),
        pytest.param({"type": "rerank"}, "Reranker", id="Together, rerank"),
        pytest.param({"task": "text-generation"}, "Chat", id="Hugging Face, text-generation"),
        pytest.param(
            {"task": "automatic-speech-recognition"}, "Speech", id="speaches, speech to text"
        ),
        pytest.param(
            {"pipeline_tag": "feature-extraction"}, "Embedding", id="Hugging Face's pipeline_tag"
        ),
        pytest.param({"model_type": "LLM"}, "Chat", id="xinference, LLM"),
        pytest.param({"model_type": "rerank"}, "Reranker", id="xinference, rerank"),
        pytest.param({"model_ability": ["embed"]}, "Embedding", id="xinference, model_ability"),
        pytest.param(
            {"custom_metadata": {"model_type": "embedding"}}, "Embedding", id="llama-stack 0.7.3"
        ),
        pytest.param({"capabilities": ["embed"]}, "Embedding", id="infinity-emb 0.0.78"),
        pytest.param(
            {"capabilities": ["completion"]}, None, id="llama-server b10434, of an embedder too"
        ),
        pytest.param({"capabilities": ["completion", "tools"]}, None, id="Ollama's words"),
        pytest.param({"categories": ["reranker"]}, "Reranker", id="GPUStack, reranker"),
        pytest.param({"categories": ["speech_to_text"]}, "Speech", id="GPUStack, speech to text"),
        pytest.param({"categories": []}, None, id="GPUStack without a category"),
        pytest.param({"capabilities": {"completion_chat": True}}, None, id="Mistral, chat"),
        pytest.param({"capabilities": {"completion_chat": False}}, "Other", id="Mistral, other"),
        pytest.param({"capabilities": {"type": "embeddings"}}, "Embedding", id="Copilot's type"),
        pytest.param(
            {"architecture": {"input_modalities": ["text"], "output_modalities": ["text"]}},
            None,
            id="llama-server b10434 in router mode",
        ),
        pytest.param(
            {"architecture": {"output_modalities": ["text", "image"]}}, None, id="OpenRouter, both"
        ),
        pytest.param(
            {"architecture": {"output_modalities": ["embeddings"]}}, "Embedding", id="OpenRouter"
        ),
        pytest.param({"output_modalities": ["image"]}, "Image", id="modalities in the row itself"),
        pytest.param(
            {"architecture": {"input_modalities": ["audio"], "output_modalities": ["text"]}},
            "Speech",
            id="a transcriber by its modalities",
        ),
        pytest.param({"architecture": {"output_modalities": ["smell"]}}, "Other", id="no text"),
        pytest.param(
            {"architecture": {"modality": "text->image"}}, "Image", id="OpenRouter, arrow"
        ),
        pytest.param(
            {"architecture": {"modality": "text+image->text"}}, None, id="OpenRouter, arrow to text"
        ),
        pytest.param(
            {"supported_output_modalities": ["embeddings"]}, "Embedding", id="GitHub Models"
        ),
        pytest.param({"supports_chat": False}, "Other", id="Fireworks and Hyperbolic, other"),
        pytest.param({"supports_chat": True}, None, id="Fireworks and Hyperbolic, chat"),
        pytest.param({"kind": "EMBEDDING_MODEL"}, "Embedding", id="Fireworks, embedding"),
        pytest.param({"kind": "HF_BASE_MODEL"}, None, id="Fireworks, any"),
        pytest.param(
            {"capabilities": {"chat_completion": False}, "status": "succeeded"},
            "Other",
            id="Azure OpenAI, other",
        ),
        pytest.param(
            {"task": {"name": "Text Embeddings"}}, "Embedding", id="Cloudflare Workers AI"
        ),
        pytest.param({"task_type": "T2I"}, "Image", id="SGLang 0.5, diffusion of images"),
        pytest.param({"task_type": "TI2V"}, "Other", id="SGLang 0.5, diffusion of videos"),
        pytest.param(
            {"supported_methods": ["chat_completion", "responses"]}, "Chat", id="Bifrost, chat"
        ),
        pytest.param({"supported_methods": ["embedding"]}, "Embedding", id="Bifrost, embedding"),
        pytest.param(
            {"supported_methods": ["transcription", "transcription_stream"]},
            "Speech",
            id="Bifrost, speech",
        ),
        pytest.param(
            {"endpoints": ["chat/completions", "completions"], "status": 1}, None, id="Novita, chat"
        ),
        pytest.param({"endpoints": ["embeddings"]}, "Embedding", id="Novita, embedding"),
        pytest.param(
            {"endpoints": ["/v1/images/generations", "/v1/images/edits"]}, "Image", id="images"
        ),
        pytest.param({"endpoints": ["/v1/audio/speech"]}, "Speech", id="a path of speech"),
        pytest.param({"endpoints": [{"name": "rerank"}]}, None, id="endpoints of another form"),
        pytest.param({"supported_endpoints": ["/embeddings"]}, "Embedding", id="Copilot, a path"),
        pytest.param({"metadata": {"tags": ["embeddings"]}}, "Embedding", id="DeepInfra"),
        pytest.param({"metadata": {"tags": ["chat", "vision"]}}, None, id="DeepInfra, chat"),
        pytest.param({"metadata": None}, None, id="DeepInfra without metadata"),
        pytest.param(
            {"capabilities": ["tools"], "endpoints": ["rerank"]}, "Reranker", id="the next list"
        ),
        pytest.param({"type": "music"}, "Speech", id="Venice, music"),
        pytest.param({"type": "text"}, None, id="Venice, text"),
        pytest.param({"type": "upscale"}, "Image", id="Venice, upscale"),
        pytest.param({"type": "text-embedding"}, "Embedding", id="a word of two"),
        pytest.param({"mode": "realtime"}, "Other", id="LiteLLM, realtime"),
        pytest.param({"pipeline_tag": "audio-text-to-text"}, "Chat", id="a chat about sounds"),
        pytest.param({"pipeline_tag": "fill-mask"}, "Other", id="Hugging Face, fill-mask"),
        pytest.param({"labels": ["embeddings"]}, "Embedding", id="Lemonade, embeddings"),
        pytest.param({"labels": ["hot", "reranking"]}, "Reranker", id="Lemonade, reranking"),
        pytest.param({"labels": ["hot", "vision", "tool-calling"]}, None, id="Lemonade, chat"),
        pytest.param({"labels": []}, None, id="Lemonade without a label"),
        pytest.param({"labels": {"app": "embedding"}}, None, id="labels of another form"),
        pytest.param({"supported_endpoint_types": ["jina-rerank"]}, "Reranker", id="New API"),
        pytest.param(
            {"supported_endpoint_types": ["openai", "embeddings"]}, None, id="New API, of both"
        ),
        pytest.param({"capabilities": ["embed", "rerank"]}, "Embedding", id="vectors and ranks"),
        pytest.param({"capabilities": ["embed", "chat"]}, None, id="vectors and chat"),
        pytest.param({"capabilities": ["image", "audio"]}, None, id="what a chat model may take"),
        pytest.param({"type": "model"}, None, id="an unknown word"),
        pytest.param({"type": "model", "task": "rerank"}, "Reranker", id="the next word"),
        pytest.param({"mode": None, "type": 7, "capabilities": "x"}, None, id="odd values"),
        pytest.param({"capabilities": [None, {}]}, None, id="odd words"),
        pytest.param({"architecture": {"output_modalities": [{}]}}, "Other", id="odd modalities"),
        pytest.param({"custom_metadata": "embedding"}, None, id="odd metadata"),
    ],
)
def test_a_row_is_of_the_kind_that_it_names(card: dict[str, Any], kind: ModelKind | None) -> None:
    assert kind_of(card) == kind
    (model,) = _parsed({"id": "x", **card})
    assert model.kind == kind


@pytest.mark.parametrize(
    ("kinds", "published", "rejected"),
    [
        pytest.param(("Chat",), ["chat", "silent"], {"embedder": "NotChat"}, id="Chat"),
        pytest.param(("Chat", "Embedding"), ["chat", "silent", "embedder"], {}, id="two kinds"),
        pytest.param(("Embedding",), ["silent", "embedder"], {"chat": "NotChat"}, id="no chat"),
    ],
)
def test_models_of_other_kinds_are_left_out_with_the_reason(
    kinds: tuple[ModelKind, ...], published: list[str], rejected: dict[str, str]
) -> None:
    models = validate_ids(
        _parsed(
            {"id": "chat", "mode": "chat"},
            {"id": "silent"},
            {"id": "embedder", "mode": "embedding"},
        ),
        kinds,
    )
    assert [model.id for model in models.models] == published
    assert models.rejected == rejected


def test_of_litellm_s_list_the_chat_models_are_published_with_its_numbers() -> None:
    capture = captures.read_server("litellm-1.108.7", "models-right-key")
    served = parse(capture.body)
    assert isinstance(served, tuple)
    models = validate_ids(served)
    assert [(model.id, model.context, model.max_output) for model in models.models] == [
        ("gpt-4", 40960, 40960),
        ("qwen", 40960, 40960),
        ("qwen-sized", 32768, 4096),
        ("gpt-4o", 128000, 16384),
    ]
    others = ("bge", "bge-no-mode", "text-embedding-3-small", "whisper")
    assert models.rejected == dict.fromkeys(others, "NotChat")


def _parsed(*rows: dict[str, Any]) -> tuple[ServedModel, ...]:
    models = parse(json.dumps({"data": rows}).encode())
    assert isinstance(models, tuple)
    return models
