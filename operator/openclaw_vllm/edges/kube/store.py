"""Store of the objects of one kind; it alone decides which of two versions is newer."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Versioned(Protocol):
    """An object with the fields that the decision needs."""

    @property
    def uid(self) -> str:
        """The object's uid: another object of the same name has another one."""

    @property
    def resource_version(self) -> str:
        """The object's version, which etcd's revisions make a number."""


Key = TypeVar("Key")
Object = TypeVar("Object", bound=Versioned)


@dataclass(frozen=True, slots=True)
class Change(Generic[Object]):
    """An object that was stored, and its previous version."""

    before: Object | None
    after: Object

    @property
    def differs(self) -> bool:
        """Whether the two versions differ in what is stored."""
        return self.before != self.after

    @property
    def is_new_version(self) -> bool:
        """Whether the API server stored it anew: our own write is stored before a watch shows it,
        without what a webhook may have changed in it."""
        before = self.before
        return before is None or before.resource_version != self.after.resource_version


class Store(dict[Key, Object]):
    """The objects by key."""

    def upsert(self, key: Key, new: Object) -> Change[Object] | None:
        """Store an object; None when a newer version is stored, which then stays."""
        if self.has_newer(key, new):
            return None
        before = self.get(key)
        self[key] = new
        return Change(before, new)

    def has_newer(self, key: Key, new: Object) -> bool:
        """Return whether a newer version than this one is stored."""
        before = self.get(key)
        return before is not None and is_older(new.resource_version, before.resource_version)

    def delete(self, key: Key, uid: str) -> Object | None:
        """Drop an object and return it; None when another one has taken its name, or it is gone
        already: the end of an object may arrive after the one that took its name."""
        before = self.get(key)
        if before is None or before.uid != uid:
            return None
        del self[key]
        return before


def is_older(version: str, than: str) -> bool:
    """Compare resource versions of one kind, which etcd's revisions make numbers."""
    return version.isdigit() and than.isdigit() and int(version) < int(than)
