"""The commands of docs/cli.md, with a stand-in for the server that they name."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"
BLOCK = re.compile(r"^```(?P<kind>[^\n]*)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
SERVER = "https://vllm.example.com/v1"
HOST = "vllm.example.com"
KEY = "sk-of-the-docs"

# The stand-in is on loopback and without a certificate; the options are told by the page.
WRAPPER = f"""#!/bin/sh
exec {Path(sys.executable).parent / "openclaw-vllm"} "$@" --allow-loopback --allow-insecure-keys
"""

# A machine may lack curl; the page asks of it one thing.
CURL = f"""#!{sys.executable}
import sys, httpx
_, _, _, header, url = sys.argv
answer = httpx.get(url, headers=dict([header.split(": ", 1)]), trust_env=False)
sys.stdout.write(answer.raise_for_status().text)
"""


def blocks(kind: str) -> list[str]:
    """Return the blocks of this kind, in the page's order."""
    return [item["text"] for item in BLOCK.finditer(PAGE.read_text()) if item["kind"] == kind]


@dataclass(frozen=True)
class Reader:
    """Somebody who follows the page in a folder, beside a server of their own."""

    folder: Path
    base_url: str
    namespace: str = "agents"

    def prepare(self) -> None:
        """Write the provider that the page starts with."""
        provider = next(block for block in blocks("yaml") if block.startswith("# provider.yaml"))
        (self.folder / "provider.yaml").write_text(self._here(provider))
        (self.folder / "bin").mkdir()
        self._install("openclaw-vllm", WRAPPER)
        if shutil.which("curl") is None:
            self._install("curl", CURL)

    def run(self, script: str, **environment: str) -> subprocess.CompletedProcess[str]:
        """Run a block as it stands; it fails with its first command that does."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["/bin/bash", "-eo", "pipefail", "-c", self._here(script)],
            cwd=self.folder,
            env={**os.environ, "PATH": path, "VLLM_API_KEY": KEY, **environment},
            capture_output=True,
            text=True,
            check=False,
        )

    def _install(self, name: str, program: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(program)
        path.chmod(0o755)

    def _here(self, text: str) -> str:
        here = text.replace(SERVER, self.base_url).replace(HOST, "127.0.0.1")
        return here.replace("namespace: agents", f"namespace: {self.namespace}")
