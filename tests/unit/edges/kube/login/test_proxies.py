"""Which proxy leads to the API server, as kubectl chooses it."""

import pytest

from openclaw_vllm.edges.kube.login.errors import NoCluster
from openclaw_vllm.edges.kube.login.proxies import proxy_for

SERVER, PLAIN = "https://api.example.test:6443", "http://api.example.test:8080"
PROXY, OTHER = "http://proxy.test:3128", "http://other.test:3128"


@pytest.mark.parametrize(
    ("environment", "server", "expected"),
    [
        pytest.param({}, SERVER, None, id="none"),
        pytest.param({"HTTPS_PROXY": PROXY}, SERVER, PROXY, id="for https"),
        pytest.param({"https_proxy": PROXY}, SERVER, PROXY, id="in small letters"),
        pytest.param({"HTTPS_PROXY": PROXY, "https_proxy": OTHER}, SERVER, PROXY, id="both"),
        pytest.param({"HTTP_PROXY": PROXY}, SERVER, None, id="for http, to https"),
        pytest.param({"HTTP_PROXY": PROXY}, PLAIN, PROXY, id="for http"),
        pytest.param({"ALL_PROXY": PROXY}, SERVER, None, id="for all, which Go does not know"),
        pytest.param({"HTTPS_PROXY": "proxy.test:3128"}, SERVER, PROXY, id="without a scheme"),
        pytest.param({"HTTPS_PROXY": PROXY}, "https://127.0.0.1:6443", None, id="to this machine"),
        pytest.param({"HTTPS_PROXY": PROXY}, "https://[::1]:6443", None, id="the same by IPv6"),
        pytest.param({"HTTPS_PROXY": PROXY}, "https://localhost:6443", None, id="the same by name"),
    ],
)
def test_the_proxy_of_the_environment(
    environment: dict[str, str], server: str, expected: str | None
) -> None:
    assert proxy_for(server, "", environment) == expected


@pytest.mark.parametrize(
    ("no_proxy", "server", "excluded"),
    [
        ("example.test", SERVER, True),
        ("EXAMPLE.test", SERVER, True),
        (".example.test", SERVER, True),
        ("*.example.test", SERVER, True),
        ("api.example.test", SERVER, True),
        (".api.example.test", SERVER, False),
        ("ample.test", SERVER, False),
        ("other.test, example.test", SERVER, True),
        ("example.test:6443", SERVER, True),
        ("example.test:443", SERVER, False),
        ("example.test:443", "https://api.example.test", True),
        ("*", SERVER, True),
        ("", SERVER, False),
        (",", SERVER, False),
        ("10.0.0.0/8", "https://10.1.2.3", True),
        ("10.0.0.0/33", "https://10.1.2.3", False),
        ("10.1.2.3", "https://10.1.2.3:6443", True),
        ("10.1.2.3:6443", "https://10.1.2.3:6443", True),
        ("10.1.2.3:443", "https://10.1.2.3:6443", False),
        ("10.1.2", "https://10.1.2.3", False),
        ("fd00::/8", "https://[fd00::1]:6443", True),
        ("fd00::1", "https://[fd00::1]:6443", True),
        ("[fd00::1]:6443", "https://[fd00::1]:6443", True),
        ("[fd00::1]:443", "https://[fd00::1]:6443", False),
    ],
)
def test_no_proxy_excludes(no_proxy: str, server: str, *, excluded: bool) -> None:
    environment = {"HTTPS_PROXY": PROXY, "NO_PROXY": no_proxy}
    assert proxy_for(server, "", environment) == (None if excluded else PROXY)


def test_the_proxy_of_the_cluster_goes_before_the_environment() -> None:
    environment = {"HTTPS_PROXY": OTHER, "NO_PROXY": "*"}
    assert proxy_for("https://localhost:6443", PROXY, environment) == PROXY


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("socks5://proxy.test:1080", "'socks5' cannot be used, http and https can"),
        ("socks5h://me:secret@proxy.test:1080", "'socks5h' cannot be used"),
        ("ftp://proxy.test", "'ftp' cannot be used"),
        ("http://", "is no URL such as http://proxy.example.com:3128"),
        ("proxy.test:3128", "is no URL such as"),
        ("http://proxy.test:port", "is no URL such as"),
        ("http://[proxy", "is no URL such as"),
    ],
)
def test_a_proxy_that_cannot_be_used_is_named_without_its_password(url: str, message: str) -> None:
    with pytest.raises(NoCluster) as caught:
        proxy_for(SERVER, url, {})
    assert str(caught.value).startswith("proxy-url of the kubeconfig's cluster")
    assert message in str(caught.value)
    assert "secret" not in str(caught.value)
    if "://" in url:
        with pytest.raises(NoCluster, match=r"^HTTPS_PROXY"):
            proxy_for(SERVER, "", {"https_proxy": url})
