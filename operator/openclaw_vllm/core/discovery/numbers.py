"""Numbers of a model in its row of a server's list: context and longest output, in tokens.

A number beyond what a person may write is no length, and from 2**53 on OpenClaw shows none
(measured on 2026.9.6).
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from openclaw_vllm.core.discovery.row_fields import read_field

MAX_TOKENS = 1_000_000_000  # as in spec.modelDefaults
DIGITS = re.compile(r"[0-9]{1,10}")

# What a server serves comes before what a model was trained for: LM Studio lists both, and
# `meta.n_ctx_train` of llama.cpp is left out for that reason. Names without a version are those of
# the documentation.
SERVED_CONTEXT = (
    "loaded_context_length",  # LM Studio 0.3
    "max_model_len",  # vLLM, SGLang
    "max_input_tokens",  # LiteLLM 1.108.7
    "context_window",  # Dynamo 1.6.1, Groq
    "maxInputTokens",  # Foundry Local
    "maxTokensInput",  # Glama
    "parameters.max_seq_len",  # TabbyAPI
    "context_window.context_length",  # Poe
    "limits.max_input_tokens",  # GitHub Models
    "capabilities.limits.max_prompt_tokens",  # GitHub Copilot, of whose window it is a part
    "capabilities.limits.max_context_window_tokens",  # GitHub Copilot
    "metadata.max_request_context_length",  # Ray Serve LLM 2.4x and later
    "rayllm_metadata.max_request_context_length",  # RayLLM
    "top_provider.context_length",  # OpenRouter, whose context_length is that of the longest
    "meta.n_ctx",  # llama-server, per slot
)
TRAINED_CONTEXT = (
    "context_length",  # OpenRouter, Together, smg
    "max_context_length",  # LM Studio 0.3, Mistral
    "context_size",  # Novita
    "custom_metadata.context_length",  # llama-stack 0.7.3
    "metadata.context_length",  # DeepInfra
    "info.contextLength",  # AI/ML API
    "model_spec.availableContextTokens",  # Venice
)
MAX_OUTPUT = (
    "max_output_tokens",  # LiteLLM 1.108.7
    "max_completion_tokens",  # Groq, SambaNova
    "max_output_length",  # what OpenRouter asks of its providers, such as Chutes
    "maxOutputTokens",  # Foundry Local
    "maxTokensOutput",  # Glama
    "top_provider.max_completion_tokens",  # OpenRouter
    "limits.max_output_tokens",  # GitHub Models
    "capabilities.limits.max_output_tokens",  # GitHub Copilot
    "context_window.max_output_tokens",  # Poe
)
# Of a row that names its context beside it, as Anthropic's and those of Vercel's AI Gateway do:
# alone it may be the context, or what a server writes if a request names no length.
OUTPUT_BESIDE_CONTEXT = ("max_tokens", "metadata.max_tokens")  # the second: DeepInfra
PROVIDERS = "providers"  # of Hugging Face's router, which sends a request to any that is live


def context_of(row: Mapping[str, Any]) -> int | None:
    """Return the length of the context, None where the row names none."""
    length = _first_tokens(row, (*SERVED_CONTEXT, *TRAINED_CONTEXT))
    return length or _shortest_of_providers(row)


def max_output_of(row: Mapping[str, Any]) -> int | None:
    """Return the length of the longest output, None where the row names none."""
    beside = OUTPUT_BESIDE_CONTEXT if context_of(row) else ()
    return _first_tokens(row, (*MAX_OUTPUT, *beside))


def _shortest_of_providers(row: Mapping[str, Any]) -> int | None:
    """Return the shortest context of the live providers, or of all if none is called live."""
    listed = row.get(PROVIDERS)
    providers = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
    live = [one for one in providers if one.get("status") == "live"]
    lengths = (_first_tokens(one, TRAINED_CONTEXT) for one in live or providers)
    return min((length for length in lengths if length), default=None)


def _first_tokens(row: Mapping[str, Any], paths: Iterable[str]) -> int | None:
    lengths = (_tokens(read_field(row, path)) for path in paths)
    return next((length for length in lengths if length), None)


def _tokens(value: object) -> int | None:
    """Read a number of tokens: an integer, an integral float, or decimal digits as text."""
    match value:
        case bool():
            return None
        case int() | float() if value == value // 1:
            number = int(value)
        case str() if DIGITS.fullmatch(value.strip()):
            number = int(value)
        case _:
            return None
    return number if 0 < number <= MAX_TOKENS else None
