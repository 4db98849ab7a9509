"""The chart as Helm packs it, and as the OCI artefact that Helm pulls; both reproducible, which
`helm package` is not: it writes the time at which it runs.

https://helm.sh/docs/topics/registries names the media types.
"""

import gzip
import io
import tarfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import yaml

from hack.release import oci

CONFIG = "application/vnd.cncf.helm.config.v1+json"
CONTENT = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
ANNOTATION = "org.opencontainers.image"


def pack(folder: Path, seconds: int) -> bytes:
    """Return a chart's archive, with this time (in seconds since 1970, UTC) for each file.

    Hidden files are left out, as our .helmignore says; a commit has no others that it names.
    """
    paths = sorted(path for path in folder.rglob("*") if path.is_file() and path.name[0] != ".")
    first = folder / "Chart.yaml"  # as Helm does
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for path in [first, *(path for path in paths if path != first)]:
            name = f"{folder.name}/{path.relative_to(folder).as_posix()}"
            oci.add(tar, name, path.read_bytes(), seconds=seconds)
    return gzip.compress(plain.getvalue(), compresslevel=9, mtime=0)


def write_archive(archive: Path, folder: Path, packed: bytes, seconds: int) -> None:
    """Write the OCI archive of a packed chart, with the annotations that Helm gives one."""
    metadata: dict[str, Any] = yaml.safe_load((folder / "Chart.yaml").read_text())
    annotations = {
        f"{ANNOTATION}.title": metadata["name"],
        f"{ANNOTATION}.version": metadata["version"],
        f"{ANNOTATION}.description": metadata["description"],
        f"{ANNOTATION}.created": datetime.fromtimestamp(seconds, UTC).isoformat(),
    }
    config = oci.Blob(CONFIG, oci.encode(metadata))
    content = oci.Blob(CONTENT, packed)
    manifest = oci.manifest(config, content, annotations)
    oci.write(archive, metadata["version"], manifest, config, content)
