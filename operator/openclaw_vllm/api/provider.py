"""The spec of a VllmProvider: where one vLLM is, and what of it agents get to see.

The CRD is generated from these models (`api/crd.py`); docstrings are its documentation. The types
of its parts are re-exported: a reader of a VllmProvider needs this module only.
"""

import re
from typing import Annotated

from pydantic import ConfigDict, Field

from openclaw_vllm.api.discovery import DiscoverySpec
from openclaw_vllm.api.endpoint import (
    Auth,
    CABundleRef,
    Header,
    HeaderSource,
    SecretKeyRef,
    ServiceRef,
    Tls,
)
from openclaw_vllm.api.endpoint_fields import ApiRoot, BaseUrl, TimeoutSeconds
from openclaw_vllm.api.fields import WireModel, cel, map_keyed_by, matching
from openclaw_vllm.api.models import (
    ExplicitModel,
    ModelCompat,
    ModelCost,
    ModelOverride,
    ModelSettings,
)
from openclaw_vllm.api.output import AgentDefaults, ConfigMapKeyRef, Output
from openclaw_vllm.api.sharing import SharedSection

__all__ = [
    "AgentDefaults",
    "Auth",
    "CABundleRef",
    "ConfigMapKeyRef",
    "DiscoverySpec",
    "ExplicitModel",
    "Header",
    "HeaderSource",
    "ModelCompat",
    "ModelCost",
    "ModelOverride",
    "ModelSettings",
    "Output",
    "SecretKeyRef",
    "ServiceRef",
    "Tls",
    "VllmProviderSpec",
]


DEFAULT_PROVIDER_ID = "vllm"
PROVIDER_ID = "vllm(-[a-z0-9]([a-z0-9-]*[a-z0-9])?)?"
MAX_PROVIDER_ID = 63


def is_provider_id(text: object) -> bool:
    """Return whether the CRD allows this as a key under models.providers."""
    return (
        isinstance(text, str)
        and len(text) <= MAX_PROVIDER_ID
        and re.fullmatch(PROVIDER_ID, text) is not None
    )


class VllmProviderSpec(WireModel):
    """Where one vLLM is, and what of it agents get to see."""

    model_config = ConfigDict(
        json_schema_extra=cel(
            (
                "has(self.baseUrl) != has(self.serviceRef)",
                "write exactly one of baseUrl (http://<host>:8000/v1) and serviceRef"
                " ({name: <Service>})",
            ),
            (
                "!has(self.tls) || (has(self.baseUrl) ? self.baseUrl.startsWith('https://')"
                " : !has(self.serviceRef) || self.serviceRef.scheme == 'https')",
                "tls needs a URL that starts with https://, or serviceRef.scheme: https; leave tls"
                " out for plain HTTP",
            ),
            (
                "(has(self.output) && has(self.output.configMapName))"
                " == (has(oldSelf.output) && has(oldSelf.output.configMapName))"
                " && (!has(self.output) || !has(self.output.configMapName)"
                " || self.output.configMapName == oldSelf.output.configMapName)",
                "output.configMapName cannot change, because agents mount the ConfigMap: restore"
                " it, or create another VllmProvider",
            ),
        )
    )

    base_url: BaseUrl | None = None
    """The root of the server's API, such as http://vllm.models.svc.cluster.local:8000/v1; apiRoot
    says when /v1 is added. Exactly one of baseUrl and serviceRef."""
    service_ref: ServiceRef | None = None
    """The server's Service in this namespace. Exactly one of baseUrl and serviceRef."""
    api_root: ApiRoot = "Versioned"
    """Versioned adds /v1 to a path that names no version, as /v3 and /v1beta/openai do; AsWritten
    takes the path of baseUrl or serviceRef for the root of the API, whatever it is."""
    provider_id: Annotated[
        str,
        matching(
            PROVIDER_ID,
            "write vllm, or vllm- followed by lower-case letters, digits and -, such as"
            " vllm-team-a; OpenClaw gives other prefixes the timeouts of remote services",
            max_length=MAX_PROVIDER_ID,
            also=(
                "self == oldSelf",
                "providerId cannot change, because agents refer to models by it: restore it, or"
                " create another VllmProvider",
            ),
        ),
    ] = DEFAULT_PROVIDER_ID
    """The key under models.providers in OpenClaw, and the prefix of references to the models, such
    as vllm/Qwen/Qwen3-32B. Immutable."""
    auth: Auth | None = None
    """The API key; absent when the server asks for none."""
    headers: Annotated[
        tuple[Header, ...],
        Field(
            max_length=16,
            json_schema_extra={
                **map_keyed_by("name"),
                **cel(
                    (
                        "self.all(h, self.exists_one(other,"
                        " other.name.lowerAscii() == h.name.lowerAscii()))",
                        "write each header once; upper and lower case make no difference",
                    )
                ),
            },
        ),
    ] = ()
    """Headers of every request, the operator's and the agents'."""
    tls: Tls | None = None
    """How the server's certificate is judged; absent: by the public authorities."""
    timeout_seconds: TimeoutSeconds | None = None
    """How long an agent's request may take in all, to the last word of the answer: 1 to 86400
    seconds. Absent: OpenClaw's own limits of self-hosted models."""
    discovery: Annotated[DiscoverySpec, SharedSection] = DiscoverySpec()
    """When and how the server is asked what it serves, and which answers count."""
    models: Annotated[
        tuple[ExplicitModel, ...], Field(max_length=1000, json_schema_extra=map_keyed_by("id"))
    ] = ()
    """The models to publish. When there are any, the server is not asked, as in OpenClaw, and
    what is said about discovered models changes nothing."""
    model_defaults: Annotated[ModelSettings, SharedSection] = ModelSettings()
    """What is published about every discovered model; it wins over what the server says."""
    model_overrides: Annotated[tuple[ModelOverride, ...], Field(max_length=64)] = ()
    """What is published about some discovered models: the first whose glob matches counts, and its
    fields win over modelDefaults."""
    agents: Annotated[AgentDefaults, SharedSection] | None = None
    """What agents use unless they say otherwise; absent: a primary model of those published."""
    output: Annotated[Output, SharedSection] = Output()
    """The ConfigMap that agents mount."""
    suspend: bool = False
    """Stop asking and writing; what is published stays."""
