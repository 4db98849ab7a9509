"""What is sent to be applied, and what the API server's answers to it mean, as they were measured.

Names that stand in a message are no words of the API server: they decide nothing.
"""

import json
from collections.abc import Awaitable
from typing import Any

import pytest
from aiohttp import web
from kubernetes.aio.client import Configuration

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.kube.apiserver import ApiServer
from openclaw_vllm.edges.kube.cluster import Cluster
from openclaw_vllm.edges.kube.replies import Conflict, Forbidden, NotFound, Rejected, Reply
from tests.fakes.api_server import FixedApiServer

Json = dict[str, Any]

KEY = ObjectKey("agents", "guide-openclaw")
ODD = "a\x7f\x85\x9f\u2028\ud7ff\ue000\ufeff\ufffd\uffff\U0001f99e\U0010ffff\\ud83e\\\\\U0001f999"


async def sent(manifest: Json) -> tuple[str, bytes]:
    """Apply it; return the type and the bytes that an API server gets."""
    taken: list[tuple[str, bytes]] = []

    async def take(request: web.Request) -> web.Response:
        taken.append((request.headers["Content-Type"], await request.read()))
        return web.json_response({})

    app = web.Application()
    app.router.add_route("PATCH", "/{path:.*}", take)
    runner = web.AppRunner(app)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        configuration = Configuration()
        configuration.host = "http://{}:{}".format(*runner.addresses[0][:2])
        server = ApiServer(configuration)
        await server.apply("/path", manifest, "tests")
        await server.close()
    finally:
        await runner.cleanup()
    return taken[0]


async def test_an_apply_is_json_that_yaml_reads_too() -> None:
    manifest = {"data": {"openclaw.json": json.dumps({"name": ODD}, ensure_ascii=False)}}
    type_, body = await sent(manifest)
    assert type_.startswith("application/apply-patch+yaml;")
    assert json.loads(body) == manifest
    text = body.decode()
    assert "\U0001f99e" in text
    assert not set("\x7f\x85\x9f\u2028\ufeff\uffff") & set(text)


async def test_half_a_surrogate_pair_is_left_for_the_api_server_to_refuse() -> None:
    _, body = await sent({"data": {"a": "\ud83e"}})
    assert body == b'{"data": {"a": "\\ud83e"}}'


def cause(reason: str, field: str, message: str = "") -> Json:
    return {"reason": reason, "field": field, "message": message}


def status(code: int, reason: str, message: str, *causes: Json) -> Reply:
    details = {"name": "guide-openclaw", "kind": "configmaps", "causes": list(causes)}
    return Reply(code, {"kind": "Status", "reason": reason, "message": message, "details": details})


def denied(code: int, message: str) -> Reply:
    """What a webhook refuses with a code of its own."""
    return Reply(code, {"kind": "Status", "message": f"admission webhook denied: {message}"})


UID = cause("FieldValueInvalid", "metadata.uid", "Invalid value: ...: field is immutable")
FROZEN = cause("FieldValueForbidden", "data", "Forbidden: field is immutable when `immutable` ...")
THAWED = cause("FieldValueForbidden", "immutable", "Forbidden: field is immutable when ...")
BINARY = cause("FieldValueForbidden", "binaryData", "Forbidden: field is immutable when ...")
TOO_LONG = cause("FieldValueTooLong", "[]", "Too long: may not be more than 1048576 bytes")
LABEL = cause("FieldValueInvalid", "metadata.labels", 'Invalid value: "immutable..uid/a"')
LEAVING = cause("NamespaceTerminating", "metadata.namespace", "it is being terminated")
INVALID = 'ConfigMap "guide-openclaw" is invalid: metadata.uid: ...: field is immutable'


async def outcome_of(writing: Awaitable[ConfigMapState | Problem]) -> object:
    """Return what a write of a ConfigMap comes to."""
    try:
        written = await writing
    except (Conflict, NotFound, Rejected) as error:
        return type(error)
    return written.reason if isinstance(written, Problem) else written


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        pytest.param(status(422, "Invalid", INVALID, UID), Conflict, id="replaced"),
        pytest.param(status(422, "Invalid", "", LABEL, UID, FROZEN), Conflict, id="and frozen"),
        pytest.param(status(409, "Conflict", "uid mismatch"), Conflict, id="deleted"),
        pytest.param(status(409, "AlreadyExists", "it exists"), Conflict, id="created meanwhile"),
        pytest.param(denied(409, "guide: uid, Conflict"), Rejected, id="a webhook's conflict"),
        pytest.param(Reply(409, {"message": "busy"}), Conflict, id="a gateway's conflict"),
        pytest.param(status(422, "Invalid", "", FROZEN), Reason.IMMUTABLE, id="immutable"),
        pytest.param(status(422, "Invalid", "", THAWED), Reason.IMMUTABLE, id="immutable still"),
        pytest.param(status(422, "Invalid", "", BINARY), Reason.IMMUTABLE, id="immutable bytes"),
        pytest.param(status(422, "Invalid", INVALID, TOO_LONG), Rejected, id="too long"),
        pytest.param(status(422, "Invalid", INVALID, LABEL), Rejected, id="a bad label"),
        pytest.param(denied(422, "immutable-infra, guide"), Rejected, id="a webhook's words"),
        pytest.param(status(403, "Forbidden", "", LEAVING), NotFound, id="its namespace goes"),
        pytest.param(denied(403, "it is being terminated"), Forbidden, id="a webhook's reason"),
        pytest.param(status(404, "NotFound", "no namespace"), NotFound, id="no namespace"),
        pytest.param(Reply(400, {"details": "none", "message": "?"}), Rejected, id="of no form"),
    ],
)
async def test_a_refused_apply_is_classified_by_the_structure_of_the_answer(
    reply: Reply, outcome: object
) -> None:
    cluster = Cluster(FixedApiServer(reply))
    assert await outcome_of(cluster.apply_config_map(KEY, {})) == outcome


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        pytest.param(status(409, "Conflict", "the object has been modified"), Conflict, id="old"),
        pytest.param(status(404, "NotFound", "not found"), Conflict, id="gone"),
        pytest.param(status(404, "NotFound", "", LEAVING), NotFound, id="its namespace goes"),
        pytest.param(status(422, "Invalid", "", FROZEN), Reason.IMMUTABLE, id="immutable"),
        pytest.param(status(403, "Forbidden", "no right"), Forbidden, id="not allowed"),
    ],
)
async def test_a_refused_replacement_loses_a_race_where_the_configmap_is_gone(
    reply: Reply, outcome: object
) -> None:
    cluster = Cluster(FixedApiServer(reply))
    assert await outcome_of(cluster.replace_config_map(KEY, {})) == outcome


@pytest.mark.parametrize(
    ("reply", "outcome"),
    [
        pytest.param(status(409, "AlreadyExists", "it exists"), Conflict, id="there is one"),
        pytest.param(status(404, "NotFound", "no namespace"), NotFound, id="no namespace"),
        pytest.param(status(403, "Forbidden", "", LEAVING), NotFound, id="its namespace goes"),
        pytest.param(status(422, "Invalid", INVALID, TOO_LONG), Rejected, id="too long"),
    ],
)
async def test_a_refused_creation_is_classified_as_an_apply(reply: Reply, outcome: object) -> None:
    cluster = Cluster(FixedApiServer(reply))
    assert await outcome_of(cluster.create_config_map(KEY, {})) == outcome
