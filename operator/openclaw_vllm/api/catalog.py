"""The VllmCatalog: which vLLMs of the cluster are shared, and which namespaces' agents see them.

The model is trust-manager's Bundle: sources merged into one document, published to the namespaces
that a selector names. The CRD is generated from these models, as the VllmProvider's is.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from openclaw_vllm.api.configmap import KEYS, Document
from openclaw_vllm.api.discovery import (
    AskedReplicas,
    Interval,
    Mode,
    PublishRule,
    Timeout,
    timeout_within_interval,
)
from openclaw_vllm.api.endpoint import CABundleRef
from openclaw_vllm.api.endpoint_fields import ApiRoot, ServicePort, TimeoutSeconds, UrlPath
from openclaw_vllm.api.extra_metadata import ExtraAnnotations, ExtraLabels
from openclaw_vllm.api.fields import ATOMIC, ObjectName, WireModel, cel, documents_field
from openclaw_vllm.api.output import AgentDefaults, ConfigMapKeyRef, OpenClawRelease
from openclaw_vllm.api.selector import LabelSelector


class ProvidersSource(WireModel):
    """The VllmProviders to take over."""

    namespace_selector: LabelSelector
    """The namespaces to look in; empty: none."""
    selector: LabelSelector
    """The VllmProviders, which also need the label openclaw-vllm.dev/share: "true"; empty: none."""


class ServicesSource(WireModel):
    """The Services to ask, and how."""

    model_config = ConfigDict(
        json_schema_extra=cel(
            (
                "!(has(self.port) && has(self.ports))",
                "write port for one port of each Service, or ports for several, but not both",
            ),
            (
                "!has(self.caBundleRef) || self.scheme == 'https'",
                "caBundleRef needs scheme: https; leave it out for plain HTTP",
            ),
            timeout_within_interval(
                "(has(self.timeout) ? self.timeout : '5s')",
                "(has(self.interval) ? self.interval : '60s')",
            ),
        )
    )

    namespace_selector: LabelSelector
    """The namespaces to look in; empty: none."""
    selector: LabelSelector
    """The Services, which also need the label openclaw-vllm.dev/share: "true"; empty: none."""
    port: ServicePort | None = None
    """The port of each Service, by number or name; 8000 unless set."""
    ports: Annotated[
        tuple[ServicePort, ...],
        Field(
            max_length=8,
            json_schema_extra={
                **ATOMIC,
                **cel(
                    (
                        # `in`, because before 1.34 == costs as if each name had 3 MiB
                        "size(self) > 0 && self.all(p, self.exists_one(q, q in [p]))",
                        "write each port once, such as [http, 8001]",
                    )
                ),
            },
        ),
    ] = ()
    """Several ports of each Service, each a vLLM of its own: the port ends the provider's id."""
    scheme: Literal["http", "https"] = "http"
    """https when the servers have certificates."""
    ca_bundle_ref: CABundleRef | None = None
    """The authorities to trust instead of the public ones, in an object of each Service's own
    namespace; published to agents as well."""
    path: UrlPath = "/v1"
    """The path of the API."""
    api_root: ApiRoot = "Versioned"
    """Versioned adds /v1 to a path that names no version, as /v3 and /v1beta/openai do; AsWritten
    takes the path for the root of the API, whatever it is."""
    interval: Interval = "60s"
    """How long to wait between two questions: 5s to 24h."""
    timeout: Timeout = "5s"
    """How long an answer may take in all: 100ms to 5m, and at most the interval."""
    timeout_seconds: TimeoutSeconds | None = None
    """How long an agent's request may take in all, to the last word of the answer: 1 to 86400
    seconds. Absent: OpenClaw's own limits of self-hosted models."""
    remove_after: Annotated[int, Field(ge=1, le=100)] = 3
    """A model that is missing from this many good answers in a row is removed."""
    mode: Mode = "Periodic"
    """Periodic asks at the interval. OnChange asks only when this resource is created or edited,
    when openclaw-vllm.dev/requested-at changes and when other replicas of a Service are ready: for
    servers that each question wakes up, or that are metered. Until its first good answer a Service
    is asked again in both, and one without EndpointSlices at the interval in either."""
    replicas: AskedReplicas = "Service"
    """Service asks the Service, which any replica may answer. Each asks every ready replica at its
    own address, of more than 16 always the same 16, and needs EndpointSlices."""
    publish: PublishRule = "All"
    """With replicas: Each: All publishes the models that all replicas of a Service serve, Any those
    that any of them does. Numbers are the smallest of all replicas."""


class Source(WireModel):
    """Where models come from: VllmProviders or Services."""

    model_config = ConfigDict(
        json_schema_extra=cel(
            (
                "has(self.providers) != has(self.services)",
                "write exactly one of providers and services in each source",
            )
        )
    )

    providers: ProvidersSource | None = None
    """VllmProviders: what they have published is taken over, nothing is asked again."""
    services: ServicesSource | None = None
    """vLLM Services: each is asked for its models, and needs no VllmProvider."""


class Target(WireModel):
    """The namespaces and the ConfigMap that are published to."""

    namespace_selector: LabelSelector
    """The namespaces whose agents see the catalog; empty: none. Namespaces named kube-* and the
    operator's own are left out unless kubernetes.io/metadata.name names them."""
    config_map_name: ObjectName | None = None
    """The ConfigMaps' name; the VllmCatalog's name followed by -openclaw unless set. Immutable."""
    base_config_ref: ConfigMapKeyRef | None = None
    """A configuration in JSON5, in a ConfigMap of the operator's namespace, that openclaw.json
    starts from."""
    openclaw: OpenClawRelease | None = None
    """The oldest OpenClaw release that must accept the documents; the newest form unless set."""
    documents: Annotated[
        tuple[Document, ...],
        documents_field(
            "self.exists(d, d in ['models.json'])",
            "write models.json too: after a restart, what was served last is read from there",
        ),
    ] = KEYS
    """Which documents are published, models.json among them: all unless set."""
    labels: ExtraLabels
    """Labels for the ConfigMaps, such as team or example.com/team."""
    annotations: ExtraAnnotations
    """Annotations for the ConfigMaps, such as team or example.com/team."""


class VllmCatalogSpec(WireModel):
    """Which vLLMs are shared, and which namespaces' agents see them."""

    model_config = ConfigDict(
        json_schema_extra=cel(
            (
                "has(self.target.configMapName) == has(oldSelf.target.configMapName)"
                " && (!has(self.target.configMapName)"
                " || self.target.configMapName == oldSelf.target.configMapName)",
                "target.configMapName cannot change, because agents mount the ConfigMap: restore"
                " it, or create another VllmCatalog",
            )
        )
    )

    sources: Annotated[
        tuple[Source, ...],
        Field(
            max_length=16,
            json_schema_extra={
                **ATOMIC,
                **cel(("size(self) > 0", "write at least one source, such as providers")),
            },
        ),
    ]
    """Where models come from."""
    provider_ids: Literal["Qualified", "Keep"] = "Qualified"
    """Qualified names providers vllm-<namespace>-<name>, Keep leaves their ids as they are; of two
    that clash the older one wins. Variables are named after the id in either case."""
    agents: AgentDefaults | None = None
    """What agents use unless they say otherwise; globs match <provider id>/<model id>."""
    max_models: Annotated[int, Field(ge=1, le=2000)] = 500
    """The most models that are published in all; with more, what is published stays."""
    target: Target
    """Where to publish."""
