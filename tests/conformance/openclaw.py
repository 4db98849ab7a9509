"""The real client as a test uses it: one folder per run, commands in it, and what they said."""

import json
import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.conformance.install import Installation
from tests.controlplane.component import leashed

ENDS_WITHIN = 120.0  # seconds; a command takes 2 to 8 on a quiet machine
AT_ONCE = 2  # each keeps more than one core busy


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    command: str
    code: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        """What it printed as JSON; the command has to have succeeded."""
        assert self.code == 0, str(self)
        return json.loads(self.out)

    def __str__(self) -> str:
        return f"`{self.command}` ended with code {self.code}.\n{self.out}\n{self.err}"


@dataclass(frozen=True)
class Agent:
    """An OpenClaw with a home of its own; `environment` is what its pod would set."""

    installation: Installation
    home: Path
    environment: Mapping[str, str] = field(default_factory=dict)

    @property
    def state(self) -> Path:
        """The state directory, where openclaw.json is unless the environment says otherwise."""
        return self.home / ".openclaw"

    def configure(self, config: str | Mapping[str, Any]) -> None:
        """Write openclaw.json, as its user would."""
        self.state.mkdir(parents=True, exist_ok=True)
        text = config if isinstance(config, str) else json.dumps(config)
        (self.state / "openclaw.json").write_text(text)

    def command(self, *arguments: str) -> list[str]:
        """Return the command line of `openclaw ARGUMENTS`, for a process that ends with ours."""
        return leashed([*self.installation.command, *arguments])

    def variables(self) -> dict[str, str]:
        """Return all that a command of this agent sees of the machine."""
        return self.installation.environment(self.home) | dict(self.environment)

    def run(self, *arguments: str) -> Ran:
        """Run `openclaw ARGUMENTS`."""
        self.state.mkdir(parents=True, exist_ok=True)
        run_result = subprocess.run(
            self.command(*arguments),
            check=False,
            cwd=self.home,
            env=self.variables(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=ENDS_WITHIN,
        )
        command = " ".join(["openclaw", *arguments])
        return Ran(command, run_result.returncode, run_result.stdout, run_result.stderr)

    def run_all(self, *commands: Sequence[str]) -> list[Ran]:
        """Run several commands at once: each starts a Node.js of its own, which takes seconds."""
        with ThreadPoolExecutor(min(AT_ONCE, os.cpu_count() or 1)) as pool:
            return list(pool.map(lambda command: self.run(*command), commands))


def inference(model: str) -> list[str]:
    """Return the command that has a model answer once, without a gateway."""
    return ["infer", "model", "run", "--local", "--model", model, "--prompt", "Hello", "--json"]


def wanted_variables(config: str) -> dict[str, str]:
    """Return the variables that a configuration reads keys and headers from, each with a value."""
    names = re.findall(r'"\$\{([A-Z_][A-Z0-9_]*)\}"', config)
    return dict.fromkeys(names, "from-the-environment")
