"""Store that also finds its objects by what they name, such as slices by their Service."""

from collections import defaultdict
from collections.abc import Callable

from openclaw_vllm.edges.kube.store import Change, Key, Object, Store


class IndexedStore(Store[Key, Object]):
    """The objects by key; `index` returns the key of what an object names."""

    def __init__(self, index: Callable[[Object], Key]) -> None:
        super().__init__()
        self._index = index
        self._keys: defaultdict[Key, set[Key]] = defaultdict(set)

    def upsert(self, key: Key, new: Object) -> Change[Object] | None:
        """Store an object; None when a newer version is stored, which then stays."""
        change = super().upsert(key, new)
        if change is not None:
            if change.before is not None:
                self._unlink(key, change.before)
            self._keys[self._index(new)].add(key)
        return change

    def delete(self, key: Key, uid: str) -> Object | None:
        """Drop an object and return it; None when another one has taken its name."""
        deleted = super().delete(key, uid)
        if deleted is not None:
            self._unlink(key, deleted)
        return deleted

    def naming(self, target: Key) -> frozenset[Key]:
        """Return the keys of the objects that name the target."""
        return frozenset(self._keys.get(target, ()))

    def _unlink(self, key: Key, former: Object) -> None:
        target = self._index(former)
        self._keys[target].discard(key)
        if not self._keys[target]:
            del self._keys[target]
