"""What the ring of releases shares: each real OpenClaw, and servers for it to talk to."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.apiserver.servers import Servers, ServerThread
from tests.conformance.openclaw import Agent
from tests.conformance.recorder import Recorder, recording
from tests.releases import installing
from tests.releases.table import RELEASES

NewAgent = Callable[..., Agent]


def pytest_runtestloop(session: pytest.Session) -> None:
    """Install before the first test: no time limit ends it, and its progress shows."""
    if not session.config.option.collectonly:
        capture = session.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            for release in RELEASES:
                installing.ensure(release)


@pytest.fixture
def new_agent(tmp_path: Path) -> NewAgent:
    """Make an agent of a release, with the environment variables that its pod would set."""

    def make(release: str, **environment: str) -> Agent:
        home = tmp_path / f"agent-{len(list(tmp_path.iterdir()))}"
        home.mkdir()
        return Agent(installing.ensure(release), home, environment)

    return make


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with ServerThread() as thread, Servers(thread) as running:
        yield running


@pytest.fixture
def vllm(servers: Servers) -> Iterator[Recorder]:
    with recording(servers, tools=True) as server:
        yield server
