"""The commands of the Makefile's targets `release`, `artefacts` and `publish`."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from hack.release import ReleaseError, changelog, earlier, repository, version
from hack.release.artefacts import PARTS, Release
from hack.release.image import QEMU, ImageBuild
from hack.release.publish import Publication

ROOT = Path(__file__).parents[2]
USAGE = "usage: python -m hack.release (move | build | publish) VERSION"


def move(root: Path, wanted: str) -> None:
    """Write the version everywhere and commit that; nothing happens where it has been done."""
    repository.head(root)
    if version.current(root) == wanted:
        return
    path = root / "CHANGELOG.md"
    closed = changelog.close(path.read_text(), wanted, datetime.now(UTC).date())
    version.move(root, wanted)
    path.write_text(closed)
    earlier.keep(root, wanted)
    repository.commit_all(root, f"Release {wanted}")
    print(f"Committed {wanted}. It is not tagged yet: RELEASE.md says what comes next.")


def build(root: Path, wanted: str) -> None:
    """Make the artefacts in dist/<version>, and say what they are."""
    say = os.environ.get
    image = ImageBuild(
        base=say("BASE", ""),
        build_base=say("BUILD_BASE") or say("BASE", ""),
        architectures=tuple((say("ARCHITECTURES") or " ".join(QEMU)).split()),
        source=say("SOURCE") or "unknown",
    )
    parts = tuple((say("PARTS") or " ".join(PARTS)).split())
    for path in Release(root, wanted, parts, image).make(root / "dist" / wanted):
        print(f"{path.stat().st_size:>11,}  {path.relative_to(root)}")


def publish(root: Path, wanted: str) -> None:
    """Bring what `build` has made to IMAGE_REGISTRY, and sign it."""
    registry = os.environ.get("IMAGE_REGISTRY", "")
    Publication(root / "dist" / wanted, wanted, registry).run(repository.head(root))


COMMANDS = {"move": move, "build": build, "publish": publish}


def main() -> None:
    """Run a command; what prevents a release is one message and exit code 1."""
    if len(sys.argv) != 3 or sys.argv[1] not in COMMANDS or not sys.argv[2]:
        sys.exit(f"{USAGE}; with make, say VERSION=0.2.0")
    try:
        COMMANDS[sys.argv[1]](ROOT, sys.argv[2].removeprefix("v"))  # as a tag has it
    except ReleaseError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
