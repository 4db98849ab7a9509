"""What a cluster does with the ConfigMap that is published: cases for the fake and the real one."""

from collections.abc import Mapping
from typing import Any

import pytest

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import CONFIG, ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.edges.kube.config_maps import NO_VERSION
from openclaw_vllm.edges.kube.replies import Conflict, NotFound
from tests.apiserver.object_cases import Case, User, names

Json = dict[str, Any]

ANOTHER = "11111111-1111-1111-1111-111111111111"


def config_map(key: ObjectKey, data: Mapping[str, str], **metadata: Any) -> Json:
    named = {"name": key.name, "namespace": key.namespace, **metadata}
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": named, "data": dict(data)}


async def apply(user: User, text: str = "{}", **metadata: Any) -> ConfigMapState:
    """Apply the ConfigMap of the namespace with this configuration."""
    key = ObjectKey(user.namespace, "published")
    applied = await user.cluster.apply_config_map(key, config_map(key, {CONFIG: text}, **metadata))
    assert isinstance(applied, ConfigMapState), applied
    return applied


async def find(user: User) -> ConfigMapState | None:
    return await user.cluster.find_config_map(ObjectKey(user.namespace, "published"))


async def delete(user: User, state: ConfigMapState) -> None:
    await user.cluster.delete_config_map(ObjectKey(user.namespace, "published"), state)


async def a_missing_config_map_is_none(user: User) -> None:
    assert await find(user) is None
    assert await user.cluster.get_config_map(ObjectKey(user.namespace, "published")) is None


async def an_applied_config_map_is_read_back(user: User) -> None:
    applied = await apply(user, labels={"a": "b"}, annotations={"c": "d"})
    assert (applied.labels, applied.annotations) == ({"a": "b"}, {"c": "d"})
    assert await find(user) == applied
    whole = await user.cluster.get_config_map(ObjectKey(user.namespace, "published"))
    assert whole is not None
    assert (whole["data"], whole["metadata"]["uid"]) == ({CONFIG: "{}"}, applied.uid)


async def the_same_apply_again_makes_no_new_version(user: User) -> None:
    assert await apply(user) == await apply(user)


async def another_apply_makes_a_new_version_of_the_same_object(user: User) -> None:
    before, after = await apply(user), await apply(user, "{a: 1}")
    assert before.uid == after.uid
    assert before.resource_version != after.resource_version
    assert before.digest != after.digest


async def an_apply_with_the_uid_is_taken(user: User) -> None:
    before = await apply(user)
    after = await apply(user, "{a: 1}", uid=before.uid)
    assert after.uid == before.uid


async def an_apply_with_the_uid_of_another_one_conflicts(user: User) -> None:
    before = await apply(user)
    with pytest.raises(Conflict):
        await apply(user, "{a: 1}", uid=ANOTHER)
    assert await find(user) == before


async def an_apply_with_the_uid_of_one_that_is_gone_conflicts(user: User) -> None:
    before = await apply(user)
    await delete(user, before)
    with pytest.raises(Conflict):
        await apply(user, uid=before.uid)
    assert await find(user) is None


async def an_apply_that_shall_create_does_so_once(user: User) -> None:
    created = await apply(user, resourceVersion=NO_VERSION)
    with pytest.raises(Conflict):
        await apply(user, "{a: 1}", resourceVersion=NO_VERSION)
    assert await find(user) == created


async def an_apply_to_a_namespace_that_is_not_there_finds_nothing(user: User) -> None:
    key = ObjectKey("there-is-none", "published")
    with pytest.raises(NotFound):
        await user.cluster.apply_config_map(key, config_map(key, {}))


async def an_immutable_config_map_is_a_problem_unless_nothing_changes(user: User) -> None:
    key = ObjectKey(user.namespace, "published")
    frozen = config_map(key, {CONFIG: "{}"}) | {"immutable": True}
    first = await user.cluster.apply_config_map(key, frozen)
    assert await user.cluster.apply_config_map(key, frozen) == first
    for manifest in (frozen | {"data": {CONFIG: "{a: 1}"}}, config_map(key, {CONFIG: "{}"})):
        refused = await user.cluster.apply_config_map(key, manifest)
        assert isinstance(refused, Problem)
        message = "ConfigMap published is immutable; delete it, and it is written anew"
        assert refused == Problem(Reason.IMMUTABLE, message)
    assert await find(user) == first


async def replace(user: User, before: ConfigMapState, text: str = "{a: 1}") -> ConfigMapState:
    """Replace the ConfigMap of the namespace, as it was read."""
    key = ObjectKey(user.namespace, "published")
    version = {"uid": before.uid, "resourceVersion": before.resource_version}
    manifest = config_map(key, {CONFIG: text}, **version)
    replaced = await user.cluster.replace_config_map(key, manifest)
    assert isinstance(replaced, ConfigMapState), replaced
    return replaced


async def a_config_map_is_created_once(user: User) -> None:
    key = ObjectKey(user.namespace, "published")
    created = await user.cluster.create_config_map(key, config_map(key, {CONFIG: "{}"}))
    assert isinstance(created, ConfigMapState), created
    assert not created.is_shared
    with pytest.raises(Conflict):
        await user.cluster.create_config_map(key, config_map(key, {CONFIG: "{a: 1}"}))
    assert await find(user) == created


async def a_namespace_that_is_not_there_takes_no_new_config_map(user: User) -> None:
    key = ObjectKey("there-is-none", "published")
    with pytest.raises(NotFound):
        await user.cluster.create_config_map(key, config_map(key, {}))


async def a_config_map_is_replaced_as_it_was_read(user: User) -> None:
    before = await apply(user, labels={"a": "b"})
    after = await replace(user, before)
    assert (after.uid, after.labels, after.is_shared) == (before.uid, {}, False)
    assert after.resource_version != before.resource_version
    assert await find(user) == after


async def a_config_map_that_changed_since_is_not_replaced(user: User) -> None:
    before, after = await apply(user), await apply(user, "{a: 1}")
    with pytest.raises(Conflict):
        await replace(user, before, "{a: 2}")
    assert await find(user) == after


async def a_config_map_that_is_gone_is_not_replaced(user: User) -> None:
    before = await apply(user)
    await delete(user, before)
    with pytest.raises(Conflict):
        await replace(user, before)
    assert await find(user) is None


async def an_immutable_config_map_is_not_replaced(user: User) -> None:
    key = ObjectKey(user.namespace, "published")
    frozen = config_map(key, {CONFIG: "{}"}) | {"immutable": True}
    before = await user.cluster.create_config_map(key, frozen)
    assert isinstance(before, ConfigMapState)
    version = {"uid": before.uid, "resourceVersion": before.resource_version}
    manifest = config_map(key, {CONFIG: "{a: 1}"}, **version)
    refused = await user.cluster.replace_config_map(key, manifest)
    assert isinstance(refused, Problem)
    assert refused.reason is Reason.IMMUTABLE


async def a_config_map_is_deleted_as_it_was_read(user: User) -> None:
    await delete(user, await apply(user))
    assert await find(user) is None


async def a_config_map_that_changed_since_is_not_deleted(user: User) -> None:
    before, after = await apply(user), await apply(user, "{a: 1}")
    with pytest.raises(Conflict):
        await delete(user, before)
    assert await find(user) == after


async def a_config_map_that_was_made_anew_is_not_deleted(user: User) -> None:
    before = await apply(user)
    await delete(user, before)
    after = await apply(user)
    assert after.uid != before.uid
    with pytest.raises(Conflict):
        await delete(user, before)


async def the_deletion_of_a_missing_config_map_is_no_failure(user: User) -> None:
    before = await apply(user)
    await delete(user, before)
    await delete(user, before)


async def config_maps_are_listed_by_label(user: User) -> None:
    await apply(user, labels={"a": "b", "c": "d"})
    assert await names(user, "configmaps", user.namespace, selector="a=b") == ["published"]
    assert await names(user, "configmaps", user.namespace, selector="a=b,c=x") == []


CONFIG_MAP_CASES: list[Case] = [
    a_missing_config_map_is_none,
    an_applied_config_map_is_read_back,
    the_same_apply_again_makes_no_new_version,
    another_apply_makes_a_new_version_of_the_same_object,
    an_apply_with_the_uid_is_taken,
    an_apply_with_the_uid_of_another_one_conflicts,
    an_apply_with_the_uid_of_one_that_is_gone_conflicts,
    an_apply_that_shall_create_does_so_once,
    an_apply_to_a_namespace_that_is_not_there_finds_nothing,
    an_immutable_config_map_is_a_problem_unless_nothing_changes,
    a_config_map_is_created_once,
    a_namespace_that_is_not_there_takes_no_new_config_map,
    a_config_map_is_replaced_as_it_was_read,
    a_config_map_that_changed_since_is_not_replaced,
    a_config_map_that_is_gone_is_not_replaced,
    an_immutable_config_map_is_not_replaced,
    a_config_map_is_deleted_as_it_was_read,
    a_config_map_that_changed_since_is_not_deleted,
    a_config_map_that_was_made_anew_is_not_deleted,
    the_deletion_of_a_missing_config_map_is_no_failure,
    config_maps_are_listed_by_label,
]
