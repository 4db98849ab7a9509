"""The VllmCatalog's CRD as the real API server understands it."""

from collections.abc import Iterator
from typing import Any

import pytest

from openclaw_vllm.api.catalog import VllmCatalogSpec
from openclaw_vllm.api.catalog_status import VllmCatalogStatus
from openclaw_vllm.api.configmap import KEYS
from tests.apiserver import custom_resources
from tests.apiserver.catalog_specs import ACCEPTED, EVERYTHING, REFUSED, Spec, services, spec
from tests.apiserver.custom_resources import DRY, MERGE, STRICT, apply_status, contains, explains
from tests.controlplane.credential import ApiError
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync

pytestmark = pytest.mark.usefixtures("nobody_reconciles")

KIND = "VllmCatalog"
COLLECTION = "/apis/openclaw-vllm.dev/v1alpha1/vllmcatalogs"


def create(plane: ControlPlane, body: Spec, *, name: str = "fleet", query: str = DRY) -> Any:
    return custom_resources.create(plane, KIND, COLLECTION, body, name=name, query=query)


@pytest.fixture
def stored(control_plane: ControlPlane, namespace: str) -> Iterator[str]:
    """Store a catalog with every field, named as a namespace that is free."""
    create(control_plane, EVERYTHING, name=namespace, query=STRICT)
    path = f"{COLLECTION}/{namespace}"
    yield path
    control_plane.admin.request("DELETE", path)


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_accepted_spec_means_the_same_to_the_operator(
    control_plane: ControlPlane, name: str
) -> None:
    stored = create(control_plane, ACCEPTED[name])["spec"]
    parsed = VllmCatalogSpec.model_validate(stored)
    assert parsed == VllmCatalogSpec.model_validate(ACCEPTED[name])
    assert contains(parsed.model_dump(mode="json"), stored)  # the same defaults on both sides
    assert contains(stored, ACCEPTED[name])


@pytest.mark.parametrize(("refused", "words"), REFUSED)
def test_a_refusal_says_what_to_write_instead(
    control_plane: ControlPlane, refused: Spec, words: str
) -> None:
    with pytest.raises(ApiError) as error:
        create(control_plane, refused)
    assert words in str(error.value)
    assert error.value.code in (400, 422)


def test_the_server_adds_no_default_within_a_list(control_plane: ControlPlane) -> None:
    """GitOps tools compare a list as a whole: they would find it changed for ever."""
    wanted = spec(services())
    stored = create(control_plane, wanted)
    target = wanted["target"] | {"documents": list(KEYS)}
    added = {"providerIds": "Qualified", "maxModels": 500, "target": target}
    assert stored["spec"] == wanted | added
    assert stored["status"] == {"observedGeneration": -1}


def test_a_name_that_is_no_label_value_is_refused(control_plane: ControlPlane) -> None:
    create(control_plane, spec(), name="a" * 63)
    with pytest.raises(ApiError, match=r"metadata.name: .*than 63"):
        create(control_plane, spec(), name="a" * 64)


@pytest.mark.parametrize("name", ["other", None])
def test_the_name_that_agents_mount_cannot_change(
    control_plane: ControlPlane, stored: str, name: str | None
) -> None:
    patch = {"spec": {"target": {"configMapName": name}}}
    with pytest.raises(ApiError) as error:
        control_plane.admin.request("PATCH", stored, patch, content_type=MERGE)
    assert "target.configMapName cannot change" in str(error.value)
    assert "create another VllmCatalog" in str(error.value)


def test_a_configmap_name_cannot_appear_later(control_plane: ControlPlane, namespace: str) -> None:
    create(control_plane, spec(), name=namespace, query=STRICT)
    path = f"{COLLECTION}/{namespace}"
    late = {"spec": {"target": {"configMapName": "late"}}}
    with pytest.raises(ApiError, match="cannot change"):
        control_plane.admin.request("PATCH", path, late, content_type=MERGE)
    control_plane.admin.request("DELETE", path)


@pytest.mark.parametrize("name", [name for name in ACCEPTED if name != "everything"])
def test_the_rest_can_change(control_plane: ControlPlane, stored: str, name: str) -> None:
    fields = {"configMapName": EVERYTHING["target"]["configMapName"]}
    changed = {**ACCEPTED[name], "target": {**ACCEPTED[name]["target"], **fields}}
    body = control_plane.admin.request("GET", stored) | {"spec": changed}
    assert contains(control_plane.admin.request("PUT", stored, body)["spec"], changed)


def full_status() -> VllmCatalogStatus:
    """As much as there can be of everything."""
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "Succeeded",
        "observedGeneration": 1,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
        "message": "",
    }
    source = {"kind": "Service", "namespace": "models", "name": "qwen"}
    secret = {"secretNamespace": "models", "secretName": "vllm-api-key", "secretKey": "api-key"}
    failure = {"reason": "NotOwned", "message": "m" * 1024}
    return VllmCatalogStatus.model_validate(
        {
            "observedGeneration": 1,
            "conditions": [condition, {**condition, "type": "SourcesReachable"}],
            "providerCount": 200,
            "modelCount": 2000,
            "targetCount": 500,
            "providers": [{"id": f"vllm-{i}", **source, "modelCount": 10} for i in range(100)],
            "models": [f"vllm-{i}/m" for i in range(100)],
            "primaryModel": "vllm-0/m",
            "targets": {
                "published": 480,
                "failed": 20,
                "failures": [{"namespace": f"n{i}", **failure} for i in range(20)],
            },
            "conflicts": [{"providerId": "vllm", **source} for _ in range(20)],
            "credentials": [{"providerId": f"vllm-{i}", "env": "K", **secret} for i in range(100)],
            "configMapName": "openclaw-models",
            "digest": "sha256:0",
        }
    )


def test_our_status_is_taken_and_shown(control_plane: ControlPlane, stored: str) -> None:
    wire = full_status().model_dump(mode="json", exclude_none=True)
    assert apply_status(control_plane, KIND, stored, wire)["status"] == wire
    name = stored.rpartition("/")[2]
    output = control_plane.kubectl("get", "vllmcat", name, "-o", "wide").splitlines()
    columns = "NAME PROVIDERS MODELS TARGETS READY REASON FAILED PRIMARY CONFIGMAP AGE"
    assert output[0].split() == columns.split()
    assert output[1].split()[:-1] == [
        *(name, "200", "2000", "500", "True", "Succeeded", "20", "vllm-0/m", "openclaw-models")
    ]
    narrow = control_plane.kubectl("get", "vllmcatalogs", name).splitlines()[0].split()
    assert narrow == ["NAME", "PROVIDERS", "MODELS", "TARGETS", "READY", "REASON", "AGE"]
    assert f"vllmcatalog.openclaw-vllm.dev/{name}" in control_plane.kubectl(
        "get", "openclaw", "-o", "name"
    )


def test_the_status_cannot_be_written_with_the_spec(
    control_plane: ControlPlane, stored: str
) -> None:
    patch = {"status": {"modelCount": 1}}
    patched = control_plane.admin.request("PATCH", stored, patch, content_type=MERGE)
    assert patched["status"] == {"observedGeneration": -1}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("vllmcatalog", "Shared vLLM servers of the cluster"),
        ("vllmcat.spec", "Which vLLMs are shared"),
        ("vllmcat.spec.sources.providers.selector", 'the label openclaw-vllm.dev/share: "true"'),
        ("vllmcat.spec.sources.services", "each is asked for its models"),
        ("vllmcat.spec.target.namespaceSelector", "see the catalog; empty: none"),
        ("vllmcat.spec.target.configMapName", "Immutable"),
        ("vllmcat.status.conflicts", "an older one has"),
        ("vllmcat.status.targets.failures", "a sentence a person can act on"),
    ],
)
def test_kubectl_explains(control_plane: ControlPlane, path: str, words: str) -> None:
    # the OpenAPI document follows the CRD
    eventually_sync(lambda: explains(control_plane, path, words), within=20)
