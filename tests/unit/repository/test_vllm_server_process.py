"""The stand-in as a process, as the demo and a cluster run it."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[3]
KEY = {"authorization": "Bearer sesame"}
OPTIONS = ("--model", "org/Model-7B:q4:4096", "--model", "org/tiny", "--api-key", "sesame")


@pytest.fixture
def process() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.vllm_server", *OPTIONS]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as started:
        yield started
        started.kill()


def test_it_says_where_it_is_takes_a_model_and_ends_on_sigterm(
    process: subprocess.Popen[str],
) -> None:
    assert process.stdout is not None
    base_url = process.stdout.readline().strip()
    card = {"id": "late", "parent": "org/tiny"}
    with httpx.Client(trust_env=False) as client:
        client.post(base_url.replace("/v1", "/test/models"), json=card).raise_for_status()
        listed = client.get(f"{base_url}/models", headers=KEY).json()["data"]
    assert [(model["id"], model["max_model_len"]) for model in listed] == [
        ("org/Model-7B:q4", 4096),
        ("org/tiny", 32768),
        ("late", None),
    ]
    process.send_signal(signal.SIGTERM)
    assert process.wait(5) == 0
