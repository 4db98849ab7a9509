"""The vLLM of the demo: our stand-in as a process, or a real one that somebody else runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from hack.demo.process import DemoError, Process, started
from tests.eventually import eventually_sync

ROOT = Path(__file__).parents[2]
MODELS = ("Qwen/Qwen3-32B:40960", "meta-llama/Llama-3.3-70B-Instruct:131072")
STARTS_WITHIN = 30.0  # seconds


@dataclass(frozen=True)
class Server:
    """A server to probe; without a process it is not ours to change."""

    base_url: str
    key: str | None = None
    process: Process | None = None

    @property
    def host(self) -> str:
        return urlsplit(self.base_url).hostname or ""

    @property
    def port(self) -> int:
        return urlsplit(self.base_url).port or 80

    def load(self, model: str, context: int) -> None:
        """Have our stand-in serve one more model."""
        url = self.base_url.removesuffix("/v1") + "/test/models"
        card = {"id": model, "context": context}
        httpx.post(url, json=card, trust_env=False).raise_for_status()


@contextmanager
def stand_in(
    folder: Path, *models: str, name: str = "vllm", key: str | None = None
) -> Iterator[Server]:
    """Run one with these models, each `ID:CONTEXT`, or with two of the usual."""
    served = [f"--model={model}" for model in models or MODELS]
    command = [sys.executable, "-m", "tests.vllm_server", *served]
    environment = {"PYTHONPATH": str(ROOT), **({"VLLM_API_KEY": key} if key else {})}
    with started(name, command, folder, environment) as process:
        yield Server(_printed_url(process), key=key, process=process)


def _printed_url(process: Process) -> str:
    def printed() -> str:
        process.check()
        url, newline, _ = process.log_text().partition("\n")
        return url if newline else ""

    try:
        return eventually_sync(printed, within=STARTS_WITHIN)
    except AssertionError as error:
        raise DemoError(f"The server does not start. {process.tail()}") from error
