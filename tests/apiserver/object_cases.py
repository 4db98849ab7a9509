"""What a cluster does with our objects: the cases that the fake and the real one both have to meet.

Each case is a coroutine that acts as a user and as the operator, and asserts what comes of it.
"""

from collections.abc import Awaitable, Callable
from typing import Protocol

import pytest

from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.status import VllmProviderStatus
from openclaw_vllm.edges.kube.cluster import Cluster
from openclaw_vllm.edges.kube.replies import Conflict, NotFound

FINALIZER = "openclaw-vllm.dev/test"
STATUS = VllmProviderStatus.model_validate({"observedGeneration": 1, "modelCount": 2})


class User(Protocol):
    """What somebody else does to the objects of a namespace."""

    @property
    def cluster(self) -> Cluster: ...

    @property
    def namespace(self) -> str: ...

    def create(self, name: str) -> VllmProvider: ...

    def read(self, name: str) -> VllmProvider: ...

    def delete(self, provider: VllmProvider) -> None: ...


Case = Callable[[User], Awaitable[None]]


async def names(user: User, kind: str, *namespaces: str, selector: str = "") -> list[str]:
    listed = user.cluster.list_objects(kind, namespaces, selector=selector, metadata_only=True)
    return sorted([item["metadata"]["name"] async for item in listed])


async def an_object_still_exists(user: User) -> None:
    await user.cluster.ensure_still_exists(user.create("vllm"))


async def an_object_that_is_gone_is_not_found(user: User) -> None:
    provider = user.create("vllm")
    user.delete(provider)
    with pytest.raises(NotFound):
        await user.cluster.ensure_still_exists(provider)
    with pytest.raises(NotFound):
        await user.cluster.apply_status(provider, STATUS)
    with pytest.raises(NotFound):
        await user.cluster.set_finalizers(provider, [FINALIZER])


async def an_object_of_the_same_name_is_another_one(user: User) -> None:
    before = user.create("vllm")
    user.delete(before)
    user.create("vllm")
    with pytest.raises(NotFound):
        await user.cluster.ensure_still_exists(before)
    with pytest.raises(Conflict):
        await user.cluster.apply_status(before, STATUS)
    with pytest.raises(Conflict):
        await user.cluster.set_finalizers(before, [FINALIZER])


async def a_status_is_read_back_with_a_new_version(user: User) -> None:
    before = user.create("vllm")
    after = await user.cluster.apply_status(before, STATUS)
    assert (after.status, after.spec, after.uid) == (STATUS, before.spec, before.uid)
    assert after.resource_version != before.resource_version
    assert await user.cluster.apply_status(after, STATUS) == after


async def a_status_loses_the_fields_that_are_applied_no_more(user: User) -> None:
    before = await user.cluster.apply_status(user.create("vllm"), STATUS)
    fewer = VllmProviderStatus.model_validate({"observedGeneration": 1})
    after = await user.cluster.apply_status(before, fewer)
    assert after.status == fewer


async def a_status_for_an_older_version_conflicts(user: User) -> None:
    before = user.create("vllm")
    await user.cluster.apply_status(before, STATUS)
    with pytest.raises(Conflict):
        await user.cluster.apply_status(before, VllmProviderStatus())


async def finalizers_are_replaced(user: User) -> None:
    before = user.create("vllm")
    after = await user.cluster.set_finalizers(before, [FINALIZER])
    assert (after.finalizers, after.deleting) == ((FINALIZER,), False)
    assert after.resource_version != before.resource_version
    with pytest.raises(Conflict):
        await user.cluster.set_finalizers(before, [])


async def an_object_stays_until_its_last_finalizer_goes(user: User) -> None:
    held = await user.cluster.set_finalizers(user.create("vllm"), [FINALIZER])
    user.delete(held)
    await user.cluster.ensure_still_exists(held)
    with pytest.raises(Conflict):
        await user.cluster.set_finalizers(held, [])
    leaving = user.read("vllm")
    assert leaving.deleting
    await user.cluster.set_finalizers(leaving, [])
    with pytest.raises(NotFound):
        await user.cluster.ensure_still_exists(leaving)


async def objects_are_listed_by_kind_and_namespace(user: User) -> None:
    user.create("a")
    user.create("b")
    assert await names(user, "vllmproviders", user.namespace) == ["a", "b"]
    assert await names(user, "vllmproviders", "there-is-none") == []
    assert user.namespace in await names(user, "namespaces")


async def an_event_about_an_object_that_is_gone_is_no_failure(user: User) -> None:
    provider = user.create("vllm")
    user.delete(provider)
    await user.cluster.post_event(provider, "Succeeded", "all is well", warning=False)


OBJECT_CASES: list[Case] = [
    an_object_still_exists,
    an_object_that_is_gone_is_not_found,
    an_object_of_the_same_name_is_another_one,
    a_status_is_read_back_with_a_new_version,
    a_status_loses_the_fields_that_are_applied_no_more,
    a_status_for_an_older_version_conflicts,
    finalizers_are_replaced,
    an_object_stays_until_its_last_finalizer_goes,
    objects_are_listed_by_kind_and_namespace,
    an_event_about_an_object_that_is_gone_is_no_failure,
]
