"""Describes Kubernetes releases other than the pinned one to Go: `KUBERNETES=1.32 make ...`.

k8s.io/kubernetes is no library: its go.mod names its staging modules by folders beside it. They
are published as modules of their own, v0.32.13 beside v1.32.13, so a copy of its go.mod that says
so builds the same programs. Its samples are published for some releases only (1.30.14 has none)
and never compiled; empty modules stand in for them. A module proxy may lack one staging module of
a patch (of 1.32.13: endpointslice); the patch before stands in for it.
"""

import json
import os
import re
import subprocess
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.controlplane import golang, progress

KUBERNETES = "k8s.io/kubernetes"
PROGRAMS = frozenset({"kube-apiserver", "kube-controller-manager"})  # the rest stays the newest
VARIABLE = "KUBERNETES"

_MODULE_LINE = re.compile(r"^module \S+", re.MULTILINE)
_STAGING = re.compile(r"^\s*(k8s[.]io/\S+) => [.]/staging/\S+", re.MULTILINE)


def wanted() -> str | None:
    """Return the release that the user asks for; None means the one that go.mod pins.

    A minor such as 1.32 asks for its newest patch, 1.32.12 for that one. Raises ValueError.
    """
    release = os.environ.get(VARIABLE, "")
    if not release:
        return None
    if not re.fullmatch(r"1[.][0-9]{1,3}([.][0-9]{1,3})?", release):
        raise ValueError(f"{VARIABLE}={release} is no Kubernetes release: write one such as 1.32.")
    pinned = golang.module_version(KUBERNETES)
    return None if f"{pinned}.".startswith(f"v{release}.") else release


@dataclass(frozen=True)
class Downloads:
    """Asks Go for modules."""

    go: Path
    environment: Mapping[str, str]
    folder: Path  # outside of every module

    def release(self, release: str) -> tuple[str, str]:
        """Return a release's exact version, such as v1.32.13, and its go.mod."""
        (answer,) = self._fetch([f"{KUBERNETES}@v{release}"])
        if "Error" in answer:
            raise progress.StepError(f"Go has no Kubernetes {release}: {answer['Error']}")
        return answer["Version"], Path(answer["GoMod"]).read_text()

    def staging(self, modules: list[str], version: str) -> dict[str, str]:
        """Return the version of each staging module: this one, or the newest before it."""
        answers = self._fetch([f"{module}@{version}" for module in modules])
        absent = [answer["Path"] for answer in answers if "Error" in answer]
        versions = {module: version for module in modules if module not in absent}
        if absent:
            progress.say(f"Go has no {version} of {', '.join(absent)}: taking the patch before.")
            versions |= self.staging(absent, _before(version))
        return versions

    def _fetch(self, modules: list[str]) -> list[dict[str, Any]]:
        """Download modules; the answer about one that is not to be had has an Error."""
        answer = subprocess.run(
            [str(self.go), "mod", "download", "-json", *modules],
            check=False,
            cwd=self.folder,
            env=dict(self.environment),
            capture_output=True,
            text=True,
        )
        answers = list(_documents(answer.stdout))
        if len(answers) != len(modules):
            raise progress.StepError(f"go mod download failed: {answer.stderr.strip()}")
        return answers


def write_module(folder: Path, release: str, downloads: Downloads) -> str:
    """Write the module that builds a release, and return the release's exact version."""
    version, go_mod = downloads.release(release)
    modules = _STAGING.findall(go_mod)
    samples = [module for module in modules if module.startswith("k8s.io/sample-")]
    staging = [module for module in modules if module not in samples]
    versions = downloads.staging(staging, version.replace("v1.", "v0.", 1))
    lines = [f"\t{module} => {module} {versions[module]}" for module in staging]
    lines += [f"\t{module} => ./{module.rpartition('/')[2]}" for module in samples]
    text = _STAGING.sub("", _MODULE_LINE.sub("module openclaw-vllm.dev/controlplane", go_mod))
    replacements = "\n".join(["replace (", *lines, ")"])
    _write(folder, f"{text}\nrequire {KUBERNETES} {version}\n\n{replacements}\n")
    for module in samples:
        _write(folder / module.rpartition("/")[2], f"module {module}\n")
    return version


def _documents(text: str) -> Iterator[dict[str, Any]]:
    """Yield JSON objects that follow each other."""
    position = 0
    while (position := text.find("{", position)) >= 0:
        document, position = json.JSONDecoder().raw_decode(text, position)
        yield document


def _before(version: str) -> str:
    """Return the patch before a version; before a minor's first there is none."""
    minor, _, patch = version.rpartition(".")
    if int(patch) == 0:
        raise progress.StepError(f"Go has no patch of {minor} with every module.")
    return f"{minor}.{int(patch) - 1}"


def _write(folder: Path, go_mod: str) -> None:
    folder.mkdir()
    (folder / "go.mod").write_text(go_mod)
