"""Ranges that `--allow-addresses` takes: narrow ones, of what is denied and may be allowed."""

import json

import pytest
from jsonschema import Draft7Validator

from openclaw_vllm.core.discovery.addresses import parse_exact_range
from tests import rbac

VALUES = json.loads((rbac.CHART / "values.schema.json").read_text())["properties"]
ITEMS = Draft7Validator(VALUES["allowAddresses"]["items"])


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("169.254.1.2", "169.254.1.2/32"),
        ("169.254.1.2/32", "169.254.1.2/32"),
        ("169.254.1.0/24", "169.254.1.0/24"),
        ("0.250.250.254", "0.250.250.254/32"),
        ("fe80::1", "fe80::1/128"),
        ("FE80::100/120", "fe80::100/120"),
        ("169.254.0.230", "169.254.0.230/32"),
        ("169.254.42.0/27", "169.254.42.0/27"),
        ("0.0.0.1", "0.0.0.1/32"),
    ],
)
def test_a_narrow_range_is_taken(text: str, parsed: str) -> None:
    assert str(parse_exact_range(text)) == parsed
    assert ITEMS.is_valid(text)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "is no address or range such as 169.254.1.2/32", id="nothing"),
        pytest.param("host.docker.internal", "is no address or range", id="a name"),
        pytest.param("169.254.1", "is no address or range", id="part of an address"),
        pytest.param("169.254.1.256", "is no address or range", id="no octet"),
        pytest.param("169.254.1.2/33", "is no address or range", id="no prefix"),
        pytest.param("169.254.1.2/24", "has host bits set", id="an address with a prefix"),
        pytest.param("169.254.1.2-169.254.1.9", "is no address or range", id="from and to"),
        pytest.param("169.254.1.2:8000", "is no address or range", id="a port"),
        pytest.param("169.254.0.0/16", "is too broad: a range has 256", id="all of link-local"),
        pytest.param("169.254.2.0/23", "is too broad", id="512 addresses"),
        pytest.param("0.0.0.0/0", "is too broad", id="everything"),
        pytest.param("fe80::/10", "is too broad", id="all of link-local v6"),
        pytest.param("169.254.169.254", "169.254.169.0/24, which stay denied", id="metadata"),
        pytest.param("169.254.169.0/24", "stay denied", id="what holds metadata"),
        pytest.param("169.254.170.2/32", "stay denied", id="ECS' credentials"),
        pytest.param("169.254.0.0/24", "169.254.0.23/32, which stay", id="what holds Tencent's"),
        pytest.param("fd00:ec2::254", "stay denied", id="AWS' v6"),
        pytest.param("100.100.100.200", "stay denied", id="Alibaba's"),
        pytest.param("169.254.10.10", "stay denied", id="Tencent's second"),
        pytest.param("100.96.0.96", "stay denied", id="Volcengine's"),
        pytest.param("100.80.80.80", "stay denied", id="UCloud's"),
        pytest.param("192.0.0.192", "stay denied", id="Oracle's, of old"),
        pytest.param("fd00:42::42", "stay denied", id="Scaleway's v6"),
        pytest.param("fd00:a9fe:a9fe::1", "stay denied", id="Akamai's v6"),
        pytest.param("fd00:c1::a9fe:a9fe", "stay denied", id="Oracle's v6"),
        pytest.param("fd00:100::100:200", "stay denied", id="Alibaba's v6"),
        pytest.param("::ffff:169.254.1.2", "leads to 169.254.1.2; write that", id="mapped"),
        pytest.param("64:ff9b::a9fe:102", "leads to 169.254.1.2; write that", id="NAT64"),
        pytest.param("2002:a9fe:102::/120", "leads to 169.254.1.2; write that", id="6to4"),
        pytest.param("0.0.0.0/32", "stay denied", id="unspecified"),
        pytest.param("224.0.0.1", "stay denied", id="multicast"),
        pytest.param("127.0.0.1", "--allow-loopback allows", id="loopback"),
        pytest.param("::1", "--allow-loopback allows", id="loopback v6"),
        pytest.param("10.0.0.1", "is not denied, as addresses of 0.0.0.0/8", id="a plain address"),
        pytest.param("fd00::1", "is not denied", id="a plain address of v6"),
    ],
)
def test_another_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=r"^'") as refusal:
        parse_exact_range(text)
    assert reason in str(refusal.value)


@pytest.mark.parametrize(
    "text",
    [
        *("", "host", "10.0.0.1", "169.254.0.0/16", "169.254.169.254", "169.254.170.0/24"),
        *("fd00::1", "169.254.42.42", "169.254.0.23/32", "169.254.10.10", "169.254.0.0/24"),
        *("169.254.42.0/24", "0.0.0.0/32", "0.0.0.0/24", "fe80::a9fe:a9fe", "fe80::a9fe:a9fe/128"),
    ],
)
def test_the_chart_refuses_what_it_can_tell(text: str) -> None:
    assert not ITEMS.is_valid(text)
