"""Bodies of requests to the API server: JSON, and the YAML that a server-side apply has to be."""

import json
import re
from functools import lru_cache
from typing import Any

Json = dict[str, Any]

# YAML cannot escape half a surrogate pair, so an emoji has to be sent unescaped; characters that
# YAML forbids or folds to a space have to be escaped.
APPLY = "application/apply-patch+yaml; charset=utf-8"
NOT_IN_YAML = re.compile("[\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")


def encode_yaml(manifest: Json) -> bytes:
    """Write JSON that a YAML parser reads as the same value."""
    text = json.dumps(manifest, ensure_ascii=False)
    return NOT_IN_YAML.sub(lambda match: f"\\u{ord(match[0]):04x}", text).encode()


def encode_json(manifest: Json) -> bytes:
    """Write JSON; the data of a catalog's copies, a MiB for each namespace, is written once."""
    others = {name: value for name, value in manifest.items() if name != "data"}
    if "data" not in manifest or not others:
        return json.dumps(manifest).encode()
    data = _encode_data(tuple(manifest["data"].items()))
    return b'%b,"data":%b}' % (json.dumps(others).encode().removesuffix(b"}"), data)


@lru_cache(maxsize=1)
def _encode_data(items: tuple[tuple[str, str], ...]) -> bytes:
    return json.dumps(dict(items)).encode()
