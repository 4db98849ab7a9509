"""Brings the artefacts of dist/<version> to a registry and signs them; the workflow does, on a tag.

Skopeo copies what was built, byte by byte: digests are those of the archives. Cosign signs without
a key, by the identity of the workflow that runs it, and writes the bundles beside the sums.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from hack.release import ReleaseError
from hack.release.artefacts import SUMS, write_sums
from hack.release.repository import Commit

NAME = "openclaw-vllm-operator"
PROGRAMS = ("skopeo", "buildah", "cosign")
PROVENANCE = "provenance.json"
BUILD_TYPE = "https://slsa.dev/provenance/v1"
Command = list[str]


@dataclass(frozen=True)
class Publication:
    """The artefacts of a version, and the registry that gets them."""

    folder: Path
    version: str
    registry: str

    def run(self, commit: Commit) -> None:
        """Publish and sign; raises ReleaseError at the first step that cannot be done."""
        if missing := [program for program in PROGRAMS if shutil.which(program) is None]:
            raise ReleaseError(f"Publishing needs {', '.join(missing)}.")
        if not self.registry:
            raise ReleaseError("Say where to publish: IMAGE_REGISTRY=registry.example.com/team.")
        provenance = json.dumps(predicate(commit, self.version), indent=2)
        (self.folder / PROVENANCE).write_text(provenance)
        write_sums(self.folder)  # of all parts, each of which was made on a machine of its own
        with TemporaryDirectory() as folder:
            environment = {**os.environ, **_credentials(Path(folder))}
            for command in self.commands():
                process = subprocess.run(command, check=False, cwd=self.folder, env=environment)
                if process.returncode != 0:
                    raise ReleaseError(f"{' '.join(command)} failed.")

    def commands(self) -> Iterator[Command]:
        """Yield what is run, in its order: everything is published before it is signed."""
        image, chart = f"{self.registry}/{NAME}:{self.version}", f"{self.registry}/charts/{NAME}"
        yield ["buildah", "manifest", "create", image]
        for archive in sorted(self.folder.glob(f"{NAME}-{self.version}.*.oci.tar")):
            yield ["buildah", "manifest", "add", image, f"oci-archive:{archive.name}"]
        push = ["buildah", "manifest", "push", "--all", "--digestfile=image.digest"]
        yield [*push, image, f"docker://{image}"]
        source = f"oci-archive:{NAME}-chart-{self.version}.oci.tar"
        copy = ["skopeo", "copy", "--preserve-digests", "--digestfile=chart.digest"]
        yield [*copy, source, f"docker://{chart}:{self.version}"]
        yield from self._signatures(image, f"{chart}:{self.version}")

    @staticmethod
    def _signatures(*references: str) -> Iterator[Command]:
        """Yield the steps of cosign: each reference, the sums, and what they were made from."""
        for reference in references:
            yield ["cosign", "sign", "--yes", "--recursive", reference]
        blob = ["--yes", f"--bundle={SUMS}.sigstore.json", SUMS]
        yield ["cosign", "sign-blob", *blob]
        attest = ["--yes", f"--predicate={PROVENANCE}", "--type=slsaprovenance1"]
        yield ["cosign", "attest-blob", *attest, f"--bundle={SUMS}.provenance.json", SUMS]


def _credentials(folder: Path) -> dict[str, str]:
    """Write REGISTRY_AUTH, a config.json as Docker has it, and return what names it to programs."""
    if "REGISTRY_AUTH" not in os.environ:
        return {}
    path = folder / "config.json"
    path.write_text(os.environ["REGISTRY_AUTH"])
    return {"REGISTRY_AUTH_FILE": str(path), "DOCKER_CONFIG": str(folder)}


def predicate(commit: Commit, version: str) -> dict[str, object]:
    """Return the provenance of the artefacts, as SLSA 1.0 has it: what was built, and by whom."""
    say = os.environ.get
    repository = f"{say('GITHUB_SERVER_URL', '')}/{say('GITHUB_REPOSITORY', '')}"
    run = f"{repository}/actions/runs/{say('GITHUB_RUN_ID', '')}"
    source = {"uri": f"git+{repository}", "digest": {"gitCommit": commit.id}}
    return {
        "buildDefinition": {
            "buildType": BUILD_TYPE,
            "externalParameters": {"version": version, "workflow": say("GITHUB_WORKFLOW_REF", "")},
            "resolvedDependencies": [source],
        },
        "runDetails": {
            "builder": {"id": f"{repository}/.github/workflows/release.yaml"},
            "metadata": {"invocationId": run},
        },
    }
