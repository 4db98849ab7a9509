"""The commands of a page of docs/, run as they are printed there."""

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.controlplane import binaries
from tests.controlplane.plane import ControlPlane

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs"
OWN_SELECTOR = "app.kubernetes.io/name=openclaw-vllm-operator"
SECTION = re.compile(r"^## (.*?)\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
BLOCK = re.compile(r"^```(\w+)[^\n]*\n(.*?)^```", re.MULTILINE | re.DOTALL)
PASSING = re.compile(r"`((?:kubectl|helm) [^`\s]+ [^`]+)`")  # with two words it is only named


def blocks(page: str, section: str, language: str = "sh") -> list[str]:
    """Return the blocks of a language under a heading of docs/<page>."""
    return [text for name, text in BLOCK.findall(_sections(page)[section]) if name == language]


def commands(page: Path) -> list[str]:
    """Return what a page has its reader type, in its order: each block of `sh`, and in a `console`
    each line after `$`."""
    result = []
    for language, text in BLOCK.findall(page.read_text()):
        if language == "sh":
            result.append(text)
        if language == "console":
            result += [line[2:] for line in text.splitlines() if line.startswith("$ ")]
    return result


def commands_in_passing(page: Path) -> list[str]:
    """Return what a page has its reader type within its sentences and tables."""
    prose = BLOCK.sub("", page.read_text())
    return [" ".join(command.split()) for command in PASSING.findall(prose)]


def sections_with_commands(page: str) -> set[str]:
    return {section for section in _sections(page) if blocks(page, section)}


def _sections(page: str) -> dict[str, str]:
    return dict(SECTION.findall((ROOT / "docs" / page).read_text()))


@dataclass(frozen=True)
class Shell:
    """A reader's shell in the root of the repository, as the administrator of a cluster."""

    plane: ControlPlane
    folder: Path

    def run(self, script: str) -> str:
        """Run a script, which ends at the first command that fails; return what it prints."""
        return run(script, self.plane.kubeconfig, self.folder)


def run(script: str, kubeconfig: Path, home: Path) -> str:
    """Run a script in the root of the repository, and return what it prints."""
    programs = binaries.ensure("helm", "kubectl")
    env = {
        "PATH": os.pathsep.join([*{str(p.parent) for p in programs.values()}, os.environ["PATH"]]),
        "HOME": str(home),
        "KUBECONFIG": str(kubeconfig),
        "KUBERC": "off",
    }
    command = ["/bin/sh", "-euc", script]
    process = subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, check=False
    )
    assert process.returncode == 0, f"{script}\n{process.stdout}{process.stderr}"
    return process.stdout
