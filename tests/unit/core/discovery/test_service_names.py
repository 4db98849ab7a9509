"""The cluster's DNS domain: where it is read from, and which hosts name a Service under it."""

import json

import pytest
from jsonschema import Draft7Validator

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.core.discovery.endpoint import Endpoint, keep_domain, leads_to
from openclaw_vllm.core.discovery.resolution import resolve
from openclaw_vllm.core.discovery.service_names import (
    ServiceNames,
    domain_in_search_list,
    is_domain,
)
from tests import builders, rbac
from tests.builders import NAMES, NAMESPACE, service

HOME = ServiceNames("k8s.home.lan")
VLLM = ObjectKey("models", "vllm")
VALUES = json.loads((rbac.CHART / "values.schema.json").read_text())["properties"]


@pytest.mark.parametrize(
    ("text", "domain"),
    [
        pytest.param(
            "search a.svc.k8s.home.lan svc.k8s.home.lan k8s.home.lan home.lan\noptions ndots:5\n",
            "k8s.home.lan",
            id="as the kubelet writes it",
        ),
        pytest.param("search svc.cluster.local", "cluster.local", id="the usual one"),
        pytest.param("search a svc.CLUSTER.Local.", "cluster.local", id="capitals and a dot"),
        pytest.param("search\ta.svc.c\tsvc.c", "c", id="one label, with tabs"),
        pytest.param("search svc.a.lan svc.b.lan", "a.lan", id="the first of two"),
        pytest.param("search svc.a.lan\nsearch svc.b.lan", "b.lan", id="the last line counts"),
        pytest.param("search svc.a_b svc.b.lan", "b.lan", id="after one that is no domain"),
        pytest.param("search home.lan\nnameserver 10.0.0.1", None, id="of a host"),
        pytest.param("search svc. svc svc.svc.lan svc.10", None, id="without a domain after svc"),
        pytest.param("# search svc.a.lan\ndomain svc.b.lan", None, id="comments and other words"),
        pytest.param("search", None, id="an empty list"),
        pytest.param("", None, id="an empty file"),
    ],
)
def test_the_domain_is_read_from_the_search_list(text: str, domain: str | None) -> None:
    assert domain_in_search_list(text) == domain


@pytest.mark.parametrize(
    ("domain", "valid"),
    [
        ("cluster.local", True),
        ("k8s.home.lan", True),
        ("k8s", True),
        ("c-1.0x", True),
        (f"{'a' * 63}.lan", True),
        ("a." * 59 + "ab", True),
        ("a." * 60 + "b", False),
        (f"{'a' * 64}.lan", False),
        ("Cluster.Local", False),
        ("cluster.local.", False),
        (".cluster.local", False),
        ("cluster..local", False),
        ("-k8s.lan", False),
        ("k8s-.lan", False),
        ("k8s_lan", False),
        ("k8s lan", False),
        ("http://k8s.lan", False),
        ("k8s.lan:53", False),
        ("svc.cluster.local", False),
        ("svc", False),
        ("10.0.0.1", False),
        ("k8s.1", False),
        ("fd00::1", False),
        ("kübe.lan", False),
        ("*", False),
    ],
)
def test_what_is_no_domain_is_refused_by_the_operator_and_by_the_chart(
    domain: str, *, valid: bool
) -> None:
    assert is_domain(domain) is valid
    assert Draft7Validator(VALUES["clusterDomain"]).is_valid(domain) is valid


@pytest.mark.parametrize(
    ("host", "named"),
    [
        ("vllm", ("agents", "vllm")),
        ("vllm.agents", ("agents", "vllm")),
        ("vllm.models.svc", ("models", "vllm")),
        ("vllm.models.svc.k8s.home.lan", ("models", "vllm")),
        ("vllm.models.svc.k8s.home.lan.", ("models", "vllm")),
        ("vllm.models.svc.cluster.local", None),
        ("vllm.models.svc.home.lan", None),
        ("vllm.models.k8s.home.lan", None),
        ("x.vllm.models.svc.k8s.home.lan", None),
        ("vllm.models.svc.k8s.home.lan.k8s.home.lan", None),
        ("k8s.home.lan", None),
        ("localhost", None),
        ("fd00::1", None),
    ],
)
def test_short_and_full_names_of_the_domain_are_services(
    host: str, named: tuple[str, str] | None
) -> None:
    assert HOME.parse(host, NAMESPACE) == (ObjectKey(*named) if named else None)


def test_what_is_published_has_the_domain_of_the_cluster() -> None:
    by_ref = resolve(builders.spec(serviceRef={"name": "vllm"}), NAMESPACE, service(), HOME)
    by_url = resolve(builders.spec(baseUrl="http://vllm.models.svc:8000"), NAMESPACE, None, HOME)
    assert isinstance(by_ref, Endpoint)
    assert isinstance(by_url, Endpoint)
    assert by_ref.base_url == "http://vllm.agents.svc.k8s.home.lan:8000/v1"
    assert by_url.base_url == "http://vllm.models.svc.k8s.home.lan:8000/v1"
    foreign = resolve(builders.spec(baseUrl=builders.BASE_URL), NAMESPACE, None, HOME)
    assert isinstance(foreign, Endpoint)
    assert (foreign.base_url, foreign.service) == (builders.BASE_URL, None)


def endpoint(url: str = "http://vllm.models.svc:8000") -> Endpoint:
    result = resolve(builders.spec(baseUrl=url), NAMESPACE, None, HOME)
    assert isinstance(result, Endpoint)
    return result


def test_a_published_name_stays_when_the_domain_is_another() -> None:
    result = keep_domain(endpoint(), builders.BASE_URL)
    assert (result.base_url, result.host) == (
        builders.BASE_URL,
        "vllm.models.svc.cluster.local",
    )
    assert result.has_former_domain
    assert (result.service, result.port) == (VLLM, 8000)


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("http://vllm.models.svc.k8s.home.lan:8000/v1", id="it is the present one"),
        pytest.param("http://vllm.models.svc.cluster.local:9000/v1", id="another port"),
        pytest.param("https://vllm.models.svc.cluster.local:8000/v1", id="another scheme"),
        pytest.param("http://vllm.models.svc.cluster.local:8000/a/v1", id="another path"),
        pytest.param("http://vllm.agents.svc.cluster.local:8000/v1", id="another namespace"),
        pytest.param("http://other.models.svc.cluster.local:8000/v1", id="another Service"),
        pytest.param("http://vllm.models.evil.com:8000/v1", id="no Service"),
        pytest.param("nonsense", id="no URL"),
        pytest.param("", id="nothing"),
    ],
)
def test_no_other_url_takes_the_place_of_the_present_one(url: str) -> None:
    assert keep_domain(endpoint(), url) == endpoint()


def test_the_name_of_a_service_that_leads_elsewhere_stays_too() -> None:
    names = ServiceNames("k8s.home.lan", external_globs=("*.test",))
    spec = builders.spec(baseUrl="http://vllm.models.svc:8000")
    result = resolve(spec, NAMESPACE, builders.external("gw.test"), names)
    assert isinstance(result, Endpoint)
    remaining = keep_domain(result, builders.BASE_URL)
    assert (remaining.base_url, remaining.destination) == (builders.BASE_URL, "gw.test")


def test_a_host_that_is_no_service_has_no_domain_to_keep() -> None:
    plain = endpoint("http://vllm.example.com:8000")
    assert keep_domain(plain, builders.BASE_URL) == plain


@pytest.mark.parametrize(
    ("names", "trusted"),
    [
        pytest.param(NAMES, True, id="of the domain"),
        pytest.param(HOME, False, id="of another domain, perhaps forged"),
        pytest.param(ServiceNames("k8s.home.lan", any_domain=True), True, id="surely ours"),
    ],
)
def test_a_published_url_leads_to_the_service_under_the_domain_only(
    names: ServiceNames, *, trusted: bool
) -> None:
    spec = builders.spec(baseUrl="http://vllm.models.svc")
    assert leads_to(builders.BASE_URL, spec, NAMESPACE, names) is trusted
    assert not leads_to("http://vllm.evil.com/v1", spec, NAMESPACE, names)
