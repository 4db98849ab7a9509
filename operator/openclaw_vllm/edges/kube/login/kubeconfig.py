"""Kubeconfig files, merged and read as kubectl does.

Of several files the first that names a cluster, a user, a context or the current context is the one
that counts, and files that do not exist are left out.
"""

from base64 import b64decode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from openclaw_vllm.edges.kube.login.errors import NoCluster

KINDS = ("clusters", "users", "contexts")

Entry = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Located:
    """An entry, and the folder that its relative paths start at."""

    entry: Entry
    folder: Path

    def text(self, key: str) -> str:
        """Return a field as text, empty without one."""
        value = self.entry.get(key)
        return "" if value is None else str(value)

    def texts(self, key: str) -> list[str]:
        """Return a field that is a list of texts; raises NoCluster for another one."""
        value = self.entry.get(key) or []
        if not isinstance(value, list):
            raise NoCluster(f"{key} of the kubeconfig is no list")
        return [str(one) for one in value]

    def objects(self, key: str) -> list["Located"]:
        """Return a field that is a list of objects; raises NoCluster for another one."""
        value = self.entry.get(key) or []
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise NoCluster(f"{key} of the kubeconfig is no list of objects")
        return [Located(one, self.folder) for one in value]

    def object(self, key: str) -> "Located | None":
        """Return a field that is an object, None without one; raises NoCluster for another one."""
        value = self.entry.get(key)
        if value is not None and not isinstance(value, dict):
            raise NoCluster(f"{key} of the kubeconfig is no object")
        return None if value is None else Located(value, self.folder)

    def path(self, key: str) -> Path | None:
        """Return a field that is a path."""
        text = self.text(key)
        return self.folder / Path(text).expanduser() if text else None

    def pem(self, key: str) -> bytes:
        """Return what the field `<key>-data` holds, or else the file of the field; empty without
        either. Raises NoCluster when it cannot be read."""
        try:
            if data := self.text(f"{key}-data"):
                return b64decode(data, validate=True)
            path = self.path(key)
            return path.read_bytes() if path else b""
        except (ValueError, OSError) as error:
            raise NoCluster(f"{key} of the kubeconfig: {error}") from error


@dataclass(frozen=True, slots=True)
class Kubeconfig:
    """The entries of all files by kind and name, and where they come from."""

    paths: tuple[Path, ...]
    current_context: str = ""
    entries: Mapping[str, Mapping[str, Located]] = field(default_factory=dict)

    def find(self, kind: str, name: str) -> Located:
        """Return an entry; raises NoCluster when no file has it."""
        located = self.entries.get(kind, {}).get(name)
        if located is None:
            raise NoCluster(f"{self} has no {kind.removesuffix('s')} {name!r}")
        return located

    def context(self, name: str = "") -> tuple[Located, Located]:
        """Return the cluster and the user of a context, by default the current one; a context
        without a user asks anonymously. Raises NoCluster when something is missing."""
        name = name or self.current_context
        if not name:
            advice = "kubectl config use-context sets one"
            raise NoCluster(f"{self} has no current-context: {advice}")
        context = self.find("contexts", name)
        user = context.text("user")
        cluster = self.find("clusters", context.text("cluster"))
        return cluster, self.find("users", user) if user else Located({}, context.folder)

    def __str__(self) -> str:
        return f"kubeconfig {':'.join(map(str, self.paths))}"


def read_kubeconfig(paths: Iterable[Path]) -> Kubeconfig | None:
    """Return the files merged, None when none of them exists; raises NoCluster for one that cannot
    be read."""
    present = tuple(path for path in paths if path.exists())
    if not present:
        return None
    entries: dict[str, dict[str, Located]] = {kind: {} for kind in KINDS}
    current_context = ""
    for path in present:
        config = _read(path)
        current_context = current_context or str(config.get("current-context") or "")
        for kind in KINDS:
            for name, entry in _named(config, kind, path):
                entries[kind].setdefault(name, Located(entry, path.absolute().parent))
    return Kubeconfig(present, current_context, entries)


def _read(path: Path) -> Entry:
    try:
        config = yaml.safe_load(path.read_bytes())
    except (OSError, ValueError, yaml.YAMLError) as error:
        message = " ".join(str(error).split())
        raise NoCluster(f"kubeconfig {path} cannot be read: {message}") from error
    if config is not None and not isinstance(config, dict):
        raise NoCluster(f"kubeconfig {path} holds no object")
    return config or {}


def _named(config: Entry, kind: str, path: Path) -> Iterable[tuple[str, Entry]]:
    """Yield the entries of a kind, which are under its singular beside their names."""
    for item in config.get(kind) or ():
        entry = item.get(kind.removesuffix("s")) if isinstance(item, dict) else None
        if not isinstance(item, dict) or not isinstance(entry or {}, dict):
            raise NoCluster(f"kubeconfig {path}: what {kind} holds is no list of named objects")
        yield str(item.get("name") or ""), entry or {}
