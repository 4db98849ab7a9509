"""The image, built once per session before the first test, and its base beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.controlplane import progress
from tests.image import build, store
from tests.image.contained import Image

ARGUMENTS = {
    "REVISION": "0123456789abcdef0123456789abcdef01234567",
    "SOURCE": "https://git.example.com/openclaw-vllm-operator",
    "DOCUMENTATION": "https://docs.example.com/",
}


def pytest_runtestloop(session: pytest.Session) -> None:
    """Build before the first test: no time limit ends it, and its progress shows."""
    is_needed = any("image" in getattr(item, "fixturenames", ()) for item in session.items)
    if not is_needed or session.config.option.collectonly:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    with capture.global_and_fixture_disabled():
        try:
            build.build(**ARGUMENTS)
        except (store.CannotBuildError, progress.StepError) as error:
            pytest.exit(str(error), returncode=1)


@pytest.fixture(scope="session")
def image() -> Iterator[Image]:
    """Show the image's file system; what runs in it leaves it as it is."""
    with store.mounted(build.IMAGE) as root:
        yield Image(root, store.config(build.IMAGE))


@pytest.fixture(scope="session")
def base() -> Iterator[Path]:
    """Show the file system that the image was built on."""
    with store.mounted(build.BASE) as root:
        yield root
