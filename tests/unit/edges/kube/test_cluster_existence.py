"""Whether an object is still there: an API server that does not tell has not said it is gone."""

from contextlib import AbstractContextManager, nullcontext
from typing import Any

import pytest

from openclaw_vllm.edges.kube.cluster import Cluster
from openclaw_vllm.edges.kube.replies import NotFound, Rejected, Reply
from tests import builders
from tests.fakes.api_server import FixedApiServer

RESOURCE = builders.resource()
STATUS = {"kind": "Status", "metadata": {}, "message": "no"}


@pytest.mark.parametrize(
    ("code", "body", "outcome"),
    [
        pytest.param(200, builders.manifest(), nullcontext(), id="there"),
        pytest.param(200, builders.manifest(uid="new"), pytest.raises(NotFound), id="another one"),
        pytest.param(404, STATUS, pytest.raises(NotFound), id="gone"),
        pytest.param(400, STATUS, pytest.raises(Rejected, match="400 no"), id="not understood"),
        pytest.param(401, STATUS, pytest.raises(Rejected, match="401 no"), id="not known"),
        pytest.param(403, STATUS, pytest.raises(Rejected, match="403 no"), id="not allowed"),
    ],
)
async def test_only_the_word_of_the_api_server_says_that_an_object_is_gone(
    code: int, body: dict[str, Any], outcome: AbstractContextManager[object]
) -> None:
    cluster = Cluster(FixedApiServer(Reply(code, body)))
    with outcome:
        await cluster.ensure_still_exists(RESOURCE)
