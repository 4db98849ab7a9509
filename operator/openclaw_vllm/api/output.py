"""`spec.agents` and `spec.output` of a VllmProvider: agents' defaults and the ConfigMap."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from openclaw_vllm.api.fields import (
    DataKey,
    Glob,
    Globs,
    LabelValue,
    ObjectName,
    WireModel,
    cel,
)


class AgentDefaults(WireModel):
    """What agents use unless they say otherwise: our part of OpenClaw's agents.defaults."""

    primary: Globs = ()
    """Globs on the model id, tried in order: the first with a served match decides the primary
    model, which then stays while it is served."""
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


# Prefixes that make a controller act on the object that carries them: the operator may write
# ConfigMaps, and must not lend that right to whoever may write a VllmProvider.
_FOREIGN_PREFIX = (
    "^([a-z0-9.-]+[.])?((kubernetes|k8s|argoproj|fluxcd)[.]io|helm[.]sh|emberstack[.]com"
    "|mittwald[.]de|appscode[.]com|synator|kube-syncer|openclaw-vllm[.]dev)/"
)
_OWN_PREFIX = (
    (
        "self.all(k, k.matches('^[^/]{1,253}/[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$')"
        " && k.matches('^[a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/'))",
        "write keys with a prefix of your own, such as example.com/team",
    ),
    (
        f"self.all(k, !k.matches('{_FOREIGN_PREFIX}'))",
        "write keys with a prefix of your own, such as example.com/team: this one belongs to"
        " Kubernetes, to a controller that acts on it, or to this operator",
    ),
)
AnnotationValue = Annotated[str, Field(max_length=1024)]


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
    labels: Annotated[
        dict[str, LabelValue],
        Field(default_factory=dict, max_length=16, json_schema_extra=cel(*_OWN_PREFIX)),
    ]
    """Labels for the ConfigMap; keys need a prefix of your own, such as example.com/team."""
    annotations: Annotated[
        dict[str, AnnotationValue],
        Field(default_factory=dict, max_length=16, json_schema_extra=cel(*_OWN_PREFIX)),
    ]
    """Annotations for the ConfigMap; keys need a prefix of your own, such as example.com/team."""
