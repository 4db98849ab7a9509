"""Names of objects: what the work queue carries and what references resolve to."""

from typing import Literal, NamedTuple

Kind = Literal["Service", "ConfigMap", "Secret", "Published"]


class ObjectKey(NamedTuple):
    """An object's address, without a namespace for a cluster-scoped one; its kind is known from
    where the key is used."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


class Reference(NamedTuple):
    """What a VllmProvider names: a Service, ConfigMap or Secret; Published is its output."""

    kind: Kind
    key: ObjectKey


class SourceKey(NamedTuple):
    """A Service that a VllmCatalog selects, and the port that is asked, by number or name."""

    catalog: str
    service: ObjectKey
    port: int | str

    def __str__(self) -> str:
        return f"{self.service}:{self.port} of VllmCatalog {self.catalog}"
