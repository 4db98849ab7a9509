"""A ConfigMap volume as the kubelet keeps it: files are links into `..data`, itself a link.

A client that watches or opens files the wrong way fails on this layout and on no plain folder.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

DATA = "..data"


class ConfigMapVolume:
    """A folder that shows a ConfigMap's data; `update` is what the kubelet does after a change."""

    def __init__(self, folder: Path, data: Mapping[str, str]) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        self.update(data)

    def update(self, data: Mapping[str, str]) -> None:
        """Show other data: all files change in one rename, after which the old ones go."""
        current = self.folder / DATA
        before = current.resolve() if current.is_symlink() else None
        version = self.folder / f"..{uuid4().hex}"
        version.mkdir(mode=0o755)
        for name, text in data.items():
            (version / name).write_text(text, encoding="utf-8")
        swapped = self.folder / "..data_tmp"
        swapped.symlink_to(version.name)
        os.replace(swapped, current)
        for name in data:
            link = self.folder / name
            if not link.is_symlink():
                link.symlink_to(Path(DATA) / name)
        if before is not None:
            shutil.rmtree(before)
