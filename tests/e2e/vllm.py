"""A real vLLM server as a test uses it: started in the quickest way there is, asked, stopped.

Compiling nothing and keeping the engine in one process make it ready in half a minute instead of
three, and a small KV cache lets several servers live on one machine (all measured on 0.32).
"""

import ast
import os
import re
import ssl
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx

from tests.controlplane.component import TAIL_LINES, free_port
from tests.e2e import guard
from tests.eventually import eventually_sync

STARTS_WITHIN = 480.0  # seconds; 30 on a quiet machine, 230 once on a very busy one
ENDS_WITHIN = 2 * guard.ENDS_WITHIN
LOCAL = "127.0.0.1"
ANY_PORT = (LOCAL, 0)
QUICKLY = (
    "--dtype=float32",
    "--enforce-eager",
    f"--kv-cache-memory-bytes={64 * 1024 * 1024}",
    "--enable-log-requests",
    "--enable-log-outputs",
    "--no-enable-log-deltas",
)
ENVIRONMENT = {
    "DO_NOT_TRACK": "1",
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "VLLM_NO_USAGE_STATS": "1",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0",
    "VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1",
}
COMPLETION = re.compile(r"\(streaming complete\): output: (.*), finish_reason: ")


class Vllm:
    """It keeps its port and its log over restarts; its files are in its own folder.

    `options` and `key` count from its next start on; `ca_pem` is who has signed its certificate.
    """

    def __init__(
        self,
        python: Path,
        model: Path,
        folder: Path,
        *options: str,
        key: str = "",
        ca_pem: str = "",
        address: tuple[str, int] = ANY_PORT,
    ) -> None:
        self.options = options
        self.key = key
        self._python = python
        self.log = folder / "vllm.log"
        self.log.touch()
        self._folder = folder
        host, port = address
        self.port = port or free_port()
        place = ("--host", host, "--port", str(self.port), "--model", str(model))
        module = ("-I", "-W", "ignore", "-m", "vllm.entrypoints.openai.api_server")
        self._command = [str(python), *module, *place, *QUICKLY]
        self._trust = ssl.create_default_context(cadata=ca_pem) if ca_pem else True
        self._url = f"{'https' if ca_pem else 'http'}://{host}:{self.port}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def base_url(self) -> str:
        """What a VllmProvider's baseUrl says."""
        return f"{self._url}/v1"

    def start(self) -> None:
        """Start it, and wait until it answers."""
        command = [sys.executable, "-IS", guard.__file__, str(os.getpid())]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [*command, *self._command, *self.options],
                cwd=self._folder,
                env=self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        eventually_sync(self._is_ready, within=STARTS_WITHIN, describe="vLLM is ready")

    def stop(self) -> None:
        """End it with all its processes; doing so twice is no error."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(ENDS_WITHIN)
            self._process = None

    def post(self, path: str, body: Mapping[str, Any]) -> None:
        """Ask it for something that has to succeed."""
        with self._client() as client:
            answer = client.post(f"{self.base_url}{path}", json=body)
        assert answer.status_code == 200, f"{answer.text}\n{self.tail()}"

    def asked(self, request: str) -> int:
        """Return how often its access log has a request, such as `GET /v1/models`."""
        return self._read().count(f'"{request} HTTP/')

    @property
    def completions(self) -> Sequence[str]:
        """The texts that it has generated for clients that stream, as OpenClaw does, without the
        outer white space, which OpenClaw drops."""
        return [ast.literal_eval(text).strip() for text in COMPLETION.findall(self._read())]

    def tail(self) -> str:
        return "\n".join(["vLLM said:", *self._read().splitlines()[-TAIL_LINES:]])

    def _read(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def _client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.key}"} if self.key else {}
        return httpx.Client(headers=headers, verify=self._trust, trust_env=False, timeout=30)

    def _is_ready(self) -> bool:
        process = self._process
        if process is None or process.poll() is not None:
            raise RuntimeError(f"It has ended by itself. {self.tail()}")
        try:
            with self._client() as client:
                return client.get(f"{self._url}/health").status_code == 200
        except httpx.TransportError:
            return False

    def _environment(self) -> dict[str, str]:
        """Return all that it sees of this machine; its sockets stay in its folder.

        What it finds out about an architecture in a process of its own, which takes a third of a
        first start, is kept beside it.
        """
        private = {"HOME": str(self._folder), "TMPDIR": str(self._folder)}
        private["VLLM_CACHE_ROOT"] = str(self._python.parents[1] / "cache")
        key = {"VLLM_API_KEY": self.key} if self.key else {}
        return {"PATH": os.defpath, **private, **ENVIRONMENT, **key}
