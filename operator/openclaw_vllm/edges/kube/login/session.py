"""What a session adds to each request to the API server: credentials, TLS, a second try after 401.

It serves kopf's sessions and our own alike, so that both are always the same user's.
"""

import ssl
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp
from aiohttp.client_reqrep import ConnectionKey
from typing_extensions import override

from openclaw_vllm.edges.kube.login.credential import Credential, Login
from openclaw_vllm.edges.kube.login.errors import LoginFailed, NoCluster, NotReached

REDIRECTIONS = {301, 302, 303, 307, 308}

Send = Callable[[aiohttp.ClientRequest], Awaitable[aiohttp.ClientResponse]]
Middleware = Callable[[aiohttp.ClientRequest, Send], Awaitable[aiohttp.ClientResponse]]


class _Context(ssl.SSLContext):
    """Shows itself in aiohttp's messages as the default context does, without an address."""

    def __str__(self) -> str:
        return "default"


@dataclass(frozen=True, slots=True)
class ServerTrust:
    """How the API server's certificate is judged."""

    authority: bytes = b""  # PEM; empty for the authorities of the system
    insecure: bool = False
    server_name: str = ""  # in place of the URL's host

    def context(self, credential: Credential) -> ssl.SSLContext:
        """Return a context that also shows the credential's certificate; raises NoCluster."""
        try:
            context = _Context(ssl.PROTOCOL_TLS_CLIENT)
            if self.authority:
                context.load_verify_locations(cadata=self.authority.decode())
            else:
                context.load_default_certs()
            if credential.certificate:
                _load(context, credential)
        except (ssl.SSLError, OSError, ValueError) as error:
            message = "a certificate or key of the kubeconfig cannot be read"
            raise NoCluster(f"{message}: {error}") from error
        # As Go does: an intermediate authority may be the only one that is given. Strict as Python
        # 3.13 is by default it is not, for some clusters' CAs lack keyUsage.
        context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
        if self.insecure:
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        return context


def _load(context: ssl.SSLContext, credential: Credential) -> None:
    """Load certificate and key, which the ssl module takes from files alone."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "client.pem"
        path.touch(0o600)
        path.write_bytes(credential.certificate + b"\n" + credential.key)
        context.load_cert_chain(path)


class Request(aiohttp.ClientRequest):
    """A request whose TLS context may change before it is sent again; a connection that was made
    with another one does not serve it."""

    context: ssl.SSLContext | None = None

    @property
    @override
    def ssl(self) -> ssl.SSLContext | bool | aiohttp.Fingerprint:
        """The TLS context."""
        return super().ssl if self.context is None else self.context

    @property
    @override
    def connection_key(self) -> ConnectionKey:
        """What tells connections apart."""
        return super().connection_key._replace(ssl=self.ssl)


class Authentication:
    """Shows who asks, on each request of a session."""

    def __init__(
        self, login: Login, trust: ServerTrust, impersonation: tuple[tuple[str, str], ...] = ()
    ) -> None:
        self._login = login
        self._trust = trust
        self._impersonation = impersonation
        self._contexts: dict[tuple[bytes, bytes], ssl.SSLContext] = {}

    async def __call__(self, request: aiohttp.ClientRequest, send: Send) -> aiohttp.ClientResponse:
        """Send a request, and once more when it is refused and there are other credentials."""
        for header, value in self._impersonation:
            request.headers.add(header, value)
        credential = await self._login.credential()
        response = await _send(self._prepare(request, credential), send)
        if response.status != HTTPStatus.UNAUTHORIZED:
            return response
        try:
            renewed = await self._login.renewed(credential)
        except LoginFailed:
            response.release()
            raise
        if renewed == credential:
            return response
        response.release()
        return await _send(self._prepare(request, renewed), send)

    def _prepare(
        self, request: aiohttp.ClientRequest, credential: Credential
    ) -> aiohttp.ClientRequest:
        if credential.authorization:
            request.headers["Authorization"] = credential.authorization
        else:
            request.headers.popall("Authorization", None)
        if request.is_ssl() and isinstance(request, Request):
            request.context = self._context(credential)
            request.server_hostname = self._trust.server_name or None
        return request

    def _context(self, credential: Credential) -> ssl.SSLContext:
        """Return the TLS context of a credential; that of the last one is kept."""
        pair = (credential.certificate, credential.key)
        if pair not in self._contexts:
            try:
                self._contexts = {pair: self._trust.context(credential)}
            except NoCluster as error:
                raise LoginFailed(str(error)) from error
        return self._contexts[pair]


async def _send(request: aiohttp.ClientRequest, send: Send) -> aiohttp.ClientResponse:
    """Send a request, and follow no redirection: credentials would go along. Raises NotReached."""
    try:
        response = await send(request)
    except aiohttp.ClientHttpProxyError as error:
        message = f"the proxy opens no tunnel to the API server: {error.status} {error.message}"
        raise NotReached(message) from None
    if response.status not in REDIRECTIONS:
        return response
    response.release()
    target = response.headers.get("Location", "").partition("?")[0]
    advice = "write the URL of the API server itself, or log in to what is in between"
    raise NotReached(f"{request.url.origin()} leads to {target}: {advice}")
