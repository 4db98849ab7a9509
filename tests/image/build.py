"""Builds the Dockerfile's image without a registry: `python -m tests.image.build ARCHIVE NAME`.

The bases come from debootstrap, once; the image is built anew each time. ARCHIVE is what `docker
load`, `kind load image-archive` and `ctr images import` take; in it the image is called NAME.
"""

import os
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.controlplane import progress
from tests.controlplane.exclusive import exclusive
from tests.image import store

ROOT = Path(__file__).parents[2]
SUITE = "bookworm"
BASE = f"localhost/python:{SUITE}"
BUILD_BASE = f"localhost/python-venv:{SUITE}"
PACKAGES = {BASE: "python3,ca-certificates", BUILD_BASE: "python3-venv,ca-certificates"}
UNUSED = ("var/cache/apt", "var/lib/apt/lists", "usr/share/doc", "usr/share/man", "var/log")
IMAGE = "localhost/openclaw-vllm-operator:built"
SCRATCH = "making-"
MIRRORS = ("PIP_INDEX_URL", "UV_DEFAULT_INDEX")
CERTIFICATES = "/etc/ssl/certs/ca-certificates.crt"


def build(**arguments: str) -> str:
    """Build the image with these arguments of the Dockerfile, and return its name in the store."""
    store.check()
    store.folder().mkdir(parents=True, exist_ok=True)
    with exclusive(store.folder() / "lock", doing="builds the image", scratch=SCRATCH):
        for base in PACKAGES:
            if not store.has(base):
                _make(base)
        chosen = {"BASE": BASE, "BUILD_BASE": BUILD_BASE, **arguments}
        options = [f"--build-arg={key}={value}" for key, value in chosen.items()]
        progress.say(f"Building {IMAGE}: usually takes 1 to 3 minutes.")
        store.buildah("bud", "--pull-never", *options, *network(), f"--tag={IMAGE}", ".", cwd=ROOT)
        store.prune()
    return IMAGE


def export(image: str, archive: Path, name: str) -> None:
    """Write an image of the store into an archive, in which it is called `name`."""
    archive.unlink(missing_ok=True)
    store.buildah("push", "--quiet", image, f"docker-archive:{archive}:{name}")


def network() -> list[str]:
    """Return what the build needs to reach the package index as this process does."""
    options = [f"--build-arg={name}" for name in MIRRORS if name in os.environ]
    if "SSL_CERT_FILE" in os.environ:
        options.append(f"--volume={os.environ['SSL_CERT_FILE']}:{CERTIFICATES}:ro")
        options += [f"--build-arg={name}={CERTIFICATES}" for name in ("PIP_CERT", "SSL_CERT_FILE")]
    return options


def _make(base: str) -> None:
    """Make a base image: the smallest Debian with Python."""
    with TemporaryDirectory(dir=store.folder(), prefix=SCRATCH) as scratch:
        system = Path(scratch) / "system"
        debootstrap = shutil.which("debootstrap") or "debootstrap"
        progress.run(
            f"Making {base}",
            [debootstrap, "--variant=minbase", f"--include={PACKAGES[base]}", SUITE, system],
            usually="a minute",
            folder=Path(scratch),
            environment=os.environ,
        )
        for unused in UNUSED:
            shutil.rmtree(system / unused)
            (system / unused).mkdir()
        container = store.buildah("from", "scratch")
        store.buildah("copy", "--quiet", container, system, "/")
        store.buildah("config", '--cmd=["python3"]', container)
        store.buildah("commit", "--quiet", "--rm", container, base)


def main() -> None:
    """Build the image, and write it into an archive if one is named."""
    try:
        image = build(REVISION=os.environ.get("REVISION", "unknown"))
        if sys.argv[1:]:
            archive, name = sys.argv[1:]
            export(image, Path(archive).absolute(), name)
    except (store.CannotBuildError, progress.StepError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
