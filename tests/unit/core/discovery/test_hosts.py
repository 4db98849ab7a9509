"""FakeHosts that cannot be asked are told as a Problem, before any name server hears of them."""

import ssl
from pathlib import Path

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.endpoint import Endpoint
from openclaw_vllm.core.discovery.resolution import resolve
from tests import builders
from tests.builders import NAMESPACE, Wire
from tests.fakes.context import CA, FakeContext, fake_context
from tests.harnesses.command_line import CommandLine, provider

LABEL = "a" * 63
FOUR_LABELS = ".".join([LABEL] * 4)  # 255 characters
REFUSED = [
    pytest.param("010.010.010.010", "four numbers", id="octal numbers, which lead to 8.8.8.8"),
    pytest.param("256.1.1.1", "four numbers", id="a number over 255"),
    pytest.param("10.0.0.007", "four numbers", id="zeros in front"),
    pytest.param("[1:2]", "", id="half an IPv6 address"),
    pytest.param("[::1::2]", "", id="two gaps in an IPv6 address"),
    pytest.param("[::ffff:10.0.0.256]", "", id="an IPv6 address with a number over 255"),
    pytest.param("[fe80::1%25eth0]", "", id="an IPv6 address with a zone"),
    pytest.param("[fe80::1%eth0]", "", id="an IPv6 address with a bare zone"),
    pytest.param("[10.0.0.7]", "", id="an IPv4 address in brackets"),
    pytest.param("[vllm]", "", id="a name in brackets"),
    pytest.param("[v1.x]", "", id="an address of a future version"),
    pytest.param("[::1]x", "", id="something after the brackets"),
    pytest.param("x[::1]", "", id="something before the brackets"),
    pytest.param("fd00::7", "", id="an IPv6 address without brackets"),
    pytest.param(".", "dots", id="a dot"),
    pytest.param(".example.com", "dots", id="a dot in front"),
    pytest.param("a..example.com", "dots", id="two dots"),
    pytest.param("example.com..", "dots", id="two dots at the end"),
    pytest.param(f"a{LABEL}.example.com", "63", id="a part that is too long"),
    pytest.param(FOUR_LABELS, "253", id="a name that is too long"),
    pytest.param("xn--0.com", "Punycode", id="what encodes nothing"),
    pytest.param("xn--.com", "Punycode", id="an empty code"),
    pytest.param("a.XN--0.com", "Punycode", id="what encodes nothing, further behind"),
    pytest.param("xn--0.models.svc", "Punycode", id="a Service of such a name"),
    pytest.param("a%20b.example.com", "", id="a percent sign"),
    pytest.param("a b.example.com", "", id="a space"),
    pytest.param("bücher.example", "", id="a letter beyond ASCII"),
    pytest.param("vllm.example.com:0", "", id="port 0"),
    pytest.param("vllm.example.com:65536", "", id="a port out of range"),
    pytest.param("vllm.example.com:+80", "", id="a port with a sign"),
    pytest.param("vllm.example.com:80:80", "", id="two ports"),
]
ASKED = [
    "8.8.8.8",
    "127.1",
    "0x7f.0.0.1",
    "1.2.3.4.5",
    "[::ffff:10.0.0.7]",
    "[FD00::7]:8000",
    "xn--bcher-kva.example",
    "xn--i-7iq.example",
    "a_b.example.com.",
    f"{LABEL}.example.com",
    FOUR_LABELS[:253],
    "vllm.example.com:",
]


def with_url(host: str) -> Wire:
    return builders.wire_spec(baseUrl=f"http://{host}/v1")


async def refusal(here: FakeContext, spec: Wire) -> Problem:
    result = await here.probe(builders.resource(spec))
    assert isinstance(result, Problem), result
    return result


@pytest.mark.parametrize(("host", "why"), REFUSED)
async def test_a_host_that_cannot_be_probed_is(host: str, why: str) -> None:
    async with fake_context() as here:
        for name in (host, host.lower()):  # whatever a name server would say of it
            here.hosts.addresses[name] = ("127.0.0.1",)
        result = await refusal(here, with_url(host))
        assert (result.reason, here.hosts.lookups) == (Reason.INVALID_SPEC, 0)
    assert "spec.baseUrl has to" in result.message
    assert why in result.message
    assert len(result.message) < 120


@pytest.mark.parametrize("host", ASKED)
def test_a_host_can_be_probed(host: str) -> None:
    assert isinstance(
        resolve(builders.spec(baseUrl=f"http://{host}"), NAMESPACE, None, builders.NAMES), Endpoint
    )


async def test_a_service_whose_name_no_client_can_ask_is_reported() -> None:
    async with fake_context() as here:
        here.context.cache.services[ObjectKey(NAMESPACE, "xn--0")] = builders.service()
        here.hosts.addresses["xn--0.agents.svc.cluster.local"] = ("127.0.0.1",)
        result = await refusal(here, builders.wire_spec(serviceRef={"name": "xn--0"}))
        assert (result.reason, here.hosts.lookups) == (Reason.INVALID_SPEC, 0)
    assert "spec.serviceRef" in result.message


@pytest.mark.parametrize("host", ["010.010.010.010", "xn--0.com"])
def test_the_command_says_the_same(tmp_path: Path, host: str) -> None:
    cli = CommandLine(tmp_path)
    path = cli.write_yaml("p.yaml", provider({"baseUrl": f"http://{host}/v1"}))
    result = cli.run("verify", "-f", path)
    assert result.exit_code == 1
    assert (
        "EndpointResolved  False    InvalidSpec: the host of spec.baseUrl has to" in result.stdout
    )


ANY = ssl.create_default_context(cadata=CA.pem)
NAMES = st.text(alphabet="019afx-._:[]%", min_size=1, max_size=12)
PARTS = st.sampled_from(["xn--", "0", "255", "256", "010", "bcher-kva", "::", "[", "]", ".", ":"])


@given(st.one_of(NAMES, st.lists(PARTS, min_size=1, max_size=9).map("".join)))
def test_what_is_not_refused_the_http_client_and_tls_can_carry(host: str) -> None:
    result = resolve(builders.spec(baseUrl=f"http://{host}"), NAMESPACE, None, builders.NAMES)
    if isinstance(result, Endpoint):
        assert httpx.URL(f"{result.base_url}/models").raw_host == result.host.encode()
        ANY.wrap_bio(ssl.MemoryBIO(), ssl.MemoryBIO(), server_hostname=result.host.encode())
