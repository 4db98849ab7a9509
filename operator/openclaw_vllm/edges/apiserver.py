"""Requests to the API server: connection, credentials, retries of passing faults.

The only door to the kubernetes library, whose typed layer is left aside: it costs a second of
start-up, 24 MiB and twice the time per request (measured), and returns None for an apply that
creates. Passing faults (429, 5xx of a read, broken connections) are tried again here a few times;
what remains is raised as `Unavailable`, and the work queue comes back later.
"""

import asyncio
import json
import os
import random
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode, urlsplit

import aiohttp
from kubernetes.aio import config
from kubernetes.aio.client import ApiClient, Configuration

Json = dict[str, Any]

ATTEMPTS = 4
LAST = ATTEMPTS - 1
FORBIDDEN = 403
REQUEST_TIMEOUT = 30.0  # seconds
PASSING = {429, 502, 503, 504}  # not 500: it answers a status with an unknown field
PASSING_FOR_READS = {*PASSING, 500}
TERMINATED = "being terminated"  # what a write into a namespace on its way out is answered with
DEFAULT_KUBECONFIG = Path(".kube") / "config"


class Unavailable(Exception):
    """The API server did not answer, or not in a way that says what is wrong: try again later."""


class NoCluster(Exception):
    """Neither a kubeconfig nor a service account was found, or it cannot be read."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A response: its status code and its JSON."""

    code: int
    body: Json

    @property
    def message(self) -> str:
        """What a Status object of the API server says."""
        return str(self.body.get("message", ""))


@dataclass(frozen=True, slots=True)
class Credentials:
    """What another client needs to make the same connection; files by their paths."""

    server: str
    ca_path: str | None
    ca_data: bytes | str | None
    insecure: bool
    token: str | None
    certificate_path: str | None
    private_key_path: str | None
    proxy_url: str | None


async def load_configuration() -> Configuration:
    """Find the cluster as kubectl does: KUBECONFIG, then ~/.kube/config, then the service account.

    Raises NoCluster when there is none.
    """
    configuration = Configuration()
    chosen = os.environ.get("KUBECONFIG") or ""
    default = Path.home() / DEFAULT_KUBECONFIG
    try:
        if chosen or default.exists():
            path = chosen or str(default)
            await config.load_kube_config(config_file=path, client_configuration=configuration)
        else:
            config.load_incluster_config(client_configuration=configuration)
    except Exception as error:  # what the loader raises at bad content has no common class
        raise NoCluster(
            f"no cluster to talk to: {error}; set KUBECONFIG, or run in a pod"
        ) from error
    configuration.connection_pool_maxsize = 32
    configuration.disable_strict_ssl_verification = True  # some clusters' CAs lack keyUsage
    return configuration


async def credentials(configuration: Configuration) -> Credentials:
    """Return how `configuration` connects now; a token of a file or a command is fresh."""
    bearer = (await configuration.auth_settings()).get("BearerToken")
    value = str(bearer["value"]) if bearer else ""
    return Credentials(
        server=configuration.host,
        ca_path=configuration.ssl_ca_cert,
        ca_data=configuration.ca_cert_data,
        insecure=not configuration.verify_ssl,
        token=value.partition(" ")[2] or value or None,
        certificate_path=configuration.cert_file,
        private_key_path=configuration.key_file,
        proxy_url=configuration.proxy,
    )


def _is_passing(method: str, reply: Reply) -> bool:
    """Tell a fault that a later try may not meet.

    An API server that has just started answers 403 to all until it has read the roles (measured).
    """
    if reply.code == FORBIDDEN:
        return TERMINATED not in reply.message
    return reply.code in (PASSING_FOR_READS if method == "GET" else PASSING)


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
        headers = {"Accept": "application/json", "Content-Type": "application/apply-patch+yaml"}
        query = {"fieldManager": field_manager, "force": "true"}
        if dry_run:
            query |= {"dryRun": "All", "fieldValidation": "Strict"}
        return await self._send("PATCH", path, query, headers, manifest)

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
        body: Json | None,
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
                if not _is_passing(method, reply) or (code == FORBIDDEN and attempt == LAST):
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
        body: Json | None,
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
