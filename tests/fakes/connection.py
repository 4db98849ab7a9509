"""Connections to a stand-in for the API server, without a kubeconfig."""

from openclaw_vllm.edges.kube.connection import Connection
from openclaw_vllm.edges.kube.login.credential import Credential, Login, Source
from openclaw_vllm.edges.kube.login.session import Authentication, ServerTrust


def connection(
    server: str,
    source: Source | None = None,
    *,
    trust: ServerTrust | None = None,
    impersonation: tuple[tuple[str, str], ...] = (),
) -> Connection:
    """Return a connection whose credentials come from `source`, anonymous without one."""
    trust = trust or ServerTrust()
    authentication = Authentication(Login(source or _nobody), trust, impersonation)
    return Connection(server, None, trust, authentication)


async def _nobody() -> Credential:
    return Credential()
