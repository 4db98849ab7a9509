"""Ranges of addresses that requests never go to, and those of them that can be allowed.

What containers call their host may have such an address: `host.docker.internal` is 0.250.250.254 in
OrbStack, and `host.containers.internal` 169.254.1.2 in Podman with pasta.
"""

from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


def _networks(*ranges: str) -> tuple[Network, ...]:
    return tuple(ip_network(range_) for range_ in ranges)


LOOPBACK = _networks("127.0.0.0/8", "::1/128")
ALLOWABLE = _networks("0.0.0.0/8", "169.254.0.0/16", "fe80::/10")  # by --allow-addresses
ALWAYS_DENIED = _networks(
    "0.0.0.0/32",  # unspecified; Linux connects it to loopback
    "169.254.169.0/24",  # metadata, DNS and time of most clouds; GKE's metadata server is .252
    "169.254.170.0/24",  # ECS' credentials (.2) and EKS' Pod Identity Agent (.23)
    "169.254.0.23/32",  # Tencent Cloud's metadata service ...
    "169.254.10.10/32",  # ... has two addresses
    "169.254.42.42/32",  # Scaleway's metadata service
    "168.63.129.16/32",  # Azure's metadata service
    "100.100.100.200/32",  # Alibaba's metadata service
    "100.96.0.96/32",  # Volcengine's metadata service (volcengine-go-sdk)
    "100.80.80.80/32",  # UCloud's metadata service (ucloud-sdk-go)
    "192.0.0.192/32",  # Oracle Cloud Classic's metadata service
    "224.0.0.0/4",
    "255.255.255.255/32",
    "::/128",
    "fe80::a9fe:a9fe/128",  # OpenStack's metadata service (Nova user guide)
    "fd00:ec2::254/128",  # AWS' metadata service
    "fd00:ec2::23/128",  # EKS' Pod Identity Agent (EKS user guide)
    "fd20:ce::254/128",  # Google Cloud's metadata service (k8s-config-connector issue 5741)
    "fd00:42::42/128",  # Scaleway's metadata service (cloud-init)
    "fd00:a9fe:a9fe::1/128",  # Akamai's (Linode's) metadata service (cloud-init)
    "fd00:c1::a9fe:a9fe/128",  # Oracle Cloud's metadata service (oci-python-sdk)
    "fd00:100::100:200/128",  # Alibaba's metadata service
    "ff00::/8",
)
DENIED = (*ALLOWABLE, *ALWAYS_DENIED)
NAT64 = IPv6Network("64:ff9b::/96")
MOST_ADDRESSES = 256  # of a range in --allow-addresses


def is_within(address: Address, networks: Iterable[Network]) -> bool:
    """Return whether one of the networks holds the address."""
    return any(address in network for network in networks)


def unwrap(address: Address) -> Address:
    """Return the address that an IPv4-mapped, 6to4 or NAT64 one leads to."""
    if isinstance(address, IPv6Address):
        if address.ipv4_mapped or address.sixtofour:
            return address.ipv4_mapped or address.sixtofour or address
        if address in NAT64:
            return IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def parse_exact_range(text: str) -> Network:
    """Parse a range of `--allow-addresses`; a ValueError says what is wrong with it."""
    try:
        network = ip_network(text)
    except ValueError as error:
        raise ValueError(
            f"{text!r} is no address or range such as 169.254.1.2/32: {error}"
        ) from None
    if (inner := unwrap(network.network_address)) != network.network_address:
        raise ValueError(f"{text!r} leads to {inner}; write that address instead")
    if network.num_addresses > MOST_ADDRESSES:
        raise ValueError(f"{text!r} is too broad: a range has {MOST_ADDRESSES} addresses at most")
    for denied in ALWAYS_DENIED:
        if network.overlaps(denied):
            raise ValueError(f"{text!r} holds addresses of {denied}, which stay denied in any case")
    if any(network.overlaps(loopback) for loopback in LOOPBACK):
        raise ValueError(f"{text!r} is loopback, which --allow-loopback allows")
    if not any(network.overlaps(range_) for range_ in ALLOWABLE):
        ranges = ", ".join(map(str, ALLOWABLE))
        raise ValueError(f"{text!r} is not denied, as addresses of {ranges} are")
    return network
