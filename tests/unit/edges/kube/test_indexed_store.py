"""Objects found by what they name, whichever way they change."""

from dataclasses import dataclass

from openclaw_vllm.edges.kube.indexed_store import IndexedStore


@dataclass(frozen=True)
class Named:
    """An object that names another one."""

    target: str
    uid: str = "uid-1"
    resource_version: str = "1"


def store(**objects: Named) -> IndexedStore[str, Named]:
    new = IndexedStore[str, Named](lambda one: one.target)
    for key, named in objects.items():
        new.upsert(key, named)
    return new


def test_objects_are_found_by_what_they_name() -> None:
    objects = store(a=Named("x"), b=Named("x"), c=Named("y"))
    assert objects.naming("x") == {"a", "b"}
    assert not objects.naming("z")


def test_an_object_that_names_another_one_now_is_found_there_alone() -> None:
    objects = store(a=Named("x"))
    objects.upsert("a", Named("y", resource_version="2"))
    assert not objects.naming("x")
    assert objects.naming("y") == {"a"}


def test_an_older_version_changes_nothing() -> None:
    objects = store(a=Named("x", resource_version="2"))
    assert objects.upsert("a", Named("y")) is None
    assert objects.naming("x") == {"a"}


def test_an_object_that_is_deleted_is_not_found_unless_another_has_its_name() -> None:
    objects = store(a=Named("x"))
    assert objects.delete("a", "uid-0") is None
    assert objects.naming("x") == {"a"}
    objects.delete("a", "uid-1")
    assert objects.naming("x") == frozenset()
