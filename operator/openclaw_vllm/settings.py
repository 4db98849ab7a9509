"""Settings of the operator: the options of `openclaw-vllm run`."""

import re
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path

from openclaw_vllm.core.discovery.addresses import Address, Network, parse_exact_range
from openclaw_vllm.core.discovery.destination import Destinations
from openclaw_vllm.core.discovery.hosts import LONGEST_NAME
from openclaw_vllm.core.discovery.service_names import (
    DEFAULT_DOMAIN,
    ServiceNames,
    domain_in_search_list,
)

LISTS_BY_WATCHING_SINCE = (1, 34)  # Kubernetes
RESOLV_CONF = Path("/etc/resolv.conf")
HOST_GLOB = re.compile(r"[A-Za-z0-9*?._-]{1,253}")
LABEL = r"[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?"
EXTERNAL_NAME_GLOB = re.compile(rf"([A-Za-z0-9*?._-]*[*?][.])?{LABEL}([.]{LABEL})*")
NAMESPACE = re.compile(r"(?=.{1,63}$)[a-z0-9]([-a-z0-9]*[a-z0-9])?")
NAMESPACE_FORM = (
    "write at most 63 lower-case letters, digits and -, with a letter or digit at both ends"
)
_KEY, _VALUE = r"([a-z0-9][a-z0-9.-]*/)?[A-Za-z0-9][A-Za-z0-9._-]*", r"[A-Za-z0-9._-]*"
_VALUES = rf"\({_VALUE}(, ?{_VALUE})*\)"
_REQUIREMENT = rf"(!?{_KEY}|{_KEY}(=|==|!=){_VALUE}|{_KEY} (in|notin) {_VALUES})"
SELECTOR = re.compile(rf"{_REQUIREMENT}(, ?{_REQUIREMENT})*")


@dataclass(frozen=True)
class NetworkSettings:
    """Where requests may go, and how the cluster names its Services."""

    allow_hosts: tuple[str, ...] = ("*",)
    allow_loopback: bool = False
    allow_insecure_keys: bool = False
    allow_addresses: tuple[str, ...] = ()
    allow_external_names: tuple[str, ...] = ()
    cluster_domain: str | None = None  # None: as the system's resolver says

    @property
    def service_names(self) -> ServiceNames:
        """How Services are named in the cluster."""
        domain = self.cluster_domain or _domain_of_resolver() or DEFAULT_DOMAIN
        globs = tuple(glob.lower() for glob in self.allow_external_names)
        return ServiceNames(domain, external_globs=globs)

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
            exceptions=tuple(parse_exact_range(range_) for range_ in self.allow_addresses),
        )


@dataclass(frozen=True)
class ElectionSettings:
    """Whether replicas elect a leader, and by which Lease."""

    leader_elect: bool = False
    leader_election_namespace: str | None = None
    leader_election_id: str = "openclaw-vllm-operator"


@dataclass(frozen=True)
class Settings(NetworkSettings, ElectionSettings):
    """Options of the operator."""

    namespace: tuple[str, ...] = ()  # empty for all
    no_catalogs: bool = False
    watch_list: str = "auto"  # or on, off
    mount_refresh: bool = False
    max_concurrent_probes: int = 64
    metrics_bind_address: str = ":8080"
    health_probe_bind_address: str = ":8081"
    shard_selector: str = ""  # of VllmProviders; empty for all
    catalogs_only: bool = False

    @property
    def serves_catalogs(self) -> bool:
        """Whether VllmCatalogs are served, from the VllmProviders and with the rights of all."""
        return not (self.no_catalogs or self.namespace or self.shard_selector)

    @property
    def falls_back(self) -> bool:
        """Whether objects are listed first where a list by watching does not work."""
        return self.watch_list == "auto"

    def lists_by_watching(self, kubernetes: tuple[int, int]) -> bool:
        """Return whether objects are listed by watching on this version of Kubernetes."""
        if self.watch_list == "auto":
            return kubernetes >= LISTS_BY_WATCHING_SINCE
        return self.watch_list == "on"


def _domain_of_resolver() -> str | None:
    try:
        return domain_in_search_list(RESOLV_CONF.read_text(errors="replace"))
    except OSError:
        return None


def is_host_rule(rule: str) -> bool:
    """Return whether the text is valid in `--allow-hosts`."""
    return _parse_network(rule) is not None or HOST_GLOB.fullmatch(rule) is not None


def is_external_name_rule(rule: str) -> bool:
    """Return whether the text is valid in `--allow-external-names`: a name, or a glob that ends in
    a domain."""
    return EXTERNAL_NAME_GLOB.fullmatch(rule) is not None and len(rule) <= LONGEST_NAME


def is_namespace(name: str) -> bool:
    """Return whether a namespace can have this name: it is a DNS label."""
    return NAMESPACE.fullmatch(name) is not None


def is_selector(text: str) -> bool:
    """Return whether the text is a label selector as kubectl writes it."""
    return SELECTOR.fullmatch(text) is not None


def _parse_network(rule: str) -> Network | None:
    try:
        return ip_network(rule, strict=False)
    except ValueError:
        return None
