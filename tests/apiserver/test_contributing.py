"""The operator runs from a checkout, as CONTRIBUTING.md says, for the cluster of the kubeconfig."""

import os
import shlex
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.apiserver.documented import ROOT, Shell, commands
from tests.apiserver.servers import Servers
from tests.apiserver.workspace import Workspace
from tests.controlplane.component import free_port

pytestmark = pytest.mark.timeout(300)

LISTENS = ("metrics", "health-probe")


def test_the_operator_of_a_checkout_serves_the_cluster_of_the_kubeconfig(
    shell: Shell, servers: Servers
) -> None:
    (block,) = [each for each in commands(ROOT / "CONTRIBUTING.md") if "make run" in each]
    apply, run = block.splitlines()
    shell.run(apply)
    shell.run("kubectl wait crds --all --for=condition=Established --timeout=60s")
    shell.run("kubectl create namespace agents")
    options = [f"--{name}-bind-address=127.0.0.1:{free_port()}" for name in LISTENS]
    make, target, arguments = shlex.split(run)
    here = " ".join([arguments, *options, "--allow-loopback"])  # the server is a test's
    installed = ["READY=", f"BIN={Path(sys.executable).parent}"]
    environment = {**os.environ, "KUBECONFIG": str(shell.plane.kubeconfig)}
    process = subprocess.Popen(
        [shutil.which(make) or make, target, here, *installed],
        cwd=ROOT,
        env=environment,
        start_new_session=True,
    )
    try:
        Workspace(shell.plane, "agents").provider(servers.start()).is_ready()
    finally:
        os.killpg(process.pid, signal.SIGTERM)
        process.wait(timeout=30)
