"""The user of a context: which credential its entry gives, and for how long."""

import time
from base64 import b64encode
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from openclaw_vllm.edges.kube.login.credential import Credential, Source
from openclaw_vllm.edges.kube.login.errors import LoginFailed, NoCluster
from openclaw_vllm.edges.kube.login.exec_plugin import exec_plugin_of
from openclaw_vllm.edges.kube.login.kubeconfig import Located

TOKEN_FILE_PERIOD = 60.0  # seconds for which a token file is not read again

Context = tuple[Located, Located]  # cluster and user
AuthProvider = Callable[[Context], Awaitable[str]]  # returns the header's value


def source_of(read: Callable[[], Context], auth_provider: AuthProvider) -> Source:
    """Return the source of a user's credential; `read` reads the kubeconfig anew each time, since
    `oc login` and the like write new tokens into it."""

    async def credential() -> Credential:
        try:
            return await _credential(read(), auth_provider)
        except NoCluster as error:
            raise LoginFailed(str(error)) from error

    return credential


async def _credential(context: Context, auth_provider: AuthProvider) -> Credential:
    """Return a user's credential: a token goes before a plugin, and a token's file before both."""
    cluster, user = context
    certificate, key = user.pem("client-certificate"), user.pem("client-key")
    with_certificate = Credential(certificate=certificate, key=key)
    if path := user.path("tokenFile"):
        expires_at = time.time() + TOKEN_FILE_PERIOD
        authorization = f"Bearer {_read_token(path)}"
        return replace(with_certificate, authorization=authorization, expires_at=expires_at)
    if token := user.text("token").strip():
        return replace(with_certificate, authorization=f"Bearer {token}")
    if user.text("username"):
        pair = f"{user.text('username')}:{user.text('password')}".encode()
        return replace(with_certificate, authorization=f"Basic {b64encode(pair).decode()}")
    if isinstance(entry := user.entry.get("exec"), dict):
        plugin = exec_plugin_of(Located(entry, user.folder), cluster)
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


def impersonation_of(user: Located) -> Iterator[tuple[str, str]]:
    """Yield the headers by which a user asks as another one (`kubectl config` calls it `as`)."""
    if name := user.text("as"):
        yield "Impersonate-User", name
    if uid := user.text("as-uid"):
        yield "Impersonate-Uid", uid
    for group in _texts(user.entry.get("as-groups")):
        yield "Impersonate-Group", group
    for key, values in (user.entry.get("as-user-extra") or {}).items():
        for value in _texts(values):
            yield f"Impersonate-Extra-{key}", value


def _texts(values: Any) -> list[str]:
    return [str(value) for value in values or ()]
