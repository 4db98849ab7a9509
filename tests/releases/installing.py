"""Installs released OpenClaws by their exact versions, each once, in the cache of the user.

Their dependencies are not pinned, unlike those of the one in `tests/conformance`: this ring is run
by hand, when a release is added to the table.
"""

import os
import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.conformance import nodejs
from tests.conformance.install import Installation
from tests.controlplane import progress
from tests.controlplane.binaries import cache
from tests.controlplane.exclusive import exclusive

NPMRC = Path(__file__).parents[1] / "conformance" / ".npmrc"
SCRATCH = "installing-openclaw-release-"


def ensure(release: str) -> Installation:
    """Return the installation of a release, which the first call makes."""
    lock = cache() / "openclaw-releases.lock"
    with (
        exclusive(lock, doing=f"installs OpenClaw {release}", scratch=SCRATCH),
        TemporaryDirectory(dir=cache(), prefix=SCRATCH) as scratch,
    ):
        node = nodejs.find(cache(), Path(scratch))
        installed = Installation(cache() / f"openclaw-release-{release}", node.program)
        if not installed.folder.exists():
            new = Installation(Path(scratch) / "openclaw", node.program)
            _install(release, new, node.npm)
            os.replace(new.folder, installed.folder)
    return installed


def _install(release: str, new: Installation, npm: Path) -> None:
    new.folder.mkdir()
    (new.folder / "tmp").mkdir()
    (new.folder / "package.json").write_text("{}")
    shutil.copy(NPMRC, new.folder)
    quiet = ["--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=http"]
    progress.run(
        f"Installing OpenClaw {release} from npm (650 MB)",
        [new.node, npm, "install", "--save-exact", *quiet, f"openclaw@{release}"],
        usually="1 to 2 minutes",
        folder=new.folder,
        environment=os.environ,
    )
