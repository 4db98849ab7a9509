"""Numbers of tokens in the rows of a server's list."""

from typing import Any

import pytest

from openclaw_vllm.core.discovery.numbers import max_output_of


@pytest.mark.parametrize(
    ("card", "tokens"),
    [
        pytest.param({}, None, id="none"),
        pytest.param({"max_output_tokens": 4096}, 4096, id="LiteLLM 1.108.7's"),
        pytest.param({"max_output_tokens": "4096"}, 4096, id="as text"),
        pytest.param({"max_output_tokens": 4096.0}, 4096, id="as a fraction"),
        pytest.param({"max_output_tokens": 0}, None, id="zero"),
        pytest.param({"max_output_tokens": 1e400}, None, id="infinite"),
        pytest.param({"max_output_tokens": [4096]}, None, id="a list"),
        pytest.param({"max_tokens": 4096}, None, id="not another name"),
        pytest.param({"max_completion_tokens": 4096}, 4096, id="Groq's and SambaNova's"),
        pytest.param({"max_output_length": 4096}, 4096, id="that of OpenRouter's providers"),
        pytest.param({"maxOutputTokens": 4096}, 4096, id="Foundry Local's"),
        pytest.param(
            {"top_provider": {"max_completion_tokens": 4096}}, 4096, id="OpenRouter's own"
        ),
        pytest.param({"limits": {"max_output_tokens": 4096}}, 4096, id="GitHub Models'"),
        pytest.param(
            {"capabilities": {"limits": {"max_output_tokens": 4096}}}, 4096, id="Copilot's"
        ),
        pytest.param({"context_window": {"max_output_tokens": 4096}}, 4096, id="Poe's"),
        pytest.param({"capabilities": ["chat"], "limits": None}, None, id="none in odd forms"),
    ],
)
def test_the_longest_output_is(card: dict[str, Any], tokens: int | None) -> None:
    assert max_output_of(card) == tokens
