"""docs/cli.md, followed from its top beside a real cluster: every command ends as the page says."""

from pathlib import Path

import pytest

from tests.apiserver.servers import Servers
from tests.apiserver.workspace import Workspace
from tests.command_docs import KEY, Reader, blocks
from tests.vllm_server import Model


@pytest.mark.timeout(300)  # a dozen processes on a shared machine
def test_every_command_of_the_page_works(
    space: Workspace, servers: Servers, tmp_path: Path
) -> None:
    server = servers.start(Model("Qwen/Qwen3-32B"), keys=(KEY,))
    reader = Reader(tmp_path, server.base_url, space.namespace)
    reader.prepare()
    for script in blocks("sh"):
        ended = reader.run(script)
        assert ended.returncode == 0, (script, ended.stderr)
        assert KEY not in ended.stdout + ended.stderr
    server.models = (*server.models, Model("new"))
    nightly = reader.run(blocks("sh")[-1])
    assert nightly.returncode == 1
    assert '"id": "new"' in nightly.stdout

    space.kubectl("apply", "-f", str(tmp_path / "configmap.yaml"))  # as the operator publishes it
    (cluster,) = blocks("sh cluster")
    ended = reader.run(cluster, KUBECONFIG=str(space.plane.kubeconfig))
    assert ended.returncode == 0, ended.stdout + ended.stderr
