"""An OCI image layout in one tar file, whose bytes depend on nothing but what is put into it.

https://github.com/opencontainers/image-spec/blob/main/image-layout.md
"""

import hashlib
import io
import json
import tarfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Descriptor = dict[str, Any]

LAYOUT = b'{"imageLayoutVersion":"1.0.0"}'
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"
NAME = "org.opencontainers.image.ref.name"


@dataclass(frozen=True)
class Blob:
    """Bytes, and the media type that says what they are."""

    media_type: str
    content: bytes

    @property
    def digest(self) -> str:
        return f"sha256:{hashlib.sha256(self.content).hexdigest()}"

    @property
    def descriptor(self) -> Descriptor:
        size = len(self.content)
        return {"mediaType": self.media_type, "digest": self.digest, "size": size}


def manifest(config: Blob, layer: Blob, annotations: dict[str, str]) -> Blob:
    """Return the manifest of an artefact of one layer."""
    document = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": config.descriptor,
        "layers": [layer.descriptor],
        "annotations": annotations,
    }
    return Blob(MANIFEST, encode(document))


def write(archive: Path, name: str, root: Blob, *others: Blob) -> None:
    """Write a layout in which the manifest `root` has a name, beside the blobs that it names."""
    entry = root.descriptor | {"annotations": {NAME: name}}
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [entry]}
    files = {"oci-layout": LAYOUT, "index.json": encode(index)}
    for blob in sorted((root, *others), key=lambda blob: blob.digest):
        files[f"blobs/{blob.digest.replace(':', '/')}"] = blob.content
    with tarfile.open(archive, "w", format=tarfile.USTAR_FORMAT) as tar:
        for path, content in files.items():
            add(tar, path, content, seconds=0)


def pack(archive: Path, layout: Path) -> None:
    """Write the archive of a layout that a program has left in a folder."""
    with tarfile.open(archive, "w", format=tarfile.USTAR_FORMAT) as tar:
        for path in sorted(path for path in layout.rglob("*") if path.is_file()):
            add(tar, path.relative_to(layout).as_posix(), path.read_bytes(), seconds=0)


def add(tar: tarfile.TarFile, path: str, content: bytes, *, seconds: int) -> None:
    """Add a file of this time that belongs to nobody and that everybody may read."""
    member = tarfile.TarInfo(path)
    member.size, member.mtime, member.mode = len(content), seconds, 0o644
    tar.addfile(member, io.BytesIO(content))


def encode(document: object) -> bytes:
    """Return compact JSON with sorted keys."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()
