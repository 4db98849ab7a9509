"""The CRD as the real API server understands it: what it accepts, refuses and adds."""

from typing import Any

import pytest

from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import VllmProviderStatus
from tests.apiserver import custom_resources
from tests.apiserver.custom_resources import DRY, MERGE, STRICT, apply_status, contains, explains
from tests.apiserver.provider_specs import ACCEPTED, EVERYTHING, Spec, spec
from tests.apiserver.refused_specs import REFUSED
from tests.controlplane.credential import ApiError
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync

pytestmark = pytest.mark.usefixtures("nobody_reconciles")

KIND = "VllmProvider"


def collection(namespace: str) -> str:
    return f"/apis/openclaw-vllm.dev/v1alpha1/namespaces/{namespace}/vllmproviders"


def create(
    plane: ControlPlane, body: Spec, *, name: str = "vllm", namespace: str = "", query: str = DRY
) -> Any:
    path = collection(namespace or "default")
    return custom_resources.create(plane, KIND, path, body, name=name, query=query)


@pytest.mark.parametrize("name", ACCEPTED)
def test_an_accepted_spec_means_the_same_to_the_operator(
    control_plane: ControlPlane, name: str
) -> None:
    stored = create(control_plane, ACCEPTED[name])["spec"]
    parsed = VllmProviderSpec.model_validate(stored)
    assert parsed == VllmProviderSpec.model_validate(ACCEPTED[name])
    assert contains(parsed.model_dump(mode="json"), stored)  # the same defaults on both sides
    assert contains(stored, ACCEPTED[name])


@pytest.mark.parametrize(("refused", "words"), REFUSED, ids=[words for _, words in REFUSED])
def test_a_refusal_says_what_to_write_instead(
    control_plane: ControlPlane, refused: Spec, words: str
) -> None:
    with pytest.raises(ApiError) as error:
        create(control_plane, refused)
    assert words in str(error.value)
    assert error.value.code in (400, 422)


def test_the_server_adds_the_defaults_of_what_is_there(control_plane: ControlPlane) -> None:
    stored = create(control_plane, {"serviceRef": {"name": "vllm"}, "auth": {}, "discovery": {}})
    assert stored["spec"] == {
        "serviceRef": {"name": "vllm", "port": 8000, "scheme": "http", "path": "/v1"},
        "apiRoot": "Versioned",
        "providerId": "vllm",
        "auth": {"apiKeyEnv": "VLLM_API_KEY", "scheme": "Bearer"},
        "discovery": {
            "interval": "60s",
            "timeout": "5s",
            "include": ["*"],
            "removeAfter": 3,
            "capabilities": "Disabled",
            "kinds": ["Chat"],
            "maxModels": 200,
            "mode": "Periodic",
            "replicas": "Service",
            "publish": "All",
            "whenScaledToZero": "KeepReady",
        },
        "suspend": False,
    }
    assert stored["status"] == {"observedGeneration": -1}


def test_a_name_that_is_no_label_value_is_refused(control_plane: ControlPlane) -> None:
    create(control_plane, spec(), name="a" * 63)
    with pytest.raises(ApiError, match=r"metadata.name: .*than 63"):
        create(control_plane, spec(), name="a" * 64)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"providerId": "vllm"}, "providerId cannot change"),
        ({"output": {"configMapName": "other"}}, "output.configMapName cannot change"),
        ({"output": {"configMapName": None}}, "output.configMapName cannot change"),
        ({"output": None}, "output.configMapName cannot change"),
    ],
)
def test_what_agents_hold_on_to_cannot_change(
    control_plane: ControlPlane, namespace: str, change: Spec, words: str
) -> None:
    create(control_plane, EVERYTHING, namespace=namespace, query=STRICT)
    path = f"{collection(namespace)}/vllm"
    with pytest.raises(ApiError) as error:
        control_plane.admin.request("PATCH", path, {"spec": change}, content_type=MERGE)
    assert words in str(error.value)
    assert "create another VllmProvider" in str(error.value)


def test_the_rest_can_change(control_plane: ControlPlane, namespace: str) -> None:
    create(control_plane, spec(), namespace=namespace, query=STRICT)
    path = f"{collection(namespace)}/vllm"
    for name in ("key-for-agents-only", "partial-cost", "odd-globs", "label-without-value"):
        patch = {"spec": ACCEPTED[name]}
        changed = control_plane.admin.request("PATCH", path, patch, content_type=MERGE)
        assert contains(changed["spec"], ACCEPTED[name])
    moved = {"spec": {"baseUrl": None, "serviceRef": {"name": "vllm"}}}
    control_plane.admin.request("PATCH", path, moved, content_type=MERGE)


def test_a_configmap_name_cannot_appear_later(control_plane: ControlPlane, namespace: str) -> None:
    create(control_plane, spec(), namespace=namespace, query=STRICT)
    late = {"spec": {"output": {"configMapName": "late"}}}
    with pytest.raises(ApiError, match="cannot change"):
        control_plane.admin.request(
            "PATCH", f"{collection(namespace)}/vllm", late, content_type=MERGE
        )


def full_status() -> VllmProviderStatus:
    condition = {
        "type": "Ready",
        "status": "True",
        "reason": "Succeeded",
        "observedGeneration": 1,
        "lastTransitionTime": "2026-01-01T00:00:00Z",
        "message": "",
    }
    model = {"contextWindow": 40960, "contextWindowSource": "Server", "note": "SmallContext"}
    return VllmProviderStatus.model_validate(
        {
            "observedGeneration": 1,
            "conditions": [condition, {**condition, "type": "ServerReachable"}],
            "endpoint": {
                "baseUrl": "http://vllm",
                "serverVersion": "0.33.0",
                "task": "Generate",
                "replicas": {"ready": 3, "asked": 3, "differing": 1},
            },
            "modelCount": 100,
            "models": [{"id": f"m{i}", "ref": f"vllm/m{i}", **model} for i in range(100)],
            "rejectedModels": [{"id": "x@y", "reason": "InvalidReference"}],
            "primaryModel": "vllm/m0",
            "configMap": {"name": "vllm-openclaw", "digest": "sha256:0"},
            "credentials": {"env": "K", "secretName": "s", "secretKey": "k"},
        }
    )


def test_our_status_is_taken_and_shown(control_plane: ControlPlane, namespace: str) -> None:
    create(control_plane, spec(), namespace=namespace, query=STRICT)
    wire = full_status().model_dump(mode="json", exclude_none=True)
    applied = apply_status(control_plane, KIND, f"{collection(namespace)}/vllm", wire)
    assert applied["status"] == wire
    output = control_plane.kubectl("get", "vllmp", "-n", namespace, "-o", "wide").splitlines()
    assert output[0].split() == [
        *(
            "NAME",
            "MODELS",
            "READY",
            "REASON",
            "REPLICAS",
            "PRIMARY",
            "ENDPOINT",
            "CONFIGMAP",
            "AGE",
        )
    ]
    assert output[1].split()[:-1] == [
        *("vllm", "100", "True", "Succeeded", "3", "vllm/m0", "http://vllm", "vllm-openclaw")
    ]
    assert "vllmprovider" in control_plane.kubectl("get", "openclaw", "-n", namespace, "-o", "name")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("vllmprovider", "One vLLM server"),
        ("vllmp.spec.baseUrl", "Exactly one of baseUrl and serviceRef"),
        ("vllmp.spec.discovery.interval", "5s to 24h"),
        ("vllmp.spec.modelOverrides.match", "Glob on the model id"),
        ("vllmp.spec.agents.allow", "restricts nothing"),
        ("vllmp.status.models.state", "removeAfter"),
    ],
)
def test_kubectl_explains(control_plane: ControlPlane, path: str, words: str) -> None:
    # the OpenAPI document follows the CRD
    eventually_sync(lambda: explains(control_plane, path, words), within=20)
