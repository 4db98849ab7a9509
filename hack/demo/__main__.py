"""Runs the demo: sets the stage, tells the story, and leaves nothing behind."""

import os
import signal
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from types import FrameType

from hack.demo import cluster, fleet, show
from hack.demo.operator import operator
from hack.demo.process import DemoError
from hack.demo.server import Server, stand_in
from hack.demo.story import Story
from tests.controlplane.component import ControlPlaneError
from tests.controlplane.progress import StepError

INTERRUPTED = 130


def main() -> None:
    """Play the demo; Ctrl-C and SIGTERM end it as an error does: tidily."""
    _on_interrupt(_interrupt)
    try:
        with ExitStack() as stack:
            try:
                _play(stack)
            finally:
                _on_interrupt(signal.SIG_IGN)
    except KeyboardInterrupt:
        print("\nInterrupted; everything that was started is stopped and removed.")
        sys.exit(INTERRUPTED)
    except (DemoError, ControlPlaneError, StepError, LookupError) as error:
        sys.exit(f"\nThe demo failed: {error}")
    print("\nDone; everything that was started is stopped and removed.")


def _play(stack: ExitStack) -> None:
    folder = Path(stack.enter_context(TemporaryDirectory(prefix="openclaw-vllm-demo-")))
    of_catalogs = bool(os.environ.get("CATALOG"))
    with show.step("A Kubernetes API server"):
        stage = stack.enter_context(_cluster(folder, own_only=of_catalogs))
        show.text(stage.kubectl("version"))
    if of_catalogs:
        fleet.play(stack, stage, folder)
        return
    with show.step("A vLLM server"):
        server = _server(stack, folder)
        show.text(server.base_url if server.process else f"{server.base_url} (yours)")
    with show.step("The operator, with the rights that the chart gives it"):
        options = ("--allow-insecure-keys",) if server.key else ()
        process = stack.enter_context(operator(stage, folder, *options))
        show.text(f"process {process.running.pid}")
    Story(stage, server).tell()


def _cluster(folder: Path, *, own_only: bool) -> AbstractContextManager[cluster.Cluster]:
    kubeconfig = os.environ.get("DEMO_KUBECONFIG")
    if kubeconfig and own_only:
        raise DemoError("CATALOG=1 needs rights in a whole cluster: unset DEMO_KUBECONFIG.")
    return cluster.borrowed(Path(kubeconfig), folder) if kubeconfig else cluster.own(folder)


def _server(stack: ExitStack, folder: Path) -> Server:
    url = os.environ.get("VLLM_URL")
    if url:
        return Server(url, os.environ.get("VLLM_API_KEY"))
    return stack.enter_context(stand_in(folder))


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    _on_interrupt(signal.SIG_IGN)  # a second Ctrl-C would interrupt the cleaning up
    raise KeyboardInterrupt


def _on_interrupt(handler: Callable[[int, FrameType | None], None] | signal.Handlers) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


if __name__ == "__main__":
    main()
