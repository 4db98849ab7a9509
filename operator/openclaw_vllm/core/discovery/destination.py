"""Policy on the destinations of requests and keys, since a CR's author chooses the URL.

The operator can read Secrets and reach addresses that a CR's author may not. So requests never go
to loopback, link-local and metadata addresses, multicast, the API server or the operator itself;
and a key only goes where its owner allows it: to a Service of the Secret's namespace, or to a host
in the Secret's annotation. Addresses are checked after resolution and in their innermost form,
because `127.1`, IPv4-mapped, NAT64 and 6to4 addresses otherwise hide what they are (measured).
"""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import ip_address

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.secret import ALLOWED_HOSTS
from openclaw_vllm.core.discovery.addresses import (
    ALLOWABLE,
    ALWAYS_DENIED,
    DENIED,
    LOOPBACK,
    Address,
    Network,
    is_within,
    unwrap,
)
from openclaw_vllm.core.discovery.endpoint import Endpoint
from openclaw_vllm.core.discovery.globs import matches_any

RUN_INSECURE = (
    "have the administrator run the operator with --allow-insecure-keys, which is the chart's "
    "value allowInsecureKeys"
)
ALLOW_ADDRESSES = (
    "have the administrator allow that address with --allow-addresses, which is the chart's value "
    "allowAddresses; allowHosts does not"
)


@dataclass(frozen=True, slots=True)
class Destinations:
    """The destinations that the administrator allows."""

    host_globs: tuple[str, ...] = ("*",)
    networks: tuple[Network, ...] = ()
    allow_loopback: bool = False
    allow_insecure_keys: bool = False
    reserved: frozenset[Address] = frozenset()  # the API server's and the operator's own
    exceptions: tuple[Network, ...] = ()  # from what is denied otherwise

    def check(self, host: str, addresses: Iterable[str]) -> Problem | None:
        """Return why this host must not be probed, None if it may; all its addresses have to
        pass."""
        innermost = [unwrap(ip_address(address)) for address in addresses]
        for address in innermost:
            if self._is_denied(address):
                message = f"host {host} leads to an address of a range that may not be probed"
                advice = f"; {ALLOW_ADDRESSES}" if self._is_allowable(address) else ""
                return Problem(Reason.DESTINATION_DENIED, message + advice)
        is_allowed_host = matches_any(self.host_globs, host.lower())
        if not is_allowed_host and not all(
            is_within(address, self.networks) for address in innermost
        ):
            message = f"host {host} is not among the operator's --allow-hosts"
            return Problem(Reason.DESTINATION_DENIED, message)
        return None

    def _is_denied(self, address: Address) -> bool:
        if is_within(address, LOOPBACK):
            return not self.allow_loopback
        allowed = self._is_allowable(address) and is_within(address, self.exceptions)
        return address in self.reserved or (is_within(address, DENIED) and not allowed)

    def _is_allowable(self, address: Address) -> bool:
        always = is_within(address, ALWAYS_DENIED) or address in self.reserved
        return is_within(address, ALLOWABLE) and not always


def key_refusal(
    endpoint: Endpoint,
    secret: ObjectKey,
    allowed_hosts: str,
    policy: Destinations,
    *,
    verified: bool,
) -> Problem | None:
    """Return why the Secret's value must not be sent to the endpoint, None if it may.

    `allowed_hosts` is the Secret's annotation, comma-separated globs on the host without its port;
    `verified` is False when the server's certificate is not checked.
    """
    same_namespace = endpoint.service is not None and endpoint.service.namespace == secret.namespace
    globs = [glob.strip().lower() for glob in allowed_hosts.split(",") if glob.strip()]
    if not same_namespace and not matches_any(globs, endpoint.destination):
        advice = _describe_permission(endpoint.destination, secret, annotated=bool(globs))
        message = (
            f"Secret {secret.name} does not allow its value to be sent to {endpoint.destination}; "
            f"to allow it: {advice}"
        )
        return Problem(Reason.KEY_NOT_ALLOWED, message)
    return (
        None if policy.allow_insecure_keys else _find_exposure(endpoint, secret, verified=verified)
    )


def _describe_permission(host: str, secret: ObjectKey, *, annotated: bool) -> str:
    """Return how to allow the host, without revealing the content of the annotation."""
    if annotated:
        return f"add {host}, after a comma, to its annotation {ALLOWED_HOSTS}"
    annotation = shlex.quote(f"{ALLOWED_HOSTS}={host}")
    return f"kubectl annotate secret {secret.name} -n {secret.namespace} {annotation}"


def _find_exposure(endpoint: Endpoint, secret: ObjectKey, *, verified: bool) -> Problem | None:
    if endpoint.scheme == "http" and endpoint.service is None:
        message = (
            f"Secret {secret.name} would go over plain HTTP to {endpoint.destination}, which is "
            "not named as a Service, <service>.<namespace>.svc; write such a name, or use https, "
            f"or {RUN_INSECURE}"
        )
        return Problem(Reason.KEY_NOT_ALLOWED, message)
    if endpoint.scheme == "https" and not verified:
        advice = f"use tls.caBundleRef, or {RUN_INSECURE}"
        message = (
            f"Secret {secret.name} would go to a server whose certificate is not verified; {advice}"
        )
        return Problem(Reason.KEY_NOT_ALLOWED, message)
    return None
