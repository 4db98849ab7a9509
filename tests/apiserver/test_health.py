"""/readyz and the log: ready means that all is known, and a line means that something changed."""

import json

from tests.apiserver.servers import Servers
from tests.apiserver.workspace import KIND, Workspace, soon
from tests.operator_process import OperatorProcess
from tests.vllm_server import Answer

MANY = 400


def test_ready_means_that_every_provider_is_known(
    space: Workspace, operator: OperatorProcess
) -> None:
    spec = {"baseUrl": "http://127.0.0.1:1/v1", "suspend": True}
    items = [{**KIND, "metadata": {"name": f"p{n}"}, "spec": spec} for n in range(MANY)]
    space.plane.kubectl(
        *("--namespace", space.namespace, "apply", "--server-side", "-f", "-"),
        input=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}),
    )
    operator.kill()
    operator.start()
    assert operator.metric("vllmprovider_suspended", namespace=space.namespace) == MANY


def test_a_change_is_logged_in_one_line_with_the_objects_key_and_a_probe_in_none(
    space: Workspace, servers: Servers, operator: OperatorProcess
) -> None:
    server = servers.start()
    provider = space.provider(server)
    provider.is_ready()
    asked = server.count("/v1/models")
    soon(lambda: server.count("/v1/models") >= asked + 2, "the server is asked twice")
    server.fault = Answer(503)
    provider.becomes(Ready="False UnexpectedStatus")
    lines = [line for line in operator.said() if line.get("namespace") == space.namespace]
    assert {line.get("name") for line in lines} == {"vllm"}
    assert [line["message"].split(":")[0] for line in lines] == [
        "ConfigMap vllm-openclaw is written, with 2 models",
        "Ready is True (Succeeded)",
        "Ready is False (UnexpectedStatus)",
    ]
