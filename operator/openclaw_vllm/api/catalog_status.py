"""The status of a VllmCatalog: whose models it holds, where it is published, and what failed.

Lists are truncated, counts are not: a catalog of thousands must not make a status of megabytes.
"""

from typing import Annotated, Literal

from pydantic import Field

from openclaw_vllm.api.conditions import Conditions, ObjectStatus
from openclaw_vllm.api.fields import ATOMIC, WireModel
from openclaw_vllm.api.status import MAX_ID_LENGTH, ReplicasStatus

MAX_PROVIDERS = 100
MAX_REFS = 100
MAX_CREDENTIALS = 1000  # none may be left out of a pod, so more than are shown of others
MAX_SHOWN = 20
MAX_TEXT = 1024

_Name = Annotated[str, Field(max_length=253)]
_Text = Annotated[str, Field(max_length=MAX_TEXT)]
_Count = Annotated[int, Field(ge=0)]


class CatalogProvider(WireModel):
    """A provider entry of the published configuration, and what it was made from."""

    id: _Name
    """The key under models.providers in OpenClaw, and the prefix of references to the models."""
    kind: Literal["VllmProvider", "Service"]
    """The kind of the source."""
    namespace: _Name
    """The source's namespace."""
    name: _Name
    """The source's name."""
    model_count: _Count = 0
    """How many models it brings; 0 while its first list is awaited."""
    reason: _Text = ""
    """Why its list is not fresh, in the words of VllmProvider's conditions; empty when it is."""
    replicas: ReplicasStatus | None = None
    """The replicas of a Service that is asked at each of them."""


class CatalogCredentials(WireModel):
    """What agents' pods must set to use a provider; the key itself never leaves its namespace."""

    provider_id: _Name
    """The provider in OpenClaw."""
    env: Annotated[str, Field(max_length=256)]
    """The environment variable that agents read."""
    secret_namespace: _Name | None = None
    """The namespace of the Secret that holds the value."""
    secret_name: _Name | None = None
    """The Secret that holds the value."""
    secret_key: _Name | None = None
    """The key in the Secret's data."""


class CatalogConflict(WireModel):
    """A source that is left out, because an older one has its provider id."""

    provider_id: _Name
    """The provider id that both want."""
    kind: Literal["VllmProvider", "Service"]
    """The kind of the source that is left out."""
    namespace: _Name
    """Its namespace."""
    name: _Name
    """Its name."""


class TargetFailure(WireModel):
    """A namespace that the catalog could not be published to."""

    namespace: _Name
    """The namespace."""
    reason: _Name
    """Why, in one word that programs may match on."""
    message: _Text = ""
    """Why, in a sentence a person can act on."""


class TargetsStatus(WireModel):
    """How many namespaces the catalog is published to, and why others failed."""

    published: _Count = 0
    """Namespaces that hold what is to be published."""
    failed: _Count = 0
    """Namespaces that do not, or still hold what is to be removed."""
    failures: Annotated[
        tuple[TargetFailure, ...], Field(max_length=MAX_SHOWN, json_schema_extra=ATOMIC)
    ] = ()
    """The first 20 of those that failed."""


class VllmCatalogStatus(ObjectStatus):
    """Whose models the catalog holds, where it is published, and what failed."""

    conditions: Conditions = ()
    """Ready, SourcesReachable and ConfigPublished; Reconciling and Stalled while they are True."""
    provider_count: _Count | None = None
    """How many providers are published."""
    model_count: _Count | None = None
    """How many models are published."""
    target_count: _Count | None = None
    """How many namespaces the selector names."""
    providers: Annotated[
        tuple[CatalogProvider, ...], Field(max_length=MAX_PROVIDERS, json_schema_extra=ATOMIC)
    ] = ()
    """The first 100 of the providers, by id; those whose list is not fresh go before others."""
    models: Annotated[
        tuple[Annotated[str, Field(max_length=MAX_ID_LENGTH)], ...],
        Field(max_length=MAX_REFS, json_schema_extra=ATOMIC),
    ] = ()
    """How OpenClaw refers to the models: the first 100."""
    primary_model: Annotated[str, Field(max_length=MAX_ID_LENGTH)] | None = None
    """The reference of the primary model."""
    targets: TargetsStatus | None = None
    """How many namespaces the catalog is published to, and why others failed."""
    conflicts: Annotated[
        tuple[CatalogConflict, ...], Field(max_length=MAX_SHOWN, json_schema_extra=ATOMIC)
    ] = ()
    """The first 20 of the sources that are left out, because an older one has their id."""
    credentials: Annotated[
        tuple[CatalogCredentials, ...], Field(max_length=MAX_CREDENTIALS, json_schema_extra=ATOMIC)
    ] = ()
    """What agents' pods must set: the first 1000 variables."""
    config_map_name: _Name | None = None
    """The ConfigMap's name, the same in every target namespace."""
    digest: Annotated[str, Field(max_length=128)] | None = None
    """A checksum of our keys of the ConfigMaps' data."""
