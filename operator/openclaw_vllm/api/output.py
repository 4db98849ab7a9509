"""`spec.agents` and `spec.output` of a VllmProvider: agents' defaults and the ConfigMap."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from openclaw_vllm.api.configmap import KEYS, Document
from openclaw_vllm.api.extra_metadata import ExtraAnnotations, ExtraLabels
from openclaw_vllm.api.fields import (
    DataKey,
    Glob,
    Globs,
    ObjectName,
    WireModel,
    cel,
    documents_field,
    matching,
)


class AgentDefaults(WireModel):
    """What agents use unless they say otherwise: our part of OpenClaw's agents.defaults."""

    enabled: bool | None = None
    """False publishes models alone, and nothing for agents' defaults; true also asks for a primary
    model where a ConfigMap of an earlier version has none."""
    primary: Globs = ()
    """Globs on the model id, tried in order: the first with a served match decides the primary
    model, which then stays while it is served. ["*"] unless set, but where the base configuration
    has agents.defaults.model."""
    fallbacks: Globs = ()
    """Globs on the model id: the models to try, in this order, when the primary one fails."""
    aliases: Annotated[
        dict[str, Glob],
        Field(
            default_factory=dict,
            max_length=64,
            json_schema_extra=cel(
                (
                    "self.all(k, k.matches('^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'))",
                    "write alias names of at most 63 letters, digits, ., _ and -, such as coder",
                )
            ),
        ),
    ]
    """Short names for models: from the alias to a glob on the model id."""
    allow: Literal["Discovered", "Any"] = "Any"
    """Discovered allows agents the published models and no others, of other providers neither;
    Any, the default, restricts nothing."""


class ConfigMapKeyRef(WireModel):
    """One key of a ConfigMap of the same namespace."""

    name: ObjectName
    """The ConfigMap's name."""
    key: DataKey = "openclaw.json5"
    """The key in the ConfigMap's data."""


OpenClawRelease = Annotated[
    str,
    matching(
        "20[0-9]{2}[.]([1-9]|1[0-2])([.][0-9]{1,3})?",
        'write a release of OpenClaw in quotes, such as "2026.6" or "2026.6.35"',
        max_length=12,
    ),
]


class Output(WireModel):
    """The ConfigMap that agents mount."""

    model_config = ConfigDict(
        json_schema_extra=cel(
            (
                "!has(self.configMapName) || !has(self.baseConfigRef)"
                " || self.configMapName != self.baseConfigRef.name",
                "write another configMapName: the base config would be overwritten",
            )
        )
    )

    config_map_name: ObjectName | None = None
    """The ConfigMap's name; the VllmProvider's name followed by -openclaw unless set. Immutable."""
    base_config_ref: ConfigMapKeyRef | None = None
    """A configuration in JSON5 that openclaw.json starts from; our part is merged into it."""
    openclaw: OpenClawRelease | None = None
    """The oldest OpenClaw release that must accept the documents; the newest form unless set."""
    documents: Annotated[
        tuple[Document, ...],
        documents_field(
            "self.exists(d, d in ['openclaw.json', 'models.json'])",
            "write openclaw.json or models.json too: after a restart, what was"
            " served last is read from there",
        ),
    ] = KEYS
    """Which documents are published: all unless set. Agents that include models.json and
    agents-defaults.json need no openclaw.json, those that run on openclaw.json nothing else."""
    labels: ExtraLabels
    """Labels for the ConfigMap, such as team or example.com/team."""
    annotations: ExtraAnnotations
    """Annotations for the ConfigMap, such as team or example.com/team."""
