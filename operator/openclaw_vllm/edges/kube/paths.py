"""URL paths of the API server: of objects by key, and of lists by kind."""

from collections.abc import Iterable
from typing import Any

from openclaw_vllm.api.configmap import GROUP, VERSION
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import CustomObject

CUSTOM = f"/apis/{GROUP}/{VERSION}"
CORE = "/api/v1"
EVENTS = "/apis/events.k8s.io/v1"
CUSTOM_KINDS = ("vllmproviders", "vllmcatalogs")
SLICES = "endpointslices"
OPTIONAL = (SLICES, "pods")  # kinds that the operator can do without
GROUPS = {SLICES: "discovery.k8s.io", **dict.fromkeys(CUSTOM_KINDS, GROUP)}  # else the core's


def core(plural: str, key: ObjectKey) -> str:
    """Return the path of a ConfigMap, Secret or Service."""
    return f"{CORE}/namespaces/{key.namespace}/{plural}/{key.name}"


def collection(plural: str, namespace: str) -> str:
    """Return the path to create ConfigMaps of a namespace at."""
    return f"{CORE}/namespaces/{namespace}/{plural}"


def custom(plural: str, key: ObjectKey) -> str:
    """Return the path of a custom object; its key has no namespace if it is cluster-scoped."""
    scope = f"/namespaces/{key.namespace}" if key.namespace else ""
    return f"{CUSTOM}{scope}/{plural}/{key.name}"


def of_object(obj: CustomObject[Any, Any]) -> str:
    """Return the path of a custom object that was read."""
    return custom(f"{obj.KIND.lower()}s", obj.key)


def group_of(plural: str) -> tuple[str, str]:
    """Return the API group of a kind, empty for the core's, and its version."""
    group = GROUPS.get(plural, "")
    return group, VERSION if group == GROUP else "v1"


def lists(plural: str, namespaces: Iterable[str]) -> list[str]:
    """Return the paths of a kind's lists in these namespaces, or of the one in all if empty."""
    group, version = group_of(plural)
    root = f"/apis/{group}/{version}" if group else CORE
    return [f"{root}/namespaces/{ns}/{plural}" for ns in namespaces] or [f"{root}/{plural}"]


def events(namespace: str) -> str:
    """Return the path to create Events of a namespace at."""
    return f"{EVENTS}/namespaces/{namespace}/events"
