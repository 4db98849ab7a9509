"""An API server with one answer to everything."""

from typing import Any

from openclaw_vllm.edges.kube.apiserver import ApiServer
from openclaw_vllm.edges.kube.replies import Reply


class FixedApiServer(ApiServer):
    """Answers every read and every write of a ConfigMap with the same reply."""

    def __init__(self, reply: Reply) -> None:
        self._reply = reply

    async def get(self, *_: Any, **__: Any) -> Reply:
        return self._reply

    async def apply(self, *_: Any, **__: Any) -> Reply:
        return self._reply

    async def create(self, *_: Any, **__: Any) -> Reply:
        return self._reply

    async def replace(self, *_: Any, **__: Any) -> Reply:
        return self._reply
