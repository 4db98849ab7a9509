"""Connection to the cluster, from a kubeconfig or the pod's service account.

kopf's sessions are made of it too, so all requests are always the same user's.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from kubernetes.aio import config
from kubernetes.aio.client import Configuration

from openclaw_vllm.edges.kube.login.credential import Login
from openclaw_vllm.edges.kube.login.errors import LoginFailed, NoCluster
from openclaw_vllm.edges.kube.login.kubeconfig import Kubeconfig, Located, read_kubeconfig
from openclaw_vllm.edges.kube.login.proxies import proxy_for
from openclaw_vllm.edges.kube.login.session import Authentication, Request, ServerTrust
from openclaw_vllm.edges.kube.login.users import Context, impersonation_of, source_of

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
POD_NAMESPACE = ACCOUNT / "namespace"
DEFAULT_KUBECONFIG = Path(".kube") / "config"


@dataclass(frozen=True, slots=True)
class Connection:
    """The API server's URL, and how requests to it are sent."""

    server: str
    proxy: str | None
    trust: ServerTrust
    authentication: Authentication

    @property
    def session_options(self) -> dict[str, Any]:
        """What a session of aiohttp is made with.

        Left to the environment, aiohttp looks for a netrc in a thread before each request: 7 % of
        the CPU of a burst (measured).
        """
        return {
            "trust_env": False,
            "request_class": Request,
            "middlewares": (self.authentication,),
        }

    def configuration(self) -> Configuration:
        """Return the configuration of the kubernetes library's client."""
        configuration = Configuration()
        configuration.host, configuration.proxy = self.server, self.proxy
        # Without a CA it would load the system's, though `Request` has a TLS context of its own.
        configuration.ca_cert_data = self.trust.authority.decode() or None
        configuration.connection_pool_maxsize = 32
        configuration.client_session_kwargs = self.session_options
        return configuration


async def connect_to_cluster() -> Connection:
    """Connect to what kubectl would: KUBECONFIG, then ~/.kube/config, then the service account.

    Raises NoCluster when there is none, or nothing that shows who asks.
    """
    try:
        kubeconfig = read_kubeconfig(_kubeconfig_paths())
        return await _connect(partial(read_again, kubeconfig) if kubeconfig else _read_account)
    except LoginFailed as error:
        raise NoCluster(f"no cluster to talk to: {error}") from error
    except NoCluster as error:
        advice = "set KUBECONFIG, or run in a pod"
        raise NoCluster(f"no cluster to talk to: {error}; {advice}") from error


def _kubeconfig_paths() -> list[Path]:
    """Return the paths that may hold a kubeconfig.

    A container's user may have neither a name nor HOME, and then has no home.
    """
    if named := os.environ.get("KUBECONFIG"):
        return [Path(path).expanduser() for path in named.split(os.pathsep) if path]
    try:
        return [Path.home() / DEFAULT_KUBECONFIG]
    except RuntimeError:
        return []


def read_again(kubeconfig: Kubeconfig) -> Context:
    """Read the context of the start, whatever the current one is now; raises NoCluster when it is
    gone, or leads to another cluster: no credential of that one must be sent to this one."""
    context = kubeconfig.context()
    now = read_kubeconfig(kubeconfig.paths) or kubeconfig
    cluster, user = now.context(kubeconfig.current_context)
    if cluster.text("server") != context[0].text("server"):
        raise NoCluster(f"{kubeconfig} leads to another cluster now: start again")
    return cluster, user


def _read_account() -> Context:
    """Return the cluster and the user of the pod's service account."""
    host, port = (os.environ.get(f"KUBERNETES_SERVICE_{part}") for part in ("HOST", "PORT"))
    if not (host and port):
        path = os.environ.get("KUBECONFIG")
        where = f"there is no kubeconfig at {path}, and " if path else ""
        raise NoCluster(f"{where}Service host/port is not set")
    server = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    cluster = {"server": server, "certificate-authority": "ca.crt"}
    return Located(cluster, ACCOUNT), Located({"tokenFile": "token"}, ACCOUNT)


async def _connect(read: Callable[[], Context]) -> Connection:
    cluster, user = read()
    trust = ServerTrust(
        cluster.pem("certificate-authority"),
        bool(cluster.entry.get("insecure-skip-tls-verify")),
        cluster.text("tls-server-name"),
    )
    server = _server_of(cluster, is_tls=trust != ServerTrust())
    proxy = proxy_for(server, cluster.text("proxy-url"), os.environ)
    login = Login(source_of(read, _ask_auth_provider))
    trust.context(await login.credential())
    return Connection(server, proxy, trust, Authentication(login, trust, impersonation_of(user)))


def _server_of(cluster: Located, *, is_tls: bool) -> str:
    server = cluster.text("server")
    if not server:
        raise NoCluster("the kubeconfig's cluster has no server")
    server = server if "://" in server else f"{'https' if is_tls else 'http'}://{server}"
    if not _is_url(server):
        raise NoCluster(f"the kubeconfig's server {server!r} is no URL such as https://host:6443")
    return server.rstrip("/")


def _is_url(server: str) -> bool:
    try:
        parts = urlsplit(server)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


async def _ask_auth_provider(context: Context) -> str:
    """Return the header of a user whose entry has an `auth-provider`, such as OIDC; the kubernetes
    library renews its token."""
    cluster, user = context
    parts: dict[str, Any] = {"cluster": dict(cluster.entry), "user": dict(user.entry)}
    entries = {f"{kind}s": [{"name": "it", kind: entry}] for kind, entry in parts.items()}
    contexts = [{"name": "it", "context": {"cluster": "it", "user": "it"}}]
    loaded = Configuration()
    try:
        await config.load_kube_config_from_dict(
            {**entries, "contexts": contexts, "current-context": "it"}, client_configuration=loaded
        )
    except Exception as error:  # the loader's errors have no common class
        raise LoginFailed(f"auth-provider of the kubeconfig's user: {error}") from error
    return str(loaded.api_key.get("BearerToken", ""))


def own_namespace() -> str | None:
    """Return the namespace of the pod that this process runs in, None outside of a pod."""
    return POD_NAMESPACE.read_text().strip() if POD_NAMESPACE.exists() else None
