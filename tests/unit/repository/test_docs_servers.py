"""docs/servers.md against what the code reads in the answers of the real servers."""

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from openclaw_vllm.core.discovery import kinds
from openclaw_vllm.core.discovery.kinds import kind_of
from openclaw_vllm.core.discovery.models_response import parse, parse_version
from openclaw_vllm.core.discovery.numbers import (
    MAX_OUTPUT,
    OUTPUT_BESIDE_CONTEXT,
    PROVIDERS,
    SERVED_CONTEXT,
    TRAINED_CONTEXT,
)
from openclaw_vllm.core.discovery.routes import classify_route, task_of
from tests import captures

PAGE = (Path(__file__).parents[3] / "docs" / "servers.md").read_text()
NONE = "none"
LISTS = ("models-right-key", "models-no-key")

# A row, and the folders of its captures.
CAPTURED = {
    "vllm-router": ["vllm-router-0.1.17-one", "vllm-router-0.1.17-two-kinds"],
    "smg": ["smg-1.13.0-vllm-worker", "smg-1.13.0-two-kinds"],
    "sglang-router": ["sglang-router-0.3.2", "sglang-router-0.3.2-vllm-worker"],
    "llama.cpp": ["llamacpp-b11549"],
    "llama.cpp, router mode": ["llamacpp-router-b10434", "llamacpp-router-loaded-b10434"],
    "LiteLLM": ["litellm-1.108.7"],
    "NVIDIA Dynamo": ["dynamo-1.6.1-one", "dynamo-1.6.1-two-kinds"],
    "mlx-lm": ["mlx-lm-0.32.2"],
    "transformers serve": ["transformers-5.23.0"],
}
OLLAMA = "ollama-0.17.4-from-source"  # bodies alone, without a status line


@dataclass(frozen=True)
class Row:
    """What the page claims of a server."""

    measured: str
    context: str
    kind: str
    task: str
    version: str
    key: str


def table(heading: str) -> dict[str, list[str]]:
    """Return the cells of the section's table, by the server in the first one."""
    section = PAGE.split(f"## {heading}\n", 1)[1].split("\n## ", 1)[0]
    lines = [line.strip("| ") for line in section.splitlines() if line.startswith("|")][2:]
    rows = [[cell.strip() for cell in line.split(" | ")] for line in lines]
    return {name: cells for name, *cells in rows}


CLAIMS = {name: Row(*cells) for name, cells in table("What their answers say").items()}
SERVERS = [(name, server) for name, servers in CAPTURED.items() for server in servers]


def each_server(*answers: str) -> pytest.MarkDecorator:
    """Run a test for each row and folder that holds all of these answers."""
    cases = [one for one in SERVERS if all(captures.exists(one[1], name) for name in answers)]
    return pytest.mark.parametrize(("name", "server"), cases)


def rows_of(body: bytes) -> list[dict[str, Any]]:
    document = json.loads(body)
    assert isinstance(document["data"], list)
    return list(document["data"])


def value(row: dict[str, Any], path: str) -> object:
    """Return what is at the end of a dotted path; None where it leads nowhere."""
    at: object = row
    for step in path.split("."):
        at = at.get(step) if isinstance(at, dict) else None
    return at


def check_list(body: bytes, claim: Row) -> None:
    models = parse(body)
    assert isinstance(models, tuple)
    for row, model in zip(rows_of(body), models, strict=True):
        expected = None if claim.context == NONE else value(row, claim.context.strip("`"))
        assert model.context == expected, model
        assert (model.kind is None) == (claim.kind == NONE)
        if claim.kind != NONE:
            field = claim.kind.strip("`")
            assert model.kind == kind_of({field: value(row, field)})


def lists_of(server: str) -> list[bytes]:
    """Return its good lists, with the right key and without one."""
    answers = (
        captures.read_server(server, name) for name in LISTS if captures.exists(server, name)
    )
    return [answer.body for answer in answers if answer.status == 200]


@each_server()
def test_context_and_kind_are_read_where_the_page_says(name: str, server: str) -> None:
    assert lists_of(server)
    for body in lists_of(server):
        check_list(body, CLAIMS[name])


@each_server("options-chat", "options-embeddings")
def test_the_task_is_what_the_routes_say(name: str, server: str) -> None:
    answers = [captures.read_server(server, f"options-{one}") for one in ("chat", "embeddings")]
    chat, embeddings = (classify_route(one.status, one.headers.get("allow", "")) for one in answers)
    assert task_of(chat, embeddings) == CLAIMS[name].task


@each_server("version")
def test_the_version_is_read_where_the_page_says_so(name: str, server: str) -> None:
    answer = captures.read_server(server, "version")
    version = parse_version(answer.body) if answer.status == 200 else ""
    assert bool(version) == (CLAIMS[name].version == "yes")


@each_server("models-wrong-key")
def test_a_key_is_proved_where_a_wrong_one_gets_no_list(name: str, server: str) -> None:
    status = captures.read_server(server, "models-wrong-key").status
    lists = {"public": True, "the worker's": True, "proved": False}  # its workers wanted none
    assert (status == 200) == lists[CLAIMS[name].key]


@pytest.mark.parametrize("body", ["no models", "three models"])
def test_the_list_of_an_ollama_says_what_the_page_says(body: str) -> None:
    text = (captures.SERVERS / OLLAMA / "models.http").read_bytes()
    empty, full = (part for part in text.split(b"\n\n") if part.startswith(b"{"))
    if body == "no models":
        assert parse(empty) == ()
    else:
        check_list(full, CLAIMS["Ollama"])


@pytest.mark.parametrize(
    ("name", "list_"),
    [
        pytest.param("vLLM", "models-plain", id="vLLM"),
        pytest.param("vLLM, embedding model", "embed-models", id="embedding model"),
        pytest.param(
            "vLLM, embedding model", "pooling-llama-models", id="a chat model that embeds"
        ),
    ],
)
def test_a_vllm_says_what_the_page_says(name: str, list_: str) -> None:
    claim = CLAIMS[name]
    check_list(captures.read(list_).body, claim)
    assert claim.measured.startswith(parse_version(captures.read("version").body))
    assert captures.read("auth-wrong").status == captures.read("auth-missing").status == 401
    assert (claim.version, claim.key) == ("yes", "proved")


def test_the_tasks_of_a_vllm_show_in_its_chat_route() -> None:
    chat = captures.read("options-chat")
    exists, absent = classify_route(chat.status, chat.headers["allow"]), classify_route(404, "")
    assert task_of(exists, absent) == CLAIMS["vLLM"].task
    assert captures.read("embed-chat").status == 404
    assert task_of(absent, exists) == CLAIMS["vLLM, embedding model"].task


@each_server()
def test_the_version_that_was_measured_is_that_of_the_captures(name: str, server: str) -> None:
    version = CLAIMS[name].measured.split(",")[0]
    assert re.search(rf"-{re.escape(version)}(-|$)", server)


def test_each_server_has_a_row_in_both_tables() -> None:
    assert list(table("What to write")) == list(CLAIMS)


def test_every_list_that_was_captured_is_held_against_its_row() -> None:
    folders = {folder.name for folder in captures.SERVERS.iterdir()} - {OLLAMA}
    listing = {name for name in folders if any(rows_of(body) for body in lists_of(name))}
    of_rows = {server for _, server in SERVERS}
    assert listing - of_rows == {"dynamo-1.6.1-embed-only"}  # while its chat worker is away


@pytest.mark.parametrize(
    ("column", "read"),
    [
        pytest.param(0, {*SERVED_CONTEXT, *TRAINED_CONTEXT, PROVIDERS}, id="context"),
        pytest.param(1, {*MAX_OUTPUT, *OUTPUT_BESIDE_CONTEXT}, id="longest output"),
        pytest.param(
            2,
            {*kinds.FIELDS, *kinds.LISTS, kinds.LABELS, *kinds.CHAT_FLAGS}
            | {*kinds.OUTPUTS, kinds.MODALITY},
            id="kind",
        ),
    ],
)
def test_the_names_of_other_lists_are_read(column: int, read: set[str]) -> None:
    cells = [row[column] for row in table("Other lists").values()]
    assert {name for cell in cells for name in re.findall("`([^`]+)`", cell)} <= read
