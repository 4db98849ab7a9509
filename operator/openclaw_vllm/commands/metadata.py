"""Validation of an object's metadata as the API server does it: ObjectMeta's fields, names, labels.

A CRD's schema leaves metadata to Kubernetes, so its rules are repeated here; every limit is as
measured with kubectl and the API server of 1.37.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from openclaw_vllm.commands.schema import Json, Schema, Violation, apply_defaults, violations
from openclaw_vllm.settings import NAMESPACE_FORM, is_namespace

NAME = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
MAX_NAME = 253
LABEL = re.compile(r"(?=.{1,63}$)[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
MAX_ANNOTATIONS = 262_144  # bytes, of all keys and values together

TEXT: Schema = {"type": "string"}
FLAG: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "integer"}
TEXTS: Schema = {"type": "object", "additionalProperties": TEXT}
OWNER: Schema = {
    "type": "object",
    "required": ["apiVersion", "kind", "name", "uid"],
    "properties": {
        **dict.fromkeys(("apiVersion", "kind", "name", "uid"), TEXT | {"minLength": 1}),
        **dict.fromkeys(("blockOwnerDeletion", "controller"), FLAG),
    },
}
MANAGED_FIELDS: Schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
OBJECT_META: Schema = {
    "type": "object",
    "properties": {
        **dict.fromkeys(("name", "generateName", "namespace", "uid", "resourceVersion"), TEXT),
        **dict.fromkeys(("selfLink", "creationTimestamp", "deletionTimestamp"), TEXT),
        **dict.fromkeys(("generation", "deletionGracePeriodSeconds"), NUMBER),
        **dict.fromkeys(("labels", "annotations"), TEXTS),
        "finalizers": {"type": "array", "items": TEXT},
        "ownerReferences": {"type": "array", "items": OWNER},
        "managedFields": {"type": "array", "items": MANAGED_FIELDS},
    },
}

_LABEL_FORM = "letters, digits, -, _ and ., with a letter or digit at both ends"
_KEY_FORM = f"at most 63 {_LABEL_FORM}, or such a name after a prefix, such as example.com/team"


def normalize_metadata(metadata: Json) -> Json:
    """Return metadata as the API server stores it: a label that is null is an empty text."""
    normalized = apply_defaults({} if metadata is None else metadata, OBJECT_META)
    for name in ("labels", "annotations"):
        if isinstance(normalized, dict) and isinstance(normalized.get(name), dict):
            labels = normalized[name].items()
            normalized[name] = {k: "" if v is None else v for k, v in labels}
    return normalized


def metadata_violations(metadata: Json) -> Iterator[Violation]:
    """Yield the violations of an object's metadata, as `normalize_metadata` returns it."""
    by_schema = list(violations(metadata, OBJECT_META, "metadata"))
    yield from by_schema
    if not by_schema:
        yield from _name(metadata)
        yield from _labels(metadata.get("labels", {}))
        yield from _annotations(metadata.get("annotations", {}))


def _name(metadata: dict[str, Any]) -> Iterator[Violation]:
    name, namespace = metadata.get("name"), metadata.get("namespace")
    if namespace and not is_namespace(namespace):
        yield Violation("metadata.namespace", NAMESPACE_FORM)
    if not name:
        yield Violation("metadata.name", "Required value")
    elif len(name) > MAX_NAME or not NAME.fullmatch(name):
        message = "write lower-case letters, digits, - and ., with a letter or digit at both ends"
        yield Violation("metadata.name", message)


def _labels(labels: dict[str, str]) -> Iterator[Violation]:
    for key, value in labels.items():
        if not _is_key(key):
            yield Violation("metadata.labels", f"the key {json.dumps(key)}: write {_KEY_FORM}")
        if value and not LABEL.fullmatch(value):
            yield Violation(
                f"metadata.labels.{key}",
                f"the value {json.dumps(value)}: write at most 63 {_LABEL_FORM}, or nothing",
            )


def _annotations(annotations: dict[str, str]) -> Iterator[Violation]:
    for key in annotations:
        if not _is_key(key.lower()):
            message = f"the key {json.dumps(key)}: write {_KEY_FORM}"
            yield Violation("metadata.annotations", message)
    if sum(len(k.encode()) + len(v.encode()) for k, v in annotations.items()) > MAX_ANNOTATIONS:
        message = f"Too long: may not be more than {MAX_ANNOTATIONS} bytes"
        yield Violation("metadata.annotations", message)


def _is_key(key: str) -> bool:
    """Return whether a label may have this key: a name, or a DNS name, a slash and a name."""
    prefix, slash, name = key.rpartition("/")
    has_valid_prefix = not slash or (len(prefix) <= MAX_NAME and NAME.fullmatch(prefix) is not None)
    return has_valid_prefix and LABEL.fullmatch(name) is not None
