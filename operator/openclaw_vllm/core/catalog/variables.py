"""Variables of a published entry, renamed for a catalog.

An agent's pod would otherwise send any variable that a team names, another team's key among them,
to that team's server.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from openclaw_vllm.api.provider import SecretKeyRef
from openclaw_vllm.core.catalog.provider_ids import client_variable, header_variable, key_variable
from openclaw_vllm.core.discovery.references import AUTHORIZATION

Json = dict[str, Any]
CLIENT_PARTS = (("cert", "CERTIFICATE"), ("key", "KEY"))  # of request.tls, and their variables
VARIABLE = re.compile(r"\$\{([A-Z_][A-Z0-9_]*)\}")


@dataclass(frozen=True, slots=True)
class Credential:
    """A variable that agents' pods must set, and its Secret in the source's namespace."""

    env: str
    secret: SecretKeyRef | None = None


def rename_variables(
    published: Json,
    own_id: str,
    secrets: Mapping[str, SecretKeyRef],
    client: Mapping[str, SecretKeyRef],
) -> tuple[Json, tuple[Credential, ...]]:
    """Return the entry with the variables of this id, and these.

    `secrets` are those of the headers by name, `client` those of `request.tls` by its keys.
    """
    entry, credentials = dict(published), list[Credential]()
    headers: dict[str, str] = dict(published.get("headers", {}))
    if VARIABLE.fullmatch(published["apiKey"]):
        env = key_variable(own_id)
        entry["apiKey"] = f"${{{env}}}"
        if AUTHORIZATION in headers:  # a scheme and the key
            old = headers[AUTHORIZATION]
            headers[AUTHORIZATION] = old.replace(published["apiKey"], entry["apiKey"])
        credentials.append(Credential(env, secrets.get(AUTHORIZATION)))
    for name, env in _header_variables(headers, own_id):
        headers[name] = f"${{{env}}}"
        credentials.append(Credential(env, secrets.get(name)))
    if headers:
        entry["headers"] = headers
    return _rename_client(entry, own_id, client, credentials)


def _rename_client(
    entry: Json, own_id: str, client: Mapping[str, SecretKeyRef], credentials: list[Credential]
) -> tuple[Json, tuple[Credential, ...]]:
    tls: dict[str, str] = dict(entry.get("request", {}).get("tls", {}))
    envs = {key: client_variable(own_id, part) for key, part in CLIENT_PARTS if key in tls}
    if not envs:
        return entry, tuple(credentials)
    tls |= {key: f"${{{env}}}" for key, env in envs.items()}
    parts = (Credential(env, client.get(key)) for key, env in envs.items())
    return entry | {"request": {"tls": tls}}, (*credentials, *parts)


def _header_variables(headers: Mapping[str, str], own_id: str) -> Iterator[tuple[str, str]]:
    names = [name for name in sorted(headers) if VARIABLE.fullmatch(headers[name])]
    return ((name, header_variable(own_id, number)) for number, name in enumerate(names))
