"""The user of a context: which credential its entry gives, and for how long."""

import time
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

from openclaw_vllm.edges.kube.login.credential import Credential, Source, bearer
from openclaw_vllm.edges.kube.login.errors import LoginFailed, NoCluster
from openclaw_vllm.edges.kube.login.exec_plugin import exec_plugin_of
from openclaw_vllm.edges.kube.login.kubeconfig import Located

HEADER_CHARACTERS = "!#$&'*+-.^_`|~"  # of a name, beside letters and digits
TOKEN_FILE_PERIOD = 60.0  # seconds for which a token file is not read again

Context = tuple[Located, Located]  # cluster and user
AuthProvider = Callable[[Context], Awaitable[str]]  # returns the header's value


def source_of(read: Callable[[], Context], auth_provider: AuthProvider) -> Source:
    """Return the source of a user's credential; `read` reads the kubeconfig anew each time, since
    `oc login` and the like write new tokens into it."""

    async def credential() -> Credential:
        try:
            return await _credential(read(), auth_provider)
        except (NoCluster, ValueError) as error:
            raise LoginFailed(str(error)) from error

    return credential


async def _credential(context: Context, auth_provider: AuthProvider) -> Credential:
    """Return a user's credential: a token goes before a plugin, and a token's file before both."""
    cluster, user = context
    certificate, key = user.pem("client-certificate"), user.pem("client-key")
    with_certificate = Credential(certificate=certificate, key=key)
    if path := user.path("tokenFile"):
        expires_at = time.time() + TOKEN_FILE_PERIOD
        authorization = bearer(_read_token(path))
        return replace(with_certificate, authorization=authorization, expires_at=expires_at)
    if token := user.text("token").strip():
        return replace(with_certificate, authorization=bearer(token))
    if user.text("username"):
        pair = f"{user.text('username')}:{user.text('password')}".encode()
        return replace(with_certificate, authorization=f"Basic {b64encode(pair).decode()}")
    if (entry := user.object("exec")) is not None:
        plugin = exec_plugin_of(entry, cluster)
        return _with_certificate_of(with_certificate, await plugin.run())
    if user.entry.get("auth-provider"):
        return replace(with_certificate, authorization=await auth_provider(context))
    return with_certificate


def _with_certificate_of(user: Credential, plugin: Credential) -> Credential:
    """Return the plugin's credential, with the user's certificate where it gives none."""
    if plugin.key:
        return plugin
    return replace(plugin, certificate=user.certificate, key=user.key)


def _read_token(path: Path) -> str:
    try:
        token = path.read_text().strip()
    except (OSError, ValueError) as error:
        raise NoCluster(f"the token file {path} cannot be read: {error}") from error
    if not token:
        raise NoCluster(f"the token file {path} is empty")
    return token


def impersonation_of(user: Located) -> tuple[tuple[str, str], ...]:
    """Return the headers by which a user asks as another one, whom the kubeconfig names by `as`.

    Raises NoCluster for what cannot be one.
    """
    headers = tuple(_impersonation(user))
    for name, value in headers:
        if not (name + value).isprintable():
            raise NoCluster(f"{name} cannot be a header: it holds a line break or the like")
    return headers


def _impersonation(user: Located) -> Iterator[tuple[str, str]]:
    if name := user.text("as"):
        yield "Impersonate-User", name
    if uid := user.text("as-uid"):
        yield "Impersonate-Uid", uid
    for group in user.texts("as-groups"):
        yield "Impersonate-Group", group
    extra = user.object("as-user-extra") or Located({}, user.folder)
    for key in extra.entry:
        for value in extra.texts(key):
            yield f"Impersonate-Extra-{quote(key, safe=HEADER_CHARACTERS)}", value
