"""Objects of one kind as they were last seen: the rule of what is newer stands here alone."""

from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar


class Versioned(Protocol):
    """What the rule needs to know of an object."""

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
    """An object that was taken in, and what was known of it before."""

    before: Object | None
    after: Object

    @property
    def differs(self) -> bool:
        """Whether what is kept of the object has changed."""
        return self.before != self.after


class Store(dict[Key, Object]):
    """The objects by key."""

    def upsert(self, key: Key, seen: Object) -> Change[Object] | None:
        """Take in an object; None when something newer is known, which then stays."""
        if self.has_newer(key, seen):
            return None
        before = self.get(key)
        self[key] = seen
        return Change(before, seen)

    def has_newer(self, key: Key, seen: Object) -> bool:
        """Tell whether a newer version than the one that was seen is known."""
        before = self.get(key)
        return before is not None and is_older(seen.resource_version, before.resource_version)

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
