"""Connection to the cluster, from a kubeconfig or the pod's service account.

kopf makes its own connection from the same configuration, so both are always the same user's.
"""

import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from kubernetes.aio import config
from kubernetes.aio.client import Configuration

POD_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
DEFAULT_KUBECONFIG = Path(".kube") / "config"


class NoCluster(Exception):
    """Neither a kubeconfig nor a service account was found, or it cannot be read."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """Parameters for another client to make the same connection; files by path."""

    server: str
    ca_path: str | None
    ca_data: bytes | str | None
    insecure: bool
    token: str | None
    certificate_path: str | None
    private_key_path: str | None
    proxy_url: str | None


async def load_configuration() -> Configuration:
    """Load what kubectl would: KUBECONFIG, then ~/.kube/config, then the service account.

    Raises NoCluster when there is none.
    """
    configuration = Configuration()
    kubeconfig = os.environ.get("KUBECONFIG") or ""
    try:
        if path := kubeconfig or _default_kubeconfig():
            await config.load_kube_config(config_file=path, client_configuration=configuration)
        else:
            config.load_incluster_config(client_configuration=configuration)
    except Exception as error:  # the loader's errors have no common class
        raise NoCluster(
            f"no cluster to talk to: {error}; set KUBECONFIG, or run in a pod"
        ) from error
    configuration.connection_pool_maxsize = 32
    configuration.disable_strict_ssl_verification = True  # some clusters' CAs lack keyUsage
    configuration.proxy = configuration.proxy or _environment_proxy(configuration.host)
    # Left to the environment, aiohttp looks for a netrc in a thread before each request: 7 % of
    # the CPU of a burst (measured).
    configuration.client_session_kwargs = {"trust_env": False}
    return configuration


def _environment_proxy(server: str) -> str | None:
    """Return the proxy that HTTPS_PROXY and NO_PROXY name for the API server, as kubectl does."""
    parts = urlsplit(server)
    if parts.hostname is None or proxy_bypass(parts.netloc):
        return None
    return getproxies().get(parts.scheme)


def _default_kubeconfig() -> str:
    """Return the path of the user's kubeconfig, empty when there is none.

    A container's user may have neither a name nor HOME, and then has no home.
    """
    try:
        path = Path.home() / DEFAULT_KUBECONFIG
    except RuntimeError:
        return ""
    return str(path) if path.exists() else ""


async def credentials(configuration: Configuration) -> Credentials:
    """Return how `configuration` connects now; tokens of files and commands are read again."""
    bearer = (await configuration.auth_settings()).get("BearerToken")
    authorization = str(bearer["value"]) if bearer else ""
    return Credentials(
        server=configuration.host,
        ca_path=configuration.ssl_ca_cert,
        ca_data=configuration.ca_cert_data,
        insecure=not configuration.verify_ssl,
        token=authorization.partition(" ")[2] or authorization or None,
        certificate_path=configuration.cert_file,
        private_key_path=configuration.key_file,
        proxy_url=configuration.proxy,
    )


def own_namespace() -> str | None:
    """Return the namespace of the pod that this process runs in, None outside of a pod."""
    return POD_NAMESPACE.read_text().strip() if POD_NAMESPACE.exists() else None
