"""Base model and bounded strings that the types of the API share.

The API server evaluates the CEL rules, pydantic does not: an object that reaches the operator has
passed them, unless it was stored before a rule existed.
"""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel
from pydantic.config import JsonDict


class WireModel(BaseModel):
    """A frozen value with snake_case attributes and the camelCase names of Kubernetes on the wire.

    Unknown keys are ignored: an older operator has to read objects of a newer CRD. The docstrings
    of models and attributes are what `kubectl explain` prints.
    """

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
        extra="ignore",
        use_attribute_docstrings=True,
    )


# What an object has several of is a dataclass with slots instead: a WireModel has two dicts and a
# set of its own, and a cache holds thousands of objects.
WIRE = WireModel.model_config.copy()
del WIRE["frozen"]  # pydantic warns of one that the decorator has as well


def cel(*rules: tuple[str, str]) -> JsonDict:
    """Return the schema of CEL rules: pairs of an expression and the message when it is false."""
    return {
        "x-kubernetes-validations": [{"rule": rule, "message": message} for rule, message in rules]
    }


def map_keyed_by(key: str) -> JsonDict:
    """Make a list of objects a map: `key` is unique, and appliers may own single entries."""
    return {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": [key]}


SET: JsonDict = {"x-kubernetes-list-type": "set"}
ATOMIC: JsonDict = {"x-kubernetes-list-type": "atomic"}

# White space, control and format characters (bidirectional overrides among them), of all Unicode.
_NO_BLANKS = r"\s\p{Z}\p{C}"
_DNS_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"


def matching(
    pattern: str, message: str, *, max_length: int, also: tuple[str, str] | None = None
) -> Any:
    """Return the field of a string that has to match as a whole; `also` is one more rule and its
    message."""
    rules = [(f"self.matches(r'^{pattern}$')", message)] + ([also] if also else [])
    return Field(max_length=max_length, json_schema_extra=cel(*rules))


Glob = Annotated[
    str,
    matching(
        f"[^{_NO_BLANKS}]+",
        'write a pattern such as "Qwen/*", without white space: ? matches any one character',
        max_length=256,
    ),
]

Globs = Annotated[tuple[Glob, ...], Field(max_length=64)]

# OpenClaw 2026.9.6 takes what follows the first @ after the last / of a reference for the name of a
# key, unless it is a date, a quantization, or both in this order (its model-ref-profile.ts).
_QUANTIZATION = "([iI]?[qQ][0-9]+(_[a-zA-Z0-9]+)*|[0-9]+[bB][iI][tT])"
MODEL_VERSION = f"([0-9]{{8}}(@{_QUANTIZATION})?|{_QUANTIZATION})"
ModelId = Annotated[
    str,
    matching(
        f"[^*{_NO_BLANKS}]+",
        "write the id as the server lists it, such as Qwen/Qwen3-32B; OpenClaw cannot refer to"
        " ids with white space or *: give such a model another --served-model-name",
        max_length=256,
        also=(
            f"self.matches('(^|/)[^@/]*(@{MODEL_VERSION})?$')",
            "after @ write a quantization or a date, as in qwen3-8b@q8_0, m@4bit or m@20260101;"
            " OpenClaw takes anything else for the name of a key: give such a model another"
            " --served-model-name",
        ),
    ),
]

ServiceName = Annotated[
    str,
    matching(
        f"{_DNS_LABEL}",
        "write the bare name of a Service of this namespace, such as vllm; for one of another"
        " namespace use baseUrl: http://<service>.<namespace>.svc.cluster.local:8000/v1",
        max_length=63,
    ),
]

ObjectName = Annotated[
    str,
    matching(
        f"{_DNS_LABEL}([.]{_DNS_LABEL})*",
        "write the name of an object of this namespace: lower-case letters, digits, - and .,"
        " such as vllm-api-key",
        max_length=253,
    ),
]

DataKey = Annotated[
    str,
    matching(
        "[-._a-zA-Z0-9]+",
        "write a key of the object's data: letters, digits, -, _ and ., such as api-key",
        max_length=253,
    ),
]

EnvName = Annotated[
    str,
    matching(
        "[A-Z_][A-Z0-9_]*",
        "write the variable's name only, in capitals, such as VLLM_API_KEY; the operator adds"
        " the ${}",
        max_length=128,
    ),
]

LabelValue = Annotated[
    str,
    matching(
        "([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?",
        "write letters, digits, -, _ and ., with a letter or digit at both ends",
        max_length=63,
    ),
]


def documents_field(rule: str, message: str) -> Any:
    """Return the field of a set of published documents, with the CEL rule that it has to meet."""
    return Field(min_length=1, max_length=3, json_schema_extra={**SET, **cel((rule, message))})
