"""The image of a release: an OCI archive whose bytes depend on the commit and the base alone."""

import hashlib
import os
from pathlib import Path

import pytest

from hack.release import ReleaseError, version
from hack.release.image import MACHINES, ImageBuild
from hack.release.repository import Commit
from tests.image import build, store
from tests.image.build import ROOT

pytestmark = pytest.mark.timeout(900)

COMMIT = Commit("0" * 40, 1_700_000_000)
HOST = MACHINES[os.uname().machine]


def by_digest(base: str) -> str:
    """Return a base of the store by its digest, as a release has to name it."""
    digest = store.buildah("images", "--filter", f"reference={base}", "--format", "{{.Digest}}")
    return f"{base.partition(':')[0]}@{digest}"


@pytest.mark.usefixtures("image")
def test_the_same_commit_gives_the_same_image(tmp_path: Path) -> None:
    bases = by_digest(build.BASE), by_digest(build.BUILD_BASE)
    image = ImageBuild(*bases, (HOST,), "https://git.example.com/operator")
    image.check()
    digests = set()
    for name in ("once", "again"):
        (tmp_path / name).mkdir()
        (archive,) = image.write(tmp_path / name, version.current(ROOT), COMMIT, ROOT)
        digests.add(hashlib.sha256(archive.read_bytes()).hexdigest())
    assert len(digests) == 1


@pytest.mark.usefixtures("image")
def test_a_base_that_is_not_there_is_named(tmp_path: Path) -> None:
    nowhere = f"localhost/nowhere@sha256:{'0' * 64}"
    with pytest.raises(ReleaseError, match="nowhere"):
        ImageBuild(nowhere, nowhere, (HOST,), "").write(tmp_path, "1.2.3", COMMIT, ROOT)
