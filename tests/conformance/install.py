"""Installs the OpenClaw that package-lock.json pins: `python -m tests.conformance.install`.

It lives in the cache of the user, beside the control plane, and appears there whole or not at all,
together with the JSON schema that it prints of its own configuration. Another version:
`npm install --package-lock-only --save-exact openclaw@VERSION` in this folder, whose .npmrc npm
obeys.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conformance import nodejs
from tests.controlplane import progress
from tests.controlplane.binaries import cache
from tests.controlplane.exclusive import exclusive

PINS = [Path(__file__).with_name(name) for name in (".npmrc", "package.json", "package-lock.json")]
SCRATCH = "installing-openclaw-"
SCHEMA = "config-schema.json"
OFFLINE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ETIMEDOUT", "ECONNRESET")
MIRROR = "npm cannot reach its registry: check the network, or name a mirror (npm_config_registry)."


@dataclass(frozen=True)
class Installation:
    """A folder with the package, the Node that runs it, and the schema that it printed."""

    folder: Path
    node: Path

    @property
    def package(self) -> Path:
        """The package itself; its documentation is in it."""
        return self.folder / "node_modules" / "openclaw"

    @property
    def command(self) -> list[str | Path]:
        """What `openclaw` stands for on the command line."""
        return [self.node, self.package / "openclaw.mjs"]

    @property
    def schema(self) -> Path:
        """What `openclaw config schema` printed."""
        return self.folder / SCHEMA

    def environment(self, home: Path) -> dict[str, str]:
        """Return all that a run sees of this machine; compiled code is shared, nothing else is."""
        return {
            "PATH": os.pathsep.join([str(self.node.parent), os.defpath]),
            "HOME": str(home),
            "OPENCLAW_STATE_DIR": str(home / ".openclaw"),
            "TMPDIR": str(self.folder / "tmp"),
        }


def ensure() -> Installation:
    """Return the installation, which the first call makes; two processes never make it at once."""
    lock = cache() / "openclaw.lock"
    with (
        exclusive(lock, doing="installs OpenClaw", scratch=SCRATCH),
        TemporaryDirectory(dir=cache(), prefix=SCRATCH) as scratch,
    ):
        node = nodejs.find(cache(), Path(scratch))
        installed = Installation(_home(), node.program)
        if not installed.folder.exists():
            _install(Installation(Path(scratch) / "openclaw", node.program), node.npm)
            os.replace(Path(scratch) / "openclaw", installed.folder)
    return installed


def _home() -> Path:
    """Return the folder for what is pinned now; another lock has another one."""
    parts = [path.read_bytes() for path in PINS]
    parts.append(f"{platform.system()} {platform.machine()}".encode())
    return cache() / f"openclaw-{hashlib.sha256(b''.join(parts)).hexdigest()[:12]}"


def _install(new: Installation, npm: Path) -> None:
    new.folder.mkdir()
    (new.folder / "tmp").mkdir()
    for path in PINS:
        shutil.copy(path, new.folder)
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=http"]
    try:
        progress.run(
            "Installing OpenClaw from npm (650 MB)",
            [new.node, npm, "ci", *quiet],
            usually="1 to 2 minutes",
            folder=new.folder,
            environment=_npm_environment(),
        )
    except progress.StepError as error:
        offline = any(sign in str(error) for sign in OFFLINE)
        raise progress.StepError(f"{error}\n{MIRROR}" if offline else str(error)) from None
    new.schema.write_bytes(print_schema(new))


def _npm_environment() -> Mapping[str, str]:
    """Return npm's environment: registry and proxy are the user's; without a HOME it keeps less."""
    private = {} if os.environ.get("HOME") else {"npm_config_cache": str(cache() / "npm")}
    return {**private, **os.environ}


def print_schema(installation: Installation) -> bytes:
    """Return what `openclaw config schema` prints."""
    with TemporaryDirectory(dir=installation.folder) as home:
        printed = subprocess.run(
            [*installation.command, "config", "schema"],
            check=False,
            env=installation.environment(Path(home)),
            stdin=subprocess.DEVNULL,
            capture_output=True,
        )
    if printed.returncode != 0:
        output = printed.stderr.decode(errors="replace")
        raise progress.StepError(f"`openclaw config schema` failed: {output}")
    return printed.stdout


def main() -> None:
    """Make sure that OpenClaw is there; print where."""
    try:
        print(ensure().package)
    except progress.StepError as error:
        sys.exit(str(error))
    except KeyboardInterrupt:
        sys.exit("Interrupted: nothing is half-installed, and npm keeps what it has fetched.")


if __name__ == "__main__":
    main()
