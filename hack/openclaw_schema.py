"""Schema of an OpenClaw release as test data: `python -m hack.openclaw_schema 2026.9.6`.

It installs the release (650 MB, once) and writes what its `config schema` says of what we publish,
so that tests hold documents against it without the package. `sha256` is of all that it printed.
"""

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

from tests.conformance.install import print_schema
from tests.releases import installing

FOLDER = Path(__file__).parents[1] / "tests" / "data" / "openclaw"
AGENTS_DEFAULTS = ("model", "models", "modelPolicy")

Json = dict[str, Any]


def reduce(release: str, printed: bytes) -> str:
    """Return the text of the file: the schema of `models` and of our part of agents' defaults."""
    sections = json.loads(printed)["properties"]
    defaults = sections["agents"]["properties"]["defaults"]["properties"]
    kept = {name: defaults[name] for name in AGENTS_DEFAULTS if name in defaults}
    agents = _closed({"defaults": _closed(kept)})
    root = _closed({"agents": agents, "models": sections["models"]})
    schema = {"$schema": "http://json-schema.org/draft-07/schema#", **root}
    file = {
        "release": release,
        "schema": schema,
        "sha256": hashlib.sha256(printed).hexdigest(),
    }
    return json.dumps(file, sort_keys=True, separators=(",", ":")) + "\n"


def _closed(properties: Json) -> Json:
    return {"additionalProperties": False, "properties": properties, "type": "object"}


def main(release: str) -> None:
    """Write the file of a release."""
    path = FOLDER / f"schema-{release}.json"
    path.write_text(reduce(release, print_schema(installing.ensure(release))))
    print(path)


if __name__ == "__main__":
    main(*sys.argv[1:])
