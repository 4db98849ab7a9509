"""What the watches have shown: objects by key, and who names whom."""

from openclaw_vllm.api.keys import Kind, ObjectKey, Reference
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.core.discovery.references import references_of
from openclaw_vllm.edges.kube.cache import Cache
from openclaw_vllm.edges.kube.store import is_older
from tests import builders
from tests.builders import NAMESPACE, Wire

SERVICE = Reference("Service", ObjectKey(NAMESPACE, "vllm"))


def reference(kind: Kind, name: str) -> Reference:
    return Reference(kind, ObjectKey(NAMESPACE, name))


def by_service(name: str) -> VllmProvider:
    spec = builders.wire_spec(serviceRef={"name": "vllm"})
    return builders.resource(spec, name=name, uid=f"uid of {name}")


def filled(*resources: VllmProvider) -> Cache:
    cache = Cache()
    for resource in resources:
        cache.put_provider(resource, references_of(resource, builders.NAMES))
    return cache


def names(keys: tuple[ObjectKey, ...]) -> list[str]:
    return [key.name for key in keys]


def test_referrers_come_in_one_order() -> None:
    one, other = filled(by_service("a"), by_service("b")), filled(by_service("b"), by_service("a"))
    assert names(one.referrers(SERVICE)) == names(other.referrers(SERVICE)) == ["a", "b"]
    assert one.referrers(reference("Service", "other")) == ()


def test_an_edit_moves_the_references() -> None:
    cache = filled(by_service("a"))
    edited = builders.resource(builders.wire_spec(serviceRef={"name": "new"}), name="a")
    cache.put_provider(edited, references_of(edited, builders.NAMES))
    assert cache.referrers(SERVICE) == ()
    assert names(cache.referrers(reference("Service", "new"))) == ["a"]


def test_unreferenced_keys_are_returned_when_a_provider_is_dropped() -> None:
    cache = filled(by_service("a"), by_service("b"))
    assert cache.drop_provider(ObjectKey(NAMESPACE, "a")) == {
        reference("Published", "a-openclaw"),
    }
    assert cache.drop_provider(ObjectKey(NAMESPACE, "b")) == {
        reference("Published", "b-openclaw"),
        SERVICE,
    }
    assert (cache.providers, cache.referrers(SERVICE)) == ({}, ())
    assert cache.drop_provider(ObjectKey(NAMESPACE, "b")) == frozenset()


def test_whoever_publishes_under_one_name_comes_from_the_oldest_on() -> None:
    spec: Wire = builders.wire_spec(output={"configMapName": "shared"})
    young = builders.resource(spec, name="a", uid="1", creationTimestamp="2026-06-01T00:00:00Z")
    old = builders.resource(spec, name="b", uid="2", creationTimestamp="2026-01-01T00:00:00Z")
    claimants = filled(young, old).claimants(ObjectKey(NAMESPACE, "shared"))
    assert [claimant.key.name for claimant in claimants] == ["b", "a"]


def test_a_status_is_stored_unless_a_newer_one_is() -> None:
    key = ObjectKey(NAMESPACE, "vllm")
    cache = filled(builders.resource(resourceVersion="10"))
    for version, models, item in (("11", 1, 1), ("9", 2, 1), ("11", 3, 3)):
        written = builders.resource(status={"modelCount": models}, resourceVersion=version)
        cache.replace_status_of(written)
        assert cache.providers[key].status.model_count == item


def test_a_status_does_not_bring_a_dropped_provider_back() -> None:
    cache = Cache()
    cache.replace_status_of(builders.resource())
    assert cache.providers == {}


def test_versions_are_compared_as_numbers() -> None:
    assert is_older("9", "10")
    assert not is_older("10", "9")
    assert not is_older("10", "10")
    assert not is_older("abc", "10")


def test_every_object_that_a_spec_names_is_a_reference() -> None:
    ref = {"secretKeyRef": {"name": "header", "key": "k"}}
    spec = builders.wire_spec(
        baseUrl="https://vllm.models.svc",
        auth={"apiKeySecretRef": {"name": "key", "key": "k"}},
        headers=[{"name": "X", "valueFrom": ref, "env": "X"}, {"name": "Y", "value": "y"}],
        tls={"caBundleRef": {"name": "ca"}},
        output={"configMapName": "out", "baseConfigRef": {"name": "base"}},
    )
    assert references_of(builders.resource(spec), builders.NAMES) == {
        Reference("Service", ObjectKey("models", "vllm")),
        reference("Secret", "key"),
        reference("Secret", "header"),
        reference("ConfigMap", "ca"),
        reference("ConfigMap", "base"),
        reference("Published", "out"),
    }


def test_a_spec_that_cannot_be_read_names_its_output_only() -> None:
    broken = builders.resource({"discovery": {"interval": "soon"}})
    assert references_of(broken, builders.NAMES) == {reference("Published", "vllm-openclaw")}
