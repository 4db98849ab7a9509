"""Settings of the operator: the options of `openclaw-vllm run`."""

import re
from dataclasses import dataclass
from ipaddress import ip_network

from openclaw_vllm.core.discovery.destination import Address, Destinations, Network

HOST_GLOB = re.compile(r"[A-Za-z0-9*?._-]{1,253}")
NAMESPACE = re.compile(r"(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?")
NAMESPACE_FORM = (
    "write at most 63 lower-case letters, digits and -, with a letter or digit at both ends"
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Options of the operator."""

    namespace: tuple[str, ...] = ()  # empty for all
    no_catalogs: bool = False
    allow_hosts: tuple[str, ...] = ("*",)
    allow_loopback: bool = False
    allow_insecure_keys: bool = False
    max_concurrent_probes: int = 64
    metrics_bind_address: str = ":8080"
    health_probe_bind_address: str = ":8081"
    leader_elect: bool = False
    leader_election_namespace: str | None = None

    @property
    def serves_catalogs(self) -> bool:
        """Whether VllmCatalogs are served, which takes cluster-wide rights."""
        return not self.no_catalogs and not self.namespace

    @property
    def host_globs(self) -> tuple[str, ...]:
        """The `--allow-hosts` that are globs on names, in lower case."""
        return tuple(rule.lower() for rule in self.allow_hosts if _parse_network(rule) is None)

    @property
    def networks(self) -> tuple[Network, ...]:
        """The `--allow-hosts` that are addresses or ranges of them."""
        networks = (_parse_network(rule) for rule in self.allow_hosts)
        return tuple(network for network in networks if network is not None)

    def destinations(self, reserved: frozenset[Address] = frozenset()) -> Destinations:
        """Return the policy on destinations; it denies the `reserved` addresses."""
        return Destinations(
            host_globs=self.host_globs,
            networks=self.networks,
            allow_loopback=self.allow_loopback,
            allow_insecure_keys=self.allow_insecure_keys,
            reserved=reserved,
        )


def is_host_rule(rule: str) -> bool:
    """Return whether the text is valid in `--allow-hosts`."""
    return _parse_network(rule) is not None or HOST_GLOB.fullmatch(rule) is not None


def is_namespace(name: str) -> bool:
    """Return whether a namespace can have this name: it is a DNS label."""
    return NAMESPACE.fullmatch(name) is not None


def _parse_network(rule: str) -> Network | None:
    try:
        return ip_network(rule, strict=False)
    except ValueError:
        return None
