"""One cluster, one image, one release: the tests go on from each other, in their order."""

import os
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.cluster.cluster import KUBECONFIG, CannotRunError, Cluster, check, load_image
from tests.cluster.world import World, world
from tests.controlplane import binaries, progress
from tests.e2e.story import Story
from tests.image.store import CannotBuildError

STORY = pytest.StashKey[Story]()
IMAGE = pytest.StashKey[str]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[STORY] = Story(config)


def pytest_runtestloop(session: pytest.Session) -> None:
    """Bring the image to the cluster before the first test: no time limit ends it."""
    is_needed = any("here" in getattr(item, "fixturenames", ()) for item in session.items)
    if not is_needed or session.config.option.collectonly:
        return
    config = session.config
    folder = Path(config._tmp_path_factory.mktemp("image"))  # type: ignore[attr-defined] # no hook has a public one
    with config.pluginmanager.getplugin("capturemanager").global_and_fixture_disabled():
        try:
            check()
            binaries.ensure("kubectl", "helm")
            with config.stash[STORY].step("The image is on the nodes"):
                config.stash[IMAGE] = load_image(folder)
        except (CannotRunError, CannotBuildError, progress.StepError) as error:
            pytest.exit(str(error), returncode=1)


def pytest_terminal_summary(config: pytest.Config) -> None:
    config.stash[STORY].sum_up()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the cluster's state beside a failure, and go no further."""
    report = yield
    here = getattr(item, "funcargs", {}).get("here")
    if report.failed and isinstance(here, World):
        report.sections.append(("cluster", here.state()))
    if report.failed:
        item.session.shouldfail = "the other tests go on from this one"
    return report


@pytest.fixture(scope="session")
def story(pytestconfig: pytest.Config) -> Story:
    return pytestconfig.stash[STORY]


@pytest.fixture(scope="session")
def here(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Make the namespaces in the cluster, and remove all of it afterwards."""
    kubeconfig = Path(os.environ[KUBECONFIG]).expanduser()
    cluster = Cluster(kubeconfig, tmp_path_factory.mktemp("cluster"))
    with world(cluster, pytestconfig.stash[IMAGE]) as created:
        yield created


@pytest.fixture(scope="session")
def refreshing(here: World, story: Story) -> World:
    """Install the release with the right to refresh mounts, over whatever is left of another."""
    with story.step("helm install, with mountRefresh.enabled"):
        here.install("mountRefresh.enabled=true")
    return here
