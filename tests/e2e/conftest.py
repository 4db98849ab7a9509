"""What the ring shares: real vLLM, real OpenClaw, and an operator with the chart's rights.

Each module starts the server that its tests share, since a start takes half a minute.
"""

import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.apiserver.workspace import Workspace, workspace
from tests.conformance import install as openclaw
from tests.conformance.openclaw import Agent
from tests.controlplane import progress
from tests.controlplane.plane import ControlPlane
from tests.e2e import install
from tests.e2e.story import Story
from tests.e2e.vllm import Vllm
from tests.operator_process import USER, OperatorProcess, grant
from tests.rights import assert_within_rights

NewVllm = Callable[..., Vllm]
NewAgent = Callable[..., Agent]

MAKER = Path(__file__).with_name("tiny_models.py")
STORY = pytest.StashKey[Story]()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[STORY] = Story(config)


def pytest_runtestloop(session: pytest.Session) -> None:
    """Install before the first test: no time limit ends it, and its progress shows."""
    is_needed = any("new_vllm" in getattr(item, "fixturenames", ()) for item in session.items)
    if not is_needed or session.config.option.collectonly:
        return
    capture = session.config.pluginmanager.getplugin("capturemanager")
    story = session.config.stash[STORY]
    with capture.global_and_fixture_disabled():
        try:
            with story.step("A real vLLM is there"):
                install.ensure()
            with story.step("A real OpenClaw is there"):
                openclaw.ensure()
        except progress.StepError as error:
            pytest.exit(str(error), returncode=1)


def pytest_terminal_summary(config: pytest.Config) -> None:
    config.stash[STORY].sum_up()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show what the servers said beside a failure."""
    report = yield
    for name, value in getattr(item, "funcargs", {}).items():
        if report.failed and isinstance(value, Vllm):
            report.sections.append((name, value.tail()))
    return report


@pytest.fixture(scope="session")
def story(pytestconfig: pytest.Config) -> Story:
    return pytestconfig.stash[STORY]


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory, story: Story) -> Path:
    """Make the models, once."""
    folder = tmp_path_factory.mktemp("models")
    with story.step("Three tiny models are made"):
        progress.run(
            "Making models",
            [install.ensure(), "-I", MAKER, folder],
            usually="some seconds",
            folder=tmp_path_factory.mktemp("maker"),
            environment=os.environ,
        )
    return folder


@pytest.fixture(scope="module")
def new_vllm(
    models: Path, tmp_path_factory: pytest.TempPathFactory, story: Story
) -> Iterator[NewVllm]:
    """Start servers, `new_vllm("tiny-llama", "--enable-lora")`, that run until the module ends."""
    started: list[Vllm] = []

    def start(model: str, *options: str, **settings: Any) -> Vllm:
        folder = tmp_path_factory.mktemp("vllm")
        server = Vllm(install.ensure(), models / model, folder, *options, **settings)
        started.append(server)
        with story.step(f"vLLM starts: {' '.join([model, *options])}"):
            server.start()
        return server

    try:
        yield start
    finally:
        for server in started:
            server.stop()


@pytest.fixture(scope="session")
def operator(
    control_plane: ControlPlane, tmp_path_factory: pytest.TempPathFactory, story: Story
) -> Iterator[OperatorProcess]:
    """Run the operator for all tests; afterwards, see that it kept within its rights."""
    process = OperatorProcess(grant(control_plane), tmp_path_factory.mktemp("operator"))
    try:
        with story.step("The operator starts, with the rights that the chart gives it"):
            process.start()
        yield process
        assert process.runs, process.tail()
    finally:
        process.kill()
    assert_within_rights(process, control_plane.audit.since().by(USER))


@pytest.fixture(scope="module")
def space(
    control_plane: ControlPlane, operator: OperatorProcess, request: pytest.FixtureRequest
) -> Iterator[Workspace]:
    """Give each module a namespace, in a cluster where the operator runs."""
    assert operator.runs, operator.tail()
    name = request.module.__name__.rsplit(".", 1)[-1].removeprefix("test_").replace("_", "-")
    with workspace(control_plane, name) as opened:
        yield opened


@pytest.fixture
def new_agent(tmp_path: Path) -> NewAgent:
    """Make agents with the environment variables that their pods would set."""

    def make(**environment: str) -> Agent:
        home = tmp_path / f"agent-{len(list(tmp_path.iterdir()))}"
        home.mkdir()
        return Agent(openclaw.ensure(), home, environment)

    return make
