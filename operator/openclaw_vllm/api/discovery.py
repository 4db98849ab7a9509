"""`spec.discovery` of a VllmProvider: when and how its server is probed."""

import re
from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field
from pydantic.config import JsonDict

from openclaw_vllm.api.fields import SET, Globs, WireModel, cel

Mode = Literal["Periodic", "OnChange"]
AskedReplicas = Literal["Service", "Each"]
PublishRule = Literal["All", "Any"]
ModelKind = Literal["Chat", "Embedding", "Reranker", "Speech", "Image", "Other"]
DEFAULT_KINDS: tuple[ModelKind, ...] = ("Chat",)

_DURATION = "([0-9]{1,6}(ms|s|m|h))+"
_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}


def duration_schema(low: str, high: str, example: str) -> JsonDict:
    """Bound a duration; the pattern comes first because CEL's duration() raises its own error."""
    return {
        "maxLength": 16,
        **cel(
            (
                f"self.matches('^{_DURATION}$')"
                f" && duration(self) >= duration('{low}') && duration(self) <= duration('{high}')",
                f"write a duration from {low} to {high}, such as {example}",
            )
        ),
    }


def parse_duration(text: str) -> float:
    """Return the seconds of a duration in Kubernetes' form, such as 1h30m or 500ms."""
    if not re.fullmatch(_DURATION, text):
        raise ValueError(f"{text!r} is not a duration such as 30s, 5m or 1h30m")
    parts = re.findall("([0-9]+)(ms|s|m|h)", text)
    return sum(int(number) * _SECONDS[unit] for number, unit in parts)


def _validate_duration(text: str) -> str:
    parse_duration(text)
    return text


Interval = Annotated[
    str,
    AfterValidator(_validate_duration),
    Field(json_schema_extra=duration_schema("5s", "24h", "60s or 5m")),
]
Timeout = Annotated[
    str,
    AfterValidator(_validate_duration),
    Field(json_schema_extra=duration_schema("100ms", "5m", "5s")),
]


def timeout_within_interval(timeout: str, interval: str) -> tuple[str, str]:
    """Return the rule that compares these two CEL expressions; other rules check their form."""
    form = f"^{_DURATION}$"
    return (
        f"!{timeout}.matches('{form}') || !{interval}.matches('{form}')"
        f" || duration({timeout}) <= duration({interval})",
        "write a timeout that is at most the interval",
    )


class DiscoverySpec(WireModel):
    """When and how the server is asked what it serves, and which answers count."""

    model_config = ConfigDict(
        json_schema_extra=cel(timeout_within_interval("self.timeout", "self.interval"))
    )

    interval: Interval = "60s"
    """How long to wait between two questions: 5s to 24h."""
    timeout: Timeout = "5s"
    """How long an answer may take in all: 100ms to 5m, and at most the interval."""
    include: Annotated[
        Globs,
        Field(
            json_schema_extra=cel(
                ("size(self) > 0", 'write ["*"] to include every model, or leave include out')
            )
        ),
    ] = ("*",)
    """Globs on the model id; a model is published when one matches. * stands for any characters, /
    included, ? for one, and all else, brackets too, for itself."""
    exclude: Globs = ()
    """Globs on the model id; a model is left out when one matches. Applied after include."""
    kinds: Annotated[
        tuple[ModelKind, ...],
        Field(
            max_length=6,
            json_schema_extra={
                **SET,
                **cel(
                    ("size(self) > 0", "write [Chat], [Chat, Embedding], ... or leave kinds out")
                ),
            },
        ),
    ] = DEFAULT_KINDS
    """Kinds of models to publish, as far as the server's list names a kind; a model without one is
    published. Agents chat: change it only for a list whose words are wrong."""
    remove_after: Annotated[int, Field(ge=1, le=100)] = 3
    """A model goes when this many good answers in a row came without it; it comes at once."""
    capabilities: Literal["Disabled", "Probe"] = "Disabled"
    """Probe finds out with one cheap request each whether models accept tools and images, once
    per change of the model list. At most the first 16 base models by id are asked; an adapter has
    the capabilities of its base model."""
    max_models: Annotated[int, Field(ge=1, le=2000)] = 200
    """A longer list is refused, never cut: agents take long to load it."""

    mode: Mode = "Periodic"
    """Periodic asks at the interval. OnChange asks only when this resource is created or edited,
    when openclaw-vllm.dev/requested-at changes and when other replicas of the Service are ready:
    for a server that each question wakes up, or that is metered. Until the first good answer both
    ask again, and a Service without EndpointSlices is asked at the interval in either."""
    replicas: AskedReplicas = "Service"
    """Service asks the Service, which any replica may answer. Each asks every ready replica at its
    own address, of more than 16 always the same 16, and needs EndpointSlices."""
    publish: PublishRule = "All"
    """With replicas: Each: All publishes the models that all replicas serve, Any those that any of
    them does. Numbers are the smallest of all replicas."""
    when_scaled_to_zero: Literal["KeepReady", "NotReady"] = "KeepReady"
    """Whether Ready stays True while no replica of the Service is ready, which is not asked then.
    A server that has never answered is not Ready in either."""

    @property
    def interval_seconds(self) -> float:
        """The interval in seconds."""
        return parse_duration(self.interval)

    @property
    def timeout_seconds(self) -> float:
        """The timeout in seconds."""
        return parse_duration(self.timeout)
