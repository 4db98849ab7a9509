"""What the conformance ring shares: the real OpenClaw, and servers for it to talk to."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.apiserver.servers import Servers, ServerThread
from tests.conformance import install
from tests.conformance.install import Installation
from tests.conformance.openclaw import Agent

NewAgent = Callable[..., Agent]


def pytest_runtestloop(session: pytest.Session) -> None:
    """Install before the first test: no time limit ends it, and its progress shows."""
    is_needed = any("installation" in getattr(item, "fixturenames", ()) for item in session.items)
    if is_needed and not session.config.option.collectonly:
        capture = session.config.pluginmanager.getplugin("capturemanager")
        with capture.global_and_fixture_disabled():
            install.ensure()


@pytest.fixture(scope="session")
def installation() -> Installation:
    return install.ensure()


@pytest.fixture
def new_agent(installation: Installation, tmp_path: Path) -> NewAgent:
    """Make agents with the environment variables that their pods would set."""

    def make(**environment: str) -> Agent:
        home = tmp_path / f"agent-{len(list(tmp_path.iterdir()))}"
        home.mkdir()
        return Agent(installation, home, environment)

    return make


@pytest.fixture(scope="session")
def servers() -> Iterator[Servers]:
    with ServerThread() as thread, Servers(thread) as running:
        yield running
