"""The releases whose CRDs, chart and objects are kept under tests/data, for tests of an upgrade."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from openclaw_vllm.api.crd import Definition

Manifest = dict[str, Any]

DATA = Path(__file__).parent / "data"


@dataclass(frozen=True)
class EarlierRelease:
    """What users of a release have: crds/, chart/, objects/ and names.yaml in its folder."""

    folder: Path

    @property
    def version(self) -> str:
        return self.folder.name.removeprefix("v")

    @property
    def chart(self) -> Path:
        return self.folder / "chart"

    @property
    def values(self) -> Manifest:
        return _read(self.chart / "values.yaml")

    @property
    def names(self) -> Manifest:
        """The conditions, reasons, options of `run` and metrics that users have written down."""
        return _read(self.folder / "names.yaml")

    def crd(self, kind: Definition) -> Manifest:
        return _read(self.folder / "crds" / kind.file)

    def objects(self, kind: Definition) -> Iterator[Manifest]:
        """Yield the objects of a kind that the release's own tests had an API server accept."""
        text = (self.folder / "objects" / f"{kind.plural}.yaml").read_text()
        yield from yaml.load_all(text, yaml.CSafeLoader)


RELEASES = tuple(map(EarlierRelease, sorted(DATA.glob("v[0-9]*.[0-9]*.[0-9]*"))))


def schema_of(crd: Manifest) -> Manifest:
    """Return the schema of a CRD's one version."""
    (version,) = crd["spec"]["versions"]
    result: Manifest = version["schema"]["openAPIV3Schema"]
    return result


def _read(path: Path) -> Manifest:
    result: Manifest = yaml.load(path.read_text(), yaml.CSafeLoader)
    return result
