"""Requests to the API server, and retries of passing faults.

Of the kubernetes library only the client is used. Its typed layer is left aside: it costs a second
of start-up, 24 MiB and twice the time per request (measured), and returns None for an apply that
creates. Passing faults (429, 5xx of a read, broken connections) are tried again here a few times;
what remains is raised as `Unavailable`, and the work queue comes back later.
"""

import asyncio
import json
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from kubernetes.aio.client import ApiClient, Configuration

Json = dict[str, Any]

ATTEMPTS = 4
LAST = ATTEMPTS - 1
REQUEST_TIMEOUT = 30.0  # seconds
PASSING = {429, 502, 503, 504}  # not 500: it answers a status with an unknown field
PASSING_FOR_READS = {*PASSING, 500}
NAMESPACE_TERMINATING = "NamespaceTerminating"  # a cause: the namespace is on its way out

# The kubernetes library writes what is said to be JSON as JSON of its own, in ASCII, also where the
# type says apply-patch+yaml; with a parameter, which the API server drops, it sends bytes as they
# are. YAML has no escapes for half a surrogate pair, so an emoji has to be sent as it is; what YAML
# does not allow or folds to a space has to be escaped.
APPLY = "application/apply-patch+yaml; charset=utf-8"
NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


class Unavailable(Exception):
    """The API server did not answer, or not in a way that says what is wrong: try again later."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response: its status code and its JSON."""

    code: int
    body: Json

    @property
    def message(self) -> str:
        """What a Status object of the API server says."""
        return str(self.body.get("message", ""))

    @property
    def causes(self) -> tuple[tuple[str, str], ...]:
        """The reason and the field of each cause that a Status object of the API server names."""
        details = self.body.get("details")
        causes = (details.get("causes") or ()) if isinstance(details, dict) else ()
        return tuple((cause.get("reason", ""), cause.get("field", "")) for cause in causes)

    @property
    def namespace_terminates(self) -> bool:
        """Whether a write was refused since its namespace is on its way out."""
        return any(reason == NAMESPACE_TERMINATING for reason, _ in self.causes)


def _is_passing(method: str, reply: Reply) -> bool:
    """Tell a fault that a later try may not meet.

    An API server that has just started answers 403 to all until it has read the roles (measured).
    """
    if reply.code == HTTPStatus.FORBIDDEN:
        return not reply.namespace_terminates
    return reply.code in (PASSING_FOR_READS if method == "GET" else PASSING)


def _yaml(manifest: Json) -> bytes:
    """Write JSON that a reader of YAML takes for the same."""
    text = json.dumps(manifest, ensure_ascii=False)
    return NOT_IN_YAML.sub(lambda found: f"\\u{ord(found[0]):04x}", text).encode()


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
        """Read; raises Unavailable when the answer is neither a result nor a 4xx."""
        return await self._send("GET", path, query or {}, {"Accept": accept}, None)

    async def apply(
        self, path: str, manifest: Json, field_manager: str, *, dry_run: bool = False
    ) -> Reply:
        """Apply a manifest by server-side apply, taking over fields that others set.

        A dry run keeps nothing, and refuses unknown fields instead of dropping them.
        """
        headers = {"Accept": "application/json", "Content-Type": APPLY}
        query = {"fieldManager": field_manager, "force": "true"}
        if dry_run:
            query |= {"dryRun": "All", "fieldValidation": "Strict"}
        return await self._send("PATCH", path, query, headers, _yaml(manifest))

    async def merge(self, path: str, changes: Json, field_manager: str) -> Reply:
        """Merge changes into an object; a stale metadata.resourceVersion is answered with 409."""
        headers = {"Accept": "application/json", "Content-Type": "application/merge-patch+json"}
        return await self._send("PATCH", path, {"fieldManager": field_manager}, headers, changes)

    async def delete(self, path: str, preconditions: Json) -> Reply:
        """Delete an object if it has this uid and resourceVersion; 409 if it has not."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        options = {"apiVersion": "v1", "kind": "DeleteOptions", "preconditions": preconditions}
        return await self._send("DELETE", path, {}, headers, options)

    async def create(self, path: str, manifest: Json) -> Reply:
        """Create an object."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        return await self._send("POST", path, {}, headers, manifest)

    async def replace(self, path: str, manifest: Json) -> Reply:
        """Replace an object; a stale metadata.resourceVersion is answered with 409."""
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        return await self._send("PUT", path, {}, headers, manifest)

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
                code, answer, retry_after = await self._send_once(
                    method, path, query, headers, body
                )
            except (aiohttp.ClientError, TimeoutError, OSError) as error:
                failure = f"{type(error).__name__}: {error}"
            else:
                reply = Reply(code, answer)
                forbidden = code == HTTPStatus.FORBIDDEN
                if not _is_passing(method, reply) or (forbidden and attempt == LAST):
                    return reply
                failure, pause = f"status {code}", max(pause, retry_after)
            if attempt < LAST:
                await asyncio.sleep(pause * random.uniform(0.75, 1.25))  # noqa: S311 only jitter
        raise Unavailable(f"the API server did not answer {method} {path}: {failure}")

    async def _send_once(
        self,
        method: str,
        path: str,
        query: Mapping[str, str | int],
        headers: dict[str, str],
        body: Json | bytes | None,
    ) -> tuple[int, Json, float]:
        target = f"{path}?{urlencode(query)}" if query else path
        method, url, sent, _, _ = await self._client.param_serialize(
            method, target, header_params=dict(headers), auth_settings=["BearerToken"]
        )
        response = await self._client.call_api(
            method, url, sent, body=body, _request_timeout=REQUEST_TIMEOUT
        )
        raw = await response.read()
        retry_after = response.headers.get("Retry-After", "0")
        try:
            answer = json.loads(raw)
        except ValueError:
            answer = {"message": raw[:200].decode(errors="replace")}
        seconds = min(float(retry_after), 10.0) if retry_after.isdigit() else 0.0
        return response.status, answer if isinstance(answer, dict) else {}, seconds
