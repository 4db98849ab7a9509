"""Where objects are at the API server: the paths of one by its key, and of a kind's lists."""

from collections.abc import Iterable
from typing import Any

from openclaw_vllm.api.configmap import GROUP, VERSION
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import CustomObject

OURS = f"/apis/{GROUP}/{VERSION}"
CORE = "/api/v1"
EVENTS = "/apis/events.k8s.io/v1"
OUR_KINDS = ("vllmproviders", "vllmcatalogs")


def core(plural: str, key: ObjectKey) -> str:
    """Return the path of a ConfigMap, Secret or Service."""
    return f"{CORE}/namespaces/{key.namespace}/{plural}/{key.name}"


def ours(plural: str, key: ObjectKey) -> str:
    """Return the path of an object of our kinds; of a cluster-scoped one without a namespace."""
    scope = f"/namespaces/{key.namespace}" if key.namespace else ""
    return f"{OURS}{scope}/{plural}/{key.name}"


def of(observed: CustomObject[Any, Any]) -> str:
    """Return the path of an object of ours that was read."""
    return ours(f"{observed.KIND.lower()}s", observed.key)


def lists(plural: str, namespaces: Iterable[str]) -> list[str]:
    """Return the paths of a kind's lists in these namespaces; the one of all if there are none."""
    root = OURS if plural in OUR_KINDS else CORE
    return [f"{root}/namespaces/{ns}/{plural}" for ns in namespaces] or [f"{root}/{plural}"]


def events(namespace: str) -> str:
    """Return the path that Events of a namespace are created at."""
    return f"{EVENTS}/namespaces/{namespace}/events"
