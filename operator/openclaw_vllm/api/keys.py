"""Keys of objects, as the work queue carries them, and references between objects."""

from typing import Literal, NamedTuple

Kind = Literal["Service", "ConfigMap", "Secret", "Published"]


class ObjectKey(NamedTuple):
    """Namespace and name of an object; the namespace is empty for a cluster-scoped one."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class Reference(NamedTuple):
    """An object that a VllmProvider refers to; Published is the ConfigMap that it writes."""

    kind: Kind
    key: ObjectKey


class SourceKey(NamedTuple):
    """A Service that a VllmCatalog selects, and the port to probe, by number or name."""

    catalog: str
    service: ObjectKey
    port: int | str

    def __str__(self) -> str:
        return f"{self.service}:{self.port} of VllmCatalog {self.catalog}"
