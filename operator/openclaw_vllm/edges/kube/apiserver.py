"""Requests to the API server, and retries of transient faults.

Of the kubernetes library only the client is used. Its typed layer costs a second of start-up, 24
MiB and twice the time per request (measured), and returns None for an apply that creates. Transient
faults (401, 429, 5xx, broken connections) are retried here a few times; what remains is raised as
`Unavailable`, and the work queue retries later.
"""

import asyncio
import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from urllib.parse import urlencode, urlsplit

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration

from openclaw_vllm.api.configmap import FIELD_MANAGER
from openclaw_vllm.edges.backoffs import jittered
from openclaw_vllm.edges.kube.replies import Json, Reply

ATTEMPTS = 4
LAST_ATTEMPT = ATTEMPTS - 1
REQUEST_TIMEOUT = 30.0  # seconds
LONGEST_RETRY_AFTER = 5.0  # seconds; an API server asks for 1, a gateway may ask for any number
TRANSIENT = {408, 410, 425, 429}  # and 5xx
AS_MANAGER = {"fieldManager": FIELD_MANAGER}
TRANSIENT_FOR_READS = {*TRANSIENT, 409}

# The kubernetes library serializes bodies as JSON in ASCII, also for the type apply-patch+yaml;
# with a parameter in the type, which the API server drops, it sends bytes as they are. YAML cannot
# escape half a surrogate pair, so an emoji has to be sent unescaped; characters that YAML forbids
# or folds to a space have to be escaped.
APPLY = "application/apply-patch+yaml; charset=utf-8"
NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


class Unavailable(Exception):
    """The API server did not answer, or answered with a transient fault: try again later."""


def retry_after(headers: Mapping[str, str]) -> float:
    """Return the seconds of Retry-After, LONGEST_RETRY_AFTER at most; 0 for a date."""
    seconds = headers.get("Retry-After", "")
    return min(float(seconds), LONGEST_RETRY_AFTER) if seconds.isdecimal() else 0.0


def _is_transient(method: str, reply: Reply) -> bool:
    """Return whether a retry may succeed.

    An API server answers 403 to everything until it has read the roles at its start (measured). A
    401 is there until somebody has renewed a token.
    """
    if reply.code == HTTPStatus.UNAUTHORIZED:
        return True
    if reply.code == HTTPStatus.FORBIDDEN:
        return not reply.namespace_terminates
    if reply.code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return not reply.is_about_the_request
    return reply.code in (TRANSIENT_FOR_READS if method == "GET" else TRANSIENT)


def _describe(reply: Reply) -> str:
    """Say what a transient fault was; after a 401 it is of no use to look at the API server."""
    if reply.code == HTTPStatus.UNAUTHORIZED:
        return "status 401: it does not accept the credentials"
    return f"status {reply.code}"


def _encode_yaml(manifest: Json) -> bytes:
    """Write JSON that a YAML parser reads as the same value."""
    text = json.dumps(manifest, ensure_ascii=False)
    return NOT_IN_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", text).encode()


class ApiServer:
    """Sends JSON requests; one instance serves the whole process."""

    def __init__(self, configuration: Configuration) -> None:
        self._client = ApiClient(configuration)
        self.configuration = configuration

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    @property
    def host(self) -> str:
        """The API server's host, without its port."""
        return urlsplit(self.configuration.host).hostname or ""

    async def get(
        self,
        path: str,
        query: Mapping[str, str | int] | None = None,
        accept: str = "application/json",
    ) -> Reply:
        """Read; raises Unavailable when the response is neither a result nor a 4xx."""
        return await self._send("GET", path, query or {}, {"Accept": accept}, None)

    async def apply(
        self, path: str, manifest: Json, field_manager: str, *, dry_run: bool = False
    ) -> Reply:
        """Apply a manifest by server-side apply, taking over fields that others set.

        A dry run persists nothing, and refuses unknown fields instead of dropping them.
        """
        headers = {"Accept": "application/json", "Content-Type": APPLY}
        query = {"fieldManager": field_manager, "force": "true"}
        if dry_run:
            query |= {"dryRun": "All", "fieldValidation": "Strict"}
        return await self._send("PATCH", path, query, headers, _encode_yaml(manifest))

    async def merge(self, path: str, changes: Json, field_manager: str) -> Reply:
        """Merge changes into an object; a stale metadata.resourceVersion is answered with 409."""
        headers = {"Accept": "application/json", "Content-Type": "application/merge-patch+json"}
        return await self._send("PATCH", path, {"fieldManager": field_manager}, headers, changes)

    async def delete(self, path: str, preconditions: Json) -> Reply:
        """Delete an object with this uid and resourceVersion; 409 if they differ."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
        return await self._send("DELETE", path, {}, headers, options)

    async def create(self, path: str, manifest: Json, accept: str = "application/json") -> Reply:
        """Create an object."""
        headers = {"Accept": accept, "Content-Type": "application/json"}
        return await self._send("POST", path, AS_MANAGER, headers, manifest)

    async def replace(self, path: str, manifest: Json, accept: str = "application/json") -> Reply:
        """Replace an object; a stale metadata.resourceVersion is answered with 409."""
        headers = {"Accept": accept, "Content-Type": "application/json"}
        return await self._send("PUT", path, AS_MANAGER, headers, manifest)

    async def _send(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int],
        headers: dict[str, str],
        body: Json | bytes | None,
    ) -> Reply:
        failure = ""
        for attempt in range(ATTEMPTS):
            pause = 0.2 * 2**attempt
            try:
                reply, asked_pause = await self._send_once(method, path, query, headers, body)
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                failure = f"{type(error).__name__}: {error}"
            else:
                forbidden = reply.code == HTTPStatus.FORBIDDEN
                if not _is_transient(method, reply) or (forbidden and attempt == LAST_ATTEMPT):
                    return reply
                failure, pause = _describe(reply), max(pause, asked_pause)
            if attempt < LAST_ATTEMPT:
                await asyncio.sleep(jittered(pause))
        raise Unavailable(f"the API server did not answer {method} {path}: {failure}")

    async def _send_once(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int],
        headers: dict[str, str],
        body: Json | bytes | None,
    ) -> tuple[Reply, float]:
        """Return the reply, and the seconds that it asks to wait before a retry."""
        target = f"{path}?{urlencode(query)}" if query else path
        headers = {**headers, "Accept-Encoding": "identity"}  # gzip costs both sides 7 ms per MiB
        method, url, request_headers, _, _ = await self._client.param_serialize(
            method, target, header_params=headers, auth_settings=["BearerToken"]
        )
        response = await self._client.call_api(
            method, url, request_headers, body=body, _request_timeout=REQUEST_TIMEOUT
        )
        reply = _read_reply(response.status, await response.read())
        return reply, retry_after(response.headers)


def _read_reply(status: int, content: bytes) -> Reply:
    try:
        body = json.loads(content)
    except ValueError as error:
        if status < HTTPStatus.BAD_REQUEST:  # a proxy's page, of a login for example
            raise aiohttp.ClientPayloadError("the answer is not JSON") from error
        body = {"message": content[:200].decode(errors="replace")}
    return Reply(status, body if isinstance(body, dict) else {}, len(content))
