"""Settings of models in a spec, with OpenClaw's field names."""

import json
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, JsonValue, WithJsonSchema

from openclaw_vllm.api.fields import SET, Glob, ModelId, WireModel, cel, matching

MAX_PARAMS_LENGTH = 8192
MAX_PARAMS_DEPTH = 16

Modality = Literal["text", "image", "video", "audio"]
ThinkingFormat = Literal[
    "openai", "openrouter", "deepseek", "together", "qwen", "qwen-chat-template", "zai"
]

# `int | float` keeps 0 what it is: as a float it would be published as 0.0.
Price = Annotated[
    int | float,
    Field(ge=0, le=1_000_000),
    WithJsonSchema({"type": "number", "minimum": 0, "maximum": 1_000_000}),
]
Tokens = Annotated[int, Field(ge=1, le=1_000_000_000)]
DisplayName = Annotated[
    str,
    matching(
        r"[^\s\p{C}]([^\p{C}]*[^\s\p{C}])?",
        "write a name such as Qwen3 32B, without control characters and outer spaces",
        max_length=256,
    ),
]
Modalities = Annotated[
    tuple[Modality, ...],
    Field(
        max_length=4,
        json_schema_extra={
            **SET,
            **cel(("size(self) > 0", "write [text], [text, image], ... or leave input out")),
        },
    ),
]


def _is_within_depth(value: Any, depth: int) -> bool:
    if not isinstance(value, dict | list):
        return True
    children = value.values() if isinstance(value, dict) else value
    return depth > 0 and all(_is_within_depth(child, depth - 1) for child in children)


# Bounds that the API server cannot check: it does not look into a free-form object. Depth is
# checked first, because everything else recurses.
def _check_depth(params: Any) -> Any:
    if not _is_within_depth(params, MAX_PARAMS_DEPTH):
        raise ValueError(f"write at most {MAX_PARAMS_DEPTH} levels of nesting")
    return params


def _check_size(params: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if len(json.dumps(params)) > MAX_PARAMS_LENGTH:
        raise ValueError(f"write at most {MAX_PARAMS_LENGTH} characters of JSON")
    return params


Params = Annotated[
    dict[str, JsonValue],
    BeforeValidator(_check_depth),
    AfterValidator(_check_size),
    WithJsonSchema(
        {"type": "object", "maxProperties": 64, "x-kubernetes-preserve-unknown-fields": True}
    ),
]


class ModelCost(WireModel):
    """What a million tokens cost; OpenClaw adds it up per session."""

    input: Price = 0
    """Price of a million input tokens."""
    output: Price = 0
    """Price of a million output tokens."""
    cache_read: Price = 0
    """Price of a million input tokens read from the prefix cache."""
    cache_write: Price = 0
    """Price of a million input tokens written to the prefix cache."""


class ModelCompat(WireModel):
    """How the server's API differs from OpenAI's, in OpenClaw's words. Absent: OpenClaw's default.

    Older OpenClaw versions refuse keys that they do not know.
    """

    supports_tools: bool | None = None
    """Whether requests may carry tools; false for a server without a tool parser."""
    supports_usage_in_streaming: bool | None = None
    """Whether streamed answers report token usage; published as true unless set."""
    supports_reasoning_effort: bool | None = None
    """Whether requests may carry reasoning_effort."""
    supports_developer_role: bool | None = None
    """Whether the chat template knows the role developer."""
    supports_store: bool | None = None
    """Whether requests may carry store."""
    supports_temperature: bool | None = None
    """Whether requests may carry temperature."""
    supports_strict_mode: bool | None = None
    """Whether tool schemas may be marked strict."""
    supports_json_schema_response_format: bool | None = None
    """Whether response_format json_schema works."""
    supports_prompt_cache_key: bool | None = None
    """Whether requests may carry prompt_cache_key."""
    requires_string_content: bool | None = None
    """Whether message contents must be plain strings instead of parts."""
    requires_tool_result_name: bool | None = None
    """Whether tool results must carry the tool's name."""
    requires_assistant_after_tool_result: bool | None = None
    """Whether an assistant message must follow a tool result."""
    requires_thinking_as_text: bool | None = None
    """Whether earlier thinking must be sent back as text."""
    requires_reasoning_content_on_assistant_messages: bool | None = None
    """Whether assistant messages must carry reasoning_content."""
    strict_message_keys: bool | None = None
    """Whether the server refuses unknown keys in messages."""
    max_tokens_field: Literal["max_completion_tokens", "max_tokens"] | None = None
    """The name of the field that limits an answer's length."""
    thinking_format: ThinkingFormat | None = None
    """How thinking is switched on and off; qwen-chat-template for Qwen3 on vLLM."""


class _ModelFields(WireModel):
    model_config = ConfigDict(
        json_schema_extra=cel(
            (
                "!has(self.maxTokens) || !has(self.contextWindow)"
                " || self.maxTokens <= self.contextWindow",
                "an answer is part of the context: lower maxTokens, or raise contextWindow",
            )
        )
    )

    name: DisplayName | None = None
    """What people see instead of the id."""
    reasoning: bool | None = None
    """Whether the model thinks before it answers."""
    input: Modalities | None = None
    """What the model understands: text, and image, video or audio."""
    cost: ModelCost | None = None
    """What a million tokens cost."""
    context_window: Tokens | None = None
    """How many tokens fit in the context: at most the server's --max-model-len."""
    max_tokens: Tokens | None = None
    """The longest answer in tokens; min(8192, contextWindow / 4) unless set."""
    compat: ModelCompat | None = None
    """How the server's API differs from OpenAI's for this model."""


class ModelSettings(_ModelFields):
    """What is published about a discovered model; it wins over what the server says."""

    params: Params | None = None
    """Request parameters such as temperature or chat_template_kwargs, published under
    agents.defaults.models (the only place from which OpenClaw sends them), so only with
    spec.agents; at most 8192 characters of JSON, 16 levels deep."""


class ModelOverride(ModelSettings):
    """Settings for the discovered models whose id matches."""

    match: Glob
    """Glob on the model id, such as "Qwen/*": * stands for any characters, / included, ? for one,
    and all else, brackets too, for itself."""


class ExplicitModel(_ModelFields):
    """A model that is published without asking the server."""

    id: ModelId
    """The model's id as the server knows it (--served-model-name)."""
    reasoning: bool = False
    """Whether the model thinks before it answers."""
    input: Modalities = ("text",)
    """What the model understands; [text] unless set."""
    cost: ModelCost = ModelCost()
    """What a million tokens cost; nothing unless set."""
