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
    count = server.count("/v1/models")
    soon(lambda: server.count("/v1/models") >= count + 2, "the server is asked twice")
    server.fault = Answer(503)
    soon(
        lambda: messages(operator, space)[-1:] == ["Ready is False (UnexpectedStatus)"],
        "it is told",
    )
    count = server.count("/v1/models")
    soon(lambda: server.count("/v1/models") > count, "the server is asked again")
    assert messages(operator, space) == [
        "ConfigMap vllm-openclaw is written, with 2 models",
        "Ready is True (Succeeded)",
        "Ready is False (UnexpectedStatus)",
    ]


def messages(operator: OperatorProcess, space: Workspace) -> list[str]:
    """Return the first parts of the lines about a provider that is the only one of a namespace."""
    lines = [line for line in operator.log_lines() if line.get("namespace") == space.namespace]
    assert {line.get("name") for line in lines} <= {"vllm"}
    return [line["message"].split(":")[0] for line in lines]
