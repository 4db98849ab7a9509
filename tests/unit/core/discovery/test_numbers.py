"""Numbers of tokens in the rows of a server's list."""

from typing import Any

import pytest

from openclaw_vllm.core.discovery.numbers import context_of, max_output_of


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
        pytest.param({"max_tokens": 4096}, None, id="not max_tokens alone"),
        pytest.param(
            {"context_window": 200000, "max_tokens": 64000}, 64000, id="Vercel AI Gateway's"
        ),
        pytest.param(
            {"type": "model", "max_input_tokens": 200000, "max_tokens": 64000},
            64000,
            id="Anthropic's and PrivateGPT's",
        ),
        pytest.param(
            {"max_model_len": 8192, "max_output_tokens": 4096, "max_tokens": 8192},
            4096,
            id="a name that is clear before max_tokens",
        ),
        pytest.param(
            {"metadata": {"context_length": 40960, "max_tokens": 2048}}, 2048, id="DeepInfra's"
        ),
        pytest.param({"metadata": {"max_tokens": 2048}}, None, id="not DeepInfra's alone"),
        pytest.param({"maxTokensInput": 9000, "maxTokensOutput": 4000}, 4000, id="Glama's"),
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


def providers(*providers: object) -> dict[str, Any]:
    return {"id": "x", "providers": [*providers]}


def live(context: object, status: str = "live") -> dict[str, Any]:
    return {"provider": "p", "status": status, "context_length": context, "supports_tools": True}


@pytest.mark.parametrize(
    ("card", "tokens"),
    [
        pytest.param(providers(live(163840), live(131072)), 131072, id="the shortest"),
        pytest.param(providers(live(163840), live(8192, "error")), 163840, id="of those alive"),
        pytest.param(
            providers(live(9, "error"), live(7, "staging")), 7, id="or of all, if none is"
        ),
        pytest.param(providers(live(163840), live(None)), 163840, id="of those that name one"),
        pytest.param(providers(live(None), {"status": "live"}), None, id="none names one"),
        pytest.param(providers("novita", None, [1]), None, id="providers of another form"),
        pytest.param({"providers": {"p": live(7)}}, None, id="no list of them"),
        pytest.param({"providers": []}, None, id="no provider"),
        pytest.param(
            {**providers(live(7)), "context_length": 9}, 9, id="the row's own number before theirs"
        ),
    ],
)
def test_the_context_behind_hugging_face_s_router_is(card: dict[str, Any], tokens: int) -> None:
    assert context_of(card) == tokens
