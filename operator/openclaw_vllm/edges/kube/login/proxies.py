"""The proxy to the API server: that of the kubeconfig, else that of the environment, as kubectl
chooses it (Go's `httpproxy`)."""

import ipaddress
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from openclaw_vllm.edges.kube.login.errors import NoCluster

USABLE = ("http", "https")
DEFAULT_PORTS = {"http": 80, "https": 443}


def proxy_for(server: str, proxy_url: str, environment: Mapping[str, str]) -> str | None:
    """Return the URL of the proxy that requests to `server` go through, None without one.

    `proxy_url` is that of the kubeconfig's cluster. Raises NoCluster for one that cannot be used.
    """
    if proxy_url:
        return _check(proxy_url, "proxy-url of the kubeconfig's cluster")
    parts = urlsplit(server)
    name = f"{parts.scheme.upper()}_PROXY"
    proxy = environment.get(name) or environment.get(name.lower()) or ""
    excluded = environment.get("NO_PROXY") or environment.get("no_proxy") or ""
    if not proxy or _is_excluded(parts, excluded):
        return None
    return _check(proxy if "://" in proxy else f"http://{proxy}", name)


def _check(url: str, where: str) -> str:
    """Return the URL; it may hold a password, which no message shows."""
    try:
        parts = urlsplit(url)
        is_complete = bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_complete, parts = False, urlsplit("")
    if is_complete and parts.scheme in USABLE:
        return url
    if is_complete:
        advice = "put an HTTP proxy before it"
        message = f"a proxy of the scheme {parts.scheme!r} cannot be used, http and https can"
        raise NoCluster(f"{where}: {message}; {advice}")
    raise NoCluster(f"{where} is no URL such as http://proxy.example.com:3128")


def _is_excluded(server: SplitResult, no_proxy: str) -> bool:
    """Return whether requests to a server go past the proxy; those to this machine always do."""
    host, port = (server.hostname or "").rstrip("."), _port_of(server)
    address = _address(host)
    if host == "localhost" or (address is not None and address.is_loopback):
        return True
    rules = (rule.strip().lower() for rule in no_proxy.split(","))
    return any(_matches(rule, host, port, address) for rule in rules if rule)


def _matches(rule: str, host: str, port: int, address: "_Address | None") -> bool:
    if rule == "*":
        return True
    if address is not None and "/" in rule:
        return _contains(rule, address)
    name, named_port = _split_port(rule)
    if named_port and named_port != port:
        return False
    if address is not None:
        return _address(name) == address
    suffix = name.removeprefix("*")
    if suffix.startswith("."):
        return host.endswith(suffix)
    return host == suffix or host.endswith(f".{suffix}")


_Address = ipaddress.IPv4Address | ipaddress.IPv6Address


def _address(host: str) -> _Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


def _contains(network: str, address: _Address) -> bool:
    try:
        return address in ipaddress.ip_network(network, strict=False)
    except ValueError:
        return False


def _split_port(rule: str) -> tuple[str, int]:
    """Return host and port of a rule; 0 without a port, as of an IPv6 address without brackets."""
    name, colon, port = rule.rpartition(":")
    if colon and port.isdecimal() and (":" not in name or name.endswith("]")):
        return name, int(port)
    return rule, 0


def _port_of(server: SplitResult) -> int:
    return server.port or DEFAULT_PORTS.get(server.scheme, 0)
