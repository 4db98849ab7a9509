"""Words by which servers' lists name the kind of a model."""

from collections.abc import Mapping

from openclaw_vllm.api.discovery import ModelKind

KINDS: Mapping[ModelKind, frozenset[str]] = {
    "Chat": frozenset(
        [
            "chat",
            "chat-completion",
            "chat-completions",
            "conversational",
            "llm",
            "vlm",
            "language",
            "code",
            "responses",
            "completion",
            "text-generation",
            "text2text-generation",
            "image-text-to-text",
            "audio-text-to-text",
            "video-text-to-text",
            "any-to-any",
            "generate",
        ]
    ),
    "Embedding": frozenset(
        ["feature-extraction", "image-feature-extraction", "sentence-similarity"]
    ),
    "Reranker": frozenset(["text-ranking", "score"]),
    "Speech": frozenset(
        [
            "audio",
            "asr",
            "stt",
            "tts",
            "transcribe",
            "audio2text",
            "text2audio",
            "text-to-audio",
            "text-to-music",
            "music",
            "audio-to-audio",
            "audio-classification",
            "voice-activity-detection",
        ]
    ),
    "Image": frozenset(
        [
            "image",
            "images",
            "image-generation",
            "images-generations",
            "images-edits",
            "image-edit",
            "image-variation",
            "text-to-image",
            "text2image",
            "image2image",
            "image-to-image",
            "diffusion",
            "stable-diffusion",
            "t2i",
            "i2i",
            "ti2i",
            "inpaint",
            "inpainting",
            "upscale",
            "upscaling",
        ]
    ),
    "Other": frozenset(
        [
            "moderation",
            "moderations",
            "classify",
            "classification",
            "classifier",
            "text-classification",
            "token-classification",
            "zero-shot-classification",
            "image-classification",
            "object-detection",
            "image-segmentation",
            "depth-estimation",
            "fill-mask",
            "reward",
            "realtime",
            "video",
            "video-generation",
            "text-to-video",
            "text2video",
            "image-to-video",
            "image2video",
            "t2v",
            "i2v",
            "ti2v",
            "i2m",
            "text-to-3d",
            "image-to-3d",
            "ocr",
            "search",
            "vector-store",
        ]
    ),
}
KIND_OF_WORD = {word: kind for kind, words in KINDS.items() for word in words}
GAPS = str.maketrans("_-/", "   ")
# of words that servers compose as they like: text-embedding, EMBEDDING_MODEL, jina-rerank
STEMS: tuple[tuple[str, ModelKind], ...] = (
    ("embed", "Embedding"),
    ("rerank", "Reranker"),
    ("speech", "Speech"),
    ("transcription", "Speech"),
)


def kind_of_word(word: object) -> ModelKind | None:
    """Return the kind that a word names, however it is spelled; None for any other value."""
    if not isinstance(word, str):
        return None
    path = word.lower().removeprefix("/v1").strip("/")  # such as /v1/images/generations
    spelled = "-".join(path.translate(GAPS).split())
    by_stem = (kind for stem, kind in STEMS if stem in spelled)
    return KIND_OF_WORD.get(spelled) or next(by_stem, None)
