"""`openclaw-vllm verify -o json`: the status that the cluster would show, and the key's proof."""

from typing import Any

import pytest

from tests.apiserver.servers import Servers, ServerThread
from tests.harnesses.command_line import CommandLine, provider
from tests.vllm_server import Model

KEY = "sk-planted-key"
AUTH = {"auth": {"apiKeySecretRef": {"name": "vllm-api-key", "key": "api-key"}}}
ALLOWED = ("--allow-loopback", "--key-hosts", "127.0.0.1", "--allow-insecure-keys")
MODELS = (Model("long", 32768), Model("silent", None), Model("user@host"))
ASSUMED = "the server names no context for 1 of 2 models, so that 128000 tokens are assumed"


def verify(cli: CommandLine, *words: str, **fields: Any) -> dict[str, Any]:
    path = cli.write_yaml("p.yaml", provider(fields or None))
    return cli.json("verify", "-f", path, *words, VLLM_API_KEY=KEY)


def test_the_status_says_what_is_known_of_each_model_and_of_the_server(cli: CommandLine) -> None:
    with ServerThread() as thread, Servers(thread) as servers:
        server = servers.start(*MODELS)
        report = verify(cli, *ALLOWED, baseUrl=server.base_url, **AUTH)
    status = report["status"]
    assert [(m["id"], m["contextWindowSource"]) for m in status["models"]] == [
        ("long", "Server"),
        ("silent", "Default"),
    ]
    assert status["endpoint"] == {
        "baseUrl": server.base_url,
        "serverVersion": "0.32.0",
        "task": "Generate",
        "notes": ["KeyNotProved"],
    }
    assert status["rejectedModels"] == [{"id": "user@host", "reason": "InvalidReference"}]
    assert status["modelCount"] == len(status["models"])
    assert {"conditions", "observedGeneration"}.isdisjoint(status)
    assert any(ASSUMED in note for note in report["notes"])
    assert KEY not in str(report)


@pytest.mark.parametrize(
    ("keys", "fields", "proved"),
    [
        pytest.param((KEY,), AUTH, True, id="refused without it"),
        pytest.param((), AUTH, False, id="public"),
        pytest.param((), {}, None, id="no key"),
        pytest.param(("another",), AUTH, None, id="no list with it either"),
        pytest.param((KEY,), {**AUTH, "models": [{"id": "m"}]}, None, id="nobody asked"),
    ],
)
def test_whether_the_key_was_proved_is_reported(
    cli: CommandLine, keys: tuple[str, ...], fields: dict[str, Any], *, proved: bool | None
) -> None:
    with ServerThread() as thread, Servers(thread) as servers:
        server = servers.start(Model("m"))
        server.keys = keys
        report = verify(cli, *ALLOWED, baseUrl=server.base_url, **fields)
    assert report["keyProved"] is proved


def test_a_snapshot_has_a_status_and_proves_no_key(cli: CommandLine) -> None:
    url = "https://vllm.example.com"
    report = verify(cli, "--snapshot", cli.write_snapshot("m"), baseUrl=url, **AUTH)
    assert report["status"]["models"][0]["contextWindowSource"] == "Default"
    assert report["keyProved"] is None


def test_without_a_preview_there_is_no_status(cli: CommandLine) -> None:
    report = verify(cli, "--offline")
    assert (report["status"], report["keyProved"]) == (None, None)


def test_a_status_of_the_file_is_not_taken_for_what_would_be(cli: CommandLine) -> None:
    old = {
        "modelCount": 7,
        "primaryModel": "vllm/old",
        "models": [{"id": "old", "ref": "vllm/old"}],
    }
    path = cli.write_yaml("p.yaml", provider() | {"status": old})
    status = cli.json("verify", "-f", path, "--snapshot", cli.write(("bad.json"), "{}"))["status"]
    assert "old" not in str(status)
    assert "modelCount" not in status
