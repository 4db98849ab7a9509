"""The JSON schema that the pinned OpenClaw prints of its configuration, as a judge.

It says in milliseconds what the client itself needs seconds for. What it cannot say, rules across
fields, is left to the client (`test_client.py`).
"""

import json
from collections.abc import Mapping

from jsonschema import Draft7Validator
from jsonschema.exceptions import best_match

from openclaw_vllm.api.configmap import AGENTS, CONFIG, MODELS
from tests.conformance.install import Installation

PLACES: Mapping[str, tuple[str, ...]] = {
    CONFIG: (),
    MODELS: ("models",),
    AGENTS: ("agents", "defaults"),
}


class Schema:
    """Judges each document of the ConfigMap where it goes: in a whole configuration."""

    def __init__(self, installation: Installation) -> None:
        root = json.loads(installation.schema.read_text(encoding="utf-8"))
        assert root["$schema"] == Draft7Validator.META_SCHEMA["$schema"]
        self._root = root
        self._judge = Draft7Validator(root)

    def provider_keys(self) -> set[str]:
        """Return every key that an entry of models.providers can have."""
        providers = self._root["properties"]["models"]["properties"]["providers"]
        return set(providers["additionalProperties"]["properties"])

    def complaint(self, key: str, document: object) -> str:
        """Say what is wrong with the document of this key; nothing when all is well."""
        for name in reversed(PLACES[key]):
            document = {name: document}
        error = best_match(self._judge.iter_errors(document))
        return "" if error is None else f"{key} at {error.json_path}: {error.message}"

    def complaints(self, data: Mapping[str, str]) -> list[str]:
        """Say what is wrong with each document of a ConfigMap."""
        result = (self.complaint(key, json.loads(text)) for key, text in data.items())
        return [complaint for complaint in result if complaint]
