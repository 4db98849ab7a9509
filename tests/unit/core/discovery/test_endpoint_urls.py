"""`baseUrl` as people write it: normalised to what OpenClaw wants, or refused."""

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.endpoint import Endpoint, resolve
from tests import builders
from tests.builders import NAMESPACE


def resolved(url: str) -> Endpoint | Problem:
    return resolve(builders.spec(baseUrl=url), NAMESPACE, None)


def endpoint(url: str) -> Endpoint:
    found = resolved(url)
    assert isinstance(found, Endpoint), found
    return found


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        pytest.param("", "/v1", id="none"),
        pytest.param("/", "/v1", id="a slash"),
        pytest.param("/v1", "/v1", id="the right one"),
        pytest.param("/v1/", "/v1", id="a slash at the end"),
        pytest.param("/v1//", "/v1", id="two slashes at the end"),
        pytest.param("/v1/v1", "/v1", id="a doubled one"),
        pytest.param("/v1/v1/", "/v1", id="a doubled one with a slash"),
        pytest.param("/gpu1", "/gpu1/v1", id="a root path"),
        pytest.param("/gpu1/", "/gpu1/v1", id="a root path with a slash"),
        pytest.param("/gpu1/v1", "/gpu1/v1", id="a root path and the right one"),
        pytest.param("/v1/gpu1", "/v1/gpu1/v1", id="a root path that has it in front"),
        pytest.param("/v1beta", "/v1beta/v1", id="one that only begins alike"),
        pytest.param("/av1", "/av1/v1", id="one that only ends alike"),
    ],
)
def test_the_path_ends_in_one_v1(path: str, normal: str) -> None:
    found = endpoint(f"https://vllm.example.com{path}")
    assert found.base_url == f"https://vllm.example.com{normal}"
    assert found.server_url == found.base_url.removesuffix("/v1")


@pytest.mark.parametrize(
    ("url", "host", "port", "normal"),
    [
        ("http://vllm.example.com", "vllm.example.com", 80, "http://vllm.example.com/v1"),
        ("https://vllm.example.com", "vllm.example.com", 443, "https://vllm.example.com/v1"),
        (
            "HTTP://VLLM.Example.COM:8000",
            "vllm.example.com",
            8000,
            "http://vllm.example.com:8000/v1",
        ),
        ("http://10.0.0.7:8000/v1", "10.0.0.7", 8000, "http://10.0.0.7:8000/v1"),
        ("http://[fd00::7]:8000", "fd00::7", 8000, "http://[fd00::7]:8000/v1"),
        ("http://[FD00::7]", "fd00::7", 80, "http://[fd00::7]/v1"),
        ("http://[::ffff:10.0.0.7]/v1", "::ffff:10.0.0.7", 80, "http://[::ffff:10.0.0.7]/v1"),
        ("http://127.0.0.1:8000/v1", "127.0.0.1", 8000, "http://127.0.0.1:8000/v1"),
        ("http://localhost:8000/v1", "localhost", 8000, "http://localhost:8000/v1"),
        ("http://vllm.other:8000", "vllm.other", 8000, "http://vllm.other:8000/v1"),
    ],
)
def test_a_url_is_normalised(url: str, host: str, port: int, normal: str) -> None:
    assert endpoint(url) == Endpoint(normal, normal.partition(":")[0], host, port, None)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "vllm.example.com",
        "ftp://vllm.example.com",
        "file:///etc/passwd",
        "http://",
        "http:///v1",
        "http://:8000/v1",
        "http://user@vllm.example.com",
        "http://user:password@vllm.example.com",
        "http://@vllm.example.com",
        "http://vllm.example.com?x=1",
        "http://vllm.example.com#x",
        "http://vllm.example.com:0",
        "http://vllm.example.com:65536",
        "http://vllm.example.com:port",
        "http://vllm.example.com\\@evil.example.com",
        "http://vllm.example.com/../x",
        "http://[fd00::1",
        "http://a'$(id)'.example.com",
        "http://vllm.example.com,*",
        "http://*.example.com",
        "http://a b.example.com",
        "http://vllm.example.com/a b",
        "http://vllm.example.com/a\nb",
        "http://vllm.exämple.com",
    ],
)
def test_what_is_no_url_of_a_server_is_an_invalid_spec(url: str) -> None:
    found = resolved(url)
    assert isinstance(found, Problem), found
    assert found.reason == Reason.INVALID_SPEC
    assert "spec.baseUrl" in found.message
