"""Which VllmProviders and Services a catalog draws on, and what it asks a Service."""

from dataclasses import replace
from typing import Any

import pytest

from openclaw_vllm.api.catalog import ServicesSource
from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.provider import SecretKeyRef
from openclaw_vllm.core.catalog.sources import shared_providers, shared_services, source_of
from tests.builders import catalogs as builders
from tests.builders.catalogs import MODELS, SHARED, namespace, provider, service, spec_of

NAMESPACES = {
    "team-a": namespace("team-a", tier="models"),
    "team-b": namespace("team-b", tier="agents"),
}
VLLM = ObjectKey("team-a", "vllm")


def serving(**source: Any) -> list[dict[str, Any]]:
    return [{"services": {"namespaceSelector": MODELS, "selector": SHARED, **source}}]


def asked(name: str = "vllm", *, keep: bool = False, **source: Any) -> dict[SourceKey, Any]:
    ids = "Keep" if keep else "Qualified"
    catalog = builders.catalog(builders.wire_spec(sources=serving(**source), providerIds=ids))
    services = {ObjectKey("team-a", name): service()}
    return {
        key: item.spec
        for key, item in shared_services(catalog, spec_of(catalog), NAMESPACES, services).items()
    }


@pytest.mark.parametrize(
    ("resource", "taken"),
    [
        pytest.param(provider("team-a", "vllm"), True, id="shared where models are"),
        pytest.param(provider("team-b", "vllm"), False, id="in another namespace"),
        pytest.param(provider("unknown", "vllm"), False, id="in a namespace that is not known"),
        pytest.param(provider("team-a", "vllm", labels={}), False, id="not shared"),
        pytest.param(
            provider("team-a", "vllm", labels={"openclaw-vllm.dev/share": "yes"}),
            False,
            id="shared in another word",
        ),
    ],
)
def test_a_provider_is_taken_where_selected_and_shared(resource: Any, *, taken: bool) -> None:
    spec = spec_of(builders.catalog())
    assert (shared_providers(spec, NAMESPACES, [resource]) == [resource]) is taken


def test_what_a_selector_takes_has_to_be_shared_all_the_same() -> None:
    every = {"matchExpressions": [{"key": "app", "operator": "DoesNotExist"}]}
    sources = [{"providers": {"namespaceSelector": MODELS, "selector": every}}]
    spec = spec_of(builders.catalog(builders.wire_spec(sources=sources)))
    shared, private = provider("team-a", "a"), provider("team-a", "b", labels={})
    assert shared_providers(spec, NAMESPACES, [shared, private]) == [shared]


def test_a_namespace_that_is_not_known_is_selected_by_no_exclusion() -> None:
    public = {"matchExpressions": [{"key": "private", "operator": "DoesNotExist"}]}
    sources = [{"providers": {"namespaceSelector": public, "selector": SHARED}}]
    spec = spec_of(builders.catalog(builders.wire_spec(sources=sources)))
    listed, unknown = provider("team-a", "a"), provider("unknown", "b")
    assert shared_providers(spec, NAMESPACES, [listed, unknown]) == [listed]


def test_of_two_sources_that_give_a_service_one_id_the_first_counts() -> None:
    sources = [*serving(port="web"), *serving(port=8000), *serving(ports=[8001])]
    catalog = builders.catalog(builders.wire_spec(sources=sources))
    result = shared_services(catalog, spec_of(catalog), NAMESPACES, {VLLM: service()})
    assert [name.port for name in result] == ["web", 8001]


def test_a_service_is_probed_as_a_provider_of_its_namespace_would_be() -> None:
    source: dict[str, Any] = {
        "scheme": "https",
        "path": "/x/v1",
        "interval": "5m",
        "timeoutSeconds": 600,
    }
    (name, spec), *others = asked(**source).items()
    assert (name, others) == (SourceKey("fleet", VLLM, 8000), [])
    assert spec.provider_id == "vllm-team-a-vllm"
    assert spec.service_ref.model_dump() == {
        "name": "vllm",
        "port": 8000,
        "scheme": "https",
        "path": "/x/v1",
    }
    assert (spec.discovery.interval, spec.auth, spec.timeout_seconds) == ("5m", None, 600)
    assert spec.tls is None


def test_the_ca_of_a_service_lies_in_its_own_namespace() -> None:
    ca = {"kind": "Secret", "name": "vllm-tls", "key": "ca.crt"}
    [spec] = asked(scheme="https", caBundleRef=ca).values()
    assert spec.tls.ca_bundle_ref.model_dump() == ca


@pytest.mark.parametrize(
    ("fields", "api_root"), [({}, "Versioned"), ({"apiRoot": "AsWritten"}, "AsWritten")]
)
def test_the_path_of_a_service_is_read_as_the_source_says(
    fields: dict[str, Any], api_root: str
) -> None:
    assert [spec.api_root for spec in asked(path="/x", **fields).values()] == [api_root]


def test_when_and_how_replicas_are_asked_is_as_the_source_says() -> None:
    chosen: dict[str, Any] = {"mode": "OnChange", "replicas": "Each", "publish": "Any"}
    usual = {"mode": "Periodic", "replicas": "Service", "publish": "All"}
    for fields, asks in (({}, usual), (chosen, chosen)):
        [spec] = asked(**fields).values()
        assert spec.discovery.model_dump(include=set(asks)) == asks


def test_several_ports_are_several_providers() -> None:
    assert {name.port: spec.provider_id for name, spec in asked(ports=["http", 8001]).items()} == {
        "http": "vllm-team-a-vllm-http",
        8001: "vllm-team-a-vllm-8001",
    }


def test_kept_ids_do_without_the_namespace() -> None:
    assert [spec.provider_id for spec in asked("qwen", keep=True).values()] == ["vllm-qwen"]


@pytest.mark.parametrize(
    ("annotation", "ref"),
    [
        ("vllm-key", SecretKeyRef(name="vllm-key", key="api-key")),
        ("vllm-key/token", SecretKeyRef(name="vllm-key", key="token")),
        ("../../../apis", None),
        ("", None),
        ("vllm-key/", None),
        ("Vllm", None),
    ],
)
def test_a_service_names_the_secret_with_its_key(annotation: str, ref: SecretKeyRef | None) -> None:
    catalog = builders.catalog(builders.wire_spec(sources=serving()))
    services = {VLLM: service(api_key_secret=annotation)}
    (question,) = shared_services(catalog, spec_of(catalog), NAMESPACES, services).values()
    auth, problem = question.spec.auth, question.problem
    if ref is None:
        assert problem is not None
        assert problem.reason is Reason.INVALID_SPEC
        assert "write <secret> or <secret>/<key>" in problem.message
        assert auth is None
    else:
        assert problem is None
        assert auth is not None
        assert (auth.api_key_secret_ref, auth.api_key_env) == (ref, "VLLM_API_KEY_TEAM_A_VLLM")


def test_a_service_is_probed_while_a_catalog_selects_it() -> None:
    catalog = builders.catalog(builders.wire_spec(sources=serving()))
    name, services = SourceKey("fleet", VLLM, 8000), {VLLM: service()}
    result = source_of(name, {catalog.key: catalog}, NAMESPACES, services)
    assert result is not None
    assert result.provider.uid == "catalog-1 service-1 8000"
    gone = [
        ({}, services, name),
        ({catalog.key: replace(catalog, deleting=True)}, services, name),
        ({catalog.key: catalog}, {}, name),
        ({catalog.key: catalog}, services, name._replace(port=1)),
        ({catalog.key: catalog}, {VLLM: replace(service(), labels={})}, name),
    ]
    for catalogs, item, asked_for in gone:
        assert source_of(asked_for, catalogs, NAMESPACES, item) is None


def test_the_defaults_are_those_of_the_documentation() -> None:
    source = ServicesSource.model_validate({"namespaceSelector": MODELS, "selector": SHARED})
    assert (source.interval, source.timeout, source.remove_after) == ("60s", "5s", 3)
