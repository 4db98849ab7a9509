"""A running OpenClaw gateway: what an agent's pod runs, and what reloads its configuration."""

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.conformance.openclaw import Agent
from tests.controlplane.component import TAIL_LINES, free_port
from tests.eventually import eventually_sync

STARTS_WITHIN = 180.0  # seconds; 15 on a quiet machine, 40 beside another test run
RELOADS_WITHIN = 60.0  # seconds; 1 to 2 on a quiet machine
ANSWERS_WITHIN = 120.0  # seconds; the first turn prepares for 10 of them, later ones take 1
RELOADED = "config hot reload applied"

# What a user's own configuration says beside ours: a gateway of this machine, and the HTTP endpoint
# that a test talks to.
SETTINGS: dict[str, Any] = {
    "mode": "local",
    "auth": {"mode": "none"},
    "http": {"endpoints": {"chatCompletions": {"enabled": True}}},
}


class Ended(Exception):
    """The gateway refused to start, or stopped; the message has the end of its log."""


@dataclass(frozen=True)
class Gateway:
    """It answers on its port; all that it says is in its log."""

    url: str
    log: Path
    process: subprocess.Popen[bytes]

    def log_text(self) -> str:
        return self.log.read_text(encoding="utf-8", errors="replace")

    def tail(self) -> str:
        return "\n".join(["The gateway said:", *self.log_text().splitlines()[-TAIL_LINES:]])

    def turn(self) -> str:
        """Have the agent answer with its default model, and return what it says."""
        body = {"model": "openclaw", "messages": [{"role": "user", "content": "Hello"}]}
        url = f"{self.url}/v1/chat/completions"
        with httpx.Client(trust_env=False, timeout=ANSWERS_WITHIN) as client:
            answer = client.post(url, json=body)
        assert answer.status_code == 200, f"{answer.text}\n{self.tail()}"
        content: str = answer.json()["choices"][0]["message"]["content"]
        return content

    def passes(self, probe: tuple[str, ...], node: Path) -> bool:
        """Return whether a probe of a manifest, a command of Node.js, succeeds."""
        _, *arguments = (word.replace("http://127.0.0.1:18789", self.url) for word in probe)
        return subprocess.run([node, *arguments], check=False, timeout=60).returncode == 0

    @contextmanager
    def reloading(self) -> Iterator[None]:
        """Return when the gateway has taken in what the block changed."""
        before = self.log_text().count(RELOADED)
        yield
        eventually_sync(
            lambda: self.log_text().count(RELOADED) > before,
            within=RELOADS_WITHIN,
            describe="the gateway takes in the new configuration",
        )

    def is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise Ended(f"It ended with code {self.process.returncode}. {self.tail()}")
        try:
            with httpx.Client(trust_env=False, timeout=5) as client:
                return client.get(f"{self.url}/readyz").status_code == 200
        except httpx.HTTPError:
            return False


@contextmanager
def running(agent: Agent) -> Iterator[Gateway]:
    """Run the agent's gateway, on a port of this machine."""
    port = free_port()
    log = agent.home / "gateway.log"
    agent.state.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = subprocess.Popen(
            agent.command("gateway", "run", "--bind", "loopback", "--port", str(port)),
            cwd=agent.home,
            env=agent.variables(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    gateway = Gateway(f"http://127.0.0.1:{port}", log, process)
    try:
        eventually_sync(gateway.is_ready, within=STARTS_WITHIN, describe="the gateway is ready")
        yield gateway
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
