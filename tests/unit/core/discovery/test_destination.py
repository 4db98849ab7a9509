"""Where requests may go: every address is judged as what it is underneath."""

from ipaddress import ip_address, ip_network

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.destination import Destinations

DEFAULT = Destinations()
HOST = "vllm.example.com"


def refused(policy: Destinations, host: str, *addresses: str) -> bool:
    result = policy.check(host, addresses)
    if isinstance(result, Problem):
        assert result.reason == Reason.DESTINATION_DENIED
        assert host in result.message
        assert not any(address in result.message for address in addresses if address != host)
    return result is not None


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "100.100.100.201",
        "168.63.129.17",
        "169.253.255.255",
        "8.8.8.8",
        "223.255.255.255",
        "fd00::1",
        "fd00:ec2::253",
        "2001:4860::1",
        "64:ff9b::a00:1",
        "::ffff:10.0.0.1",
        "2002:a00:1::",
    ],
)
def test_an_address_may_be_probed(address: str) -> None:
    assert not refused(DEFAULT, HOST, address)


LOOPBACK = [
    "127.0.0.1",
    "127.255.255.254",
    "::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("address", LOOPBACK)
def test_loopback_may_be_probed_only_if_the_administrator_allows_it(address: str) -> None:
    assert refused(DEFAULT, HOST, address)
    assert not refused(Destinations(allow_loopback=True), HOST, address)


@pytest.mark.parametrize("loopback", [False, True])
@pytest.mark.parametrize(
    "address",
    [
        pytest.param("0.0.0.0", id="unspecified"),  # noqa: S104 - nothing binds to it
        pytest.param("0.1.2.3", id="this network"),
        pytest.param("169.254.169.254", id="the metadata service"),
        pytest.param("169.254.0.1", id="link-local"),
        pytest.param("168.63.129.16", id="Azure's"),
        pytest.param("100.100.100.200", id="Alibaba's"),
        pytest.param("224.0.0.1", id="multicast"),
        pytest.param("239.255.255.255", id="the last multicast"),
        pytest.param("255.255.255.255", id="broadcast"),
        pytest.param("::", id="unspecified v6"),
        pytest.param("fe80::1", id="link-local v6"),
        pytest.param("fe80::1%eth0", id="link-local v6 with a zone"),
        pytest.param("febf::1", id="the last link-local v6"),
        pytest.param("169.254.170.23", id="EKS' Pod Identity Agent"),
        pytest.param("fd00:ec2::254", id="AWS' v6"),
        pytest.param("fd00:ec2::23", id="EKS' Pod Identity Agent's v6"),
        pytest.param("fd20:ce::254", id="Google Cloud's v6"),
        pytest.param("fd00:42::42", id="Scaleway's v6"),
        pytest.param("fd00:a9fe:a9fe::1", id="Akamai's v6"),
        pytest.param("fd00:c1::a9fe:a9fe", id="Oracle Cloud's v6"),
        pytest.param("fd00:100::100:200", id="Alibaba's v6"),
        pytest.param("100.96.0.96", id="Volcengine"),
        pytest.param("100.80.80.80", id="UCloud"),
        pytest.param("192.0.0.192", id="Oracle Cloud Classic"),
        pytest.param("ff02::1", id="multicast v6"),
        pytest.param("::ffff:169.254.169.254", id="mapped"),
        pytest.param("::ffff:0.0.0.0", id="mapped unspecified"),
        pytest.param("64:ff9b::a9fe:a9fe", id="NAT64"),
        pytest.param("2002:a9fe:a9fe::", id="6to4"),
        pytest.param("2002:a9fe:a9fe:1::5", id="6to4 with a subnet"),
    ],
)
def test_an_address_may_never_be_probed(address: str, *, loopback: bool) -> None:
    allowed = Destinations(("*",), (ip_network("0.0.0.0/0"), ip_network("::/0")), loopback)
    assert refused(allowed, HOST, address)


EXCEPTIONS = tuple(ip_network(range_) for range_ in ("169.254.1.0/31", "0.250.250.254", "fe80::7"))


@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("169.254.1.1", True),
        ("0.250.250.254", True),
        ("fe80::7", True),
        ("fe80::7%eth0", True),
        ("::ffff:169.254.1.1", True),
        ("64:ff9b::a9fe:101", True),
        ("169.254.1.2", False),
        ("0.250.250.253", False),
        ("fe80::8", False),
        ("127.0.0.1", False),
        ("169.254.169.254", False),
    ],
)
def test_the_administrator_may_allow_single_addresses_that_are_denied(
    address: str, *, allowed: bool
) -> None:
    assert refused(DEFAULT, HOST, address)
    assert refused(Destinations(exceptions=EXCEPTIONS), HOST, address) is not allowed
    elsewhere = Destinations(host_globs=("other.test",), exceptions=EXCEPTIONS)
    assert refused(elsewhere, HOST, address)  # --allow-hosts is asked as well


@pytest.mark.parametrize(
    "address",
    ["169.254.169.254", "169.254.170.2", "168.63.129.16", "fd00:ec2::254", "fe80::a9fe:a9fe", "::"],
)
def test_metadata_addresses_stay_denied_whatever_is_allowed(address: str) -> None:
    everything = (ip_network("0.0.0.0/0"), ip_network("::/0"))
    assert refused(Destinations(exceptions=everything), HOST, address)
    reserved = Destinations(reserved=frozenset({ip_address("169.254.1.1")}), exceptions=everything)
    assert refused(reserved, HOST, "169.254.1.1")


@pytest.mark.parametrize(
    ("address", "helps"),
    [
        pytest.param("169.254.1.2", True, id="of the host"),
        pytest.param("0.250.250.254", True, id="of this network"),
        pytest.param("fe80::1", True, id="link-local v6"),
        pytest.param("169.254.169.254", False, id="metadata"),
        pytest.param("127.0.0.1", False, id="loopback"),
        pytest.param("224.0.0.1", False, id="multicast"),
        pytest.param("10.96.0.1", False, id="the API server's"),
    ],
)
def test_the_message_says_how_to_allow_an_address_only_where_that_can_be_done(
    address: str, *, helps: bool
) -> None:
    problem = Destinations(reserved=frozenset({ip_address("10.96.0.1")})).check(HOST, [address])
    assert problem is not None
    assert ("--allow-addresses, which is the chart's value" in problem.message) is helps


def test_one_denied_address_of_several_is_enough() -> None:
    assert refused(DEFAULT, HOST, "10.0.0.1", "169.254.169.254")
    assert not refused(DEFAULT, HOST, "10.0.0.1", "10.0.0.2")


@pytest.mark.parametrize("address", ["10.96.0.1", "::ffff:10.96.0.1", "64:ff9b::a60:1"])
def test_the_api_server_and_the_operator_are_out_of_reach(address: str) -> None:
    policy = Destinations(reserved=frozenset({ip_address("10.96.0.1")}))
    assert refused(policy, HOST, address)
    assert not refused(policy, HOST, "10.96.0.2")


@pytest.mark.parametrize(
    ("globs", "host", "allowed"),
    [
        pytest.param(("*",), HOST, True, id="all of them"),
        pytest.param(("*.example.com",), HOST, True, id="a suffix"),
        pytest.param(("*.example.com",), "a.b.example.com", True, id="dots too"),
        pytest.param(("*.example.com",), "example.com", False, id="not the bare domain"),
        pytest.param(
            ("*.example.com",), "vllm.example.com.evil.test", False, id="not a longer one"
        ),
        pytest.param(("*.example.com",), "VLLM.Example.COM", True, id="in any case"),
        pytest.param(("vllm-?.test",), "vllm-1.test", True, id="one character"),
        pytest.param(("a.test", "b.test"), "b.test", True, id="one of several"),
        pytest.param((), HOST, False, id="none"),
    ],
)
def test_hosts_are_allowed_by_globs(globs: tuple[str, ...], host: str, *, allowed: bool) -> None:
    assert refused(Destinations(host_globs=globs), host, "10.0.0.1") != allowed


@pytest.mark.parametrize(
    ("addresses", "allowed"),
    [
        pytest.param(("10.1.2.3",), True, id="an address of it"),
        pytest.param(("10.1.2.3", "10.9.9.9"), True, id="several of it"),
        pytest.param(("::ffff:10.1.2.3",), True, id="a mapped one of it"),
        pytest.param(("fd00::5",), True, id="one of another"),
        pytest.param(("10.1.2.3", "192.168.0.1"), False, id="one of several outside of it"),
        pytest.param(("192.168.0.1",), False, id="none of it"),
        pytest.param(("fd01::5",), False, id="none of the other"),
    ],
)
def test_hosts_are_allowed_by_networks(addresses: tuple[str, ...], *, allowed: bool) -> None:
    networks = (ip_network("10.0.0.0/8"), ip_network("fd00::/16"))
    policy = Destinations(host_globs=("other.test",), networks=networks)
    assert refused(policy, HOST, *addresses) != allowed
    assert not refused(policy, "other.test", *addresses)


def test_a_network_does_not_open_what_is_always_denied() -> None:
    policy = Destinations(host_globs=(), networks=(ip_network("169.254.0.0/16"),))
    assert refused(policy, HOST, "169.254.1.1")
