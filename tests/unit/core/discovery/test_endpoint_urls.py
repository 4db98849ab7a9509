"""`baseUrl` as people write it: normalised to what OpenClaw wants, or refused."""

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.discovery.endpoint import Endpoint
from openclaw_vllm.core.discovery.resolution import resolve
from tests import builders
from tests.builders import NAMESPACE


def resolved(url: str) -> Endpoint | Problem:
    return resolve(builders.spec(baseUrl=url), NAMESPACE, None, builders.NAMES)


def endpoint(url: str) -> Endpoint:
    result = resolved(url)
    assert isinstance(result, Endpoint), result
    return result


@pytest.mark.parametrize(
    ("origin", "path", "root", "server"),
    [
        pytest.param("https://h.example.com", "", "/v1", "", id="no path"),
        pytest.param("https://h.example.com", "/v3/", "/v3", "", id="another version"),
        pytest.param("http://[fd00::7]:8", "/gpu1", "/gpu1/v1", "/gpu1", id="a root path"),
    ],
)
def test_the_url_ends_at_the_root_of_the_api(
    origin: str, path: str, root: str, server: str
) -> None:
    result = endpoint(f"{origin}{path}")
    assert (result.base_url, result.server_url) == (f"{origin}{root}", f"{origin}{server}")


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
    result = resolved(url)
    assert isinstance(result, Problem), result
    assert result.reason == Reason.INVALID_SPEC
    assert "spec.baseUrl" in result.message
