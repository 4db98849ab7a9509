"""Names of objects: what the work queue carries and what references resolve to."""

from typing import NamedTuple


class ObjectKey(NamedTuple):
    """A namespaced object's address; its kind is known from where the key is used."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


class Reference(NamedTuple):
    """What a VllmProvider names: a Service, ConfigMap or Secret; Published is its output."""

    kind: str
    key: ObjectKey
