"""Which watch event means which key; and which mean nothing, because nothing has changed."""

import pytest

from openclaw_vllm.api.keys import ObjectKey
from tests import builders
from tests.builders import NAMESPACE, Wire
from tests.harnesses.controller import controller_harness

KEY = ObjectKey(NAMESPACE, "vllm")


async def test_a_new_provider_is_reconciled_at_once() -> None:
    async with controller_harness() as s:
        s.providers.on_provider_event("ADDED", builders.manifest())
        assert s.queue.take() == ["vllm"]


@pytest.mark.parametrize(
    ("before", "change"),
    [
        pytest.param({}, {"generation": 2}, id="its spec"),
        pytest.param(
            {}, {"annotations": {"openclaw-vllm.dev/requested-at": "now"}}, id="a request"
        ),
        pytest.param(
            {"annotations": {"openclaw-vllm.dev/requested-at": "now"}}, {}, id="a request withdrawn"
        ),
        pytest.param({}, {"uid": "uid-2"}, id="its uid, having been made anew"),
    ],
)
async def test_it_is_reconciled_at_once_and_again_when_a_user_changes(
    before: Wire, change: Wire
) -> None:
    async with controller_harness() as s:
        s.with_known_provider(**before)
        s.providers.on_provider_event("MODIFIED", builders.manifest(resourceVersion="11", **change))
        assert (s.queue.added, s.queue.interrupted) == (["vllm"], ["vllm"])
        assert s.context.cache.providers[KEY].uid == change.get("uid", "uid-1")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"resourceVersion": "11"}, id="nothing of interest"),
        pytest.param({"resourceVersion": "11", "labels": {"a": "b"}}, id="a label"),
        pytest.param({"resourceVersion": "11", "annotations": {"a": "b"}}, id="an annotation"),
        pytest.param({"resourceVersion": "11", "status": {"modelCount": 3}}, id="the status"),
        pytest.param({"resourceVersion": "10"}, id="nothing, listed again"),
        pytest.param({"resourceVersion": "9", "generation": 2}, id="something long ago"),
        pytest.param({"resourceVersion": "9", "uid": "uid-0"}, id="an object before it"),
    ],
)
async def test_nothing_is_woken_when_an_event_shows(change: Wire) -> None:
    async with controller_harness() as s:
        s.with_known_provider()
        status = change.pop("status", None)
        s.providers.on_provider_event("MODIFIED", builders.manifest(status=status, **change))
        assert s.queue.take() == []
        assert s.context.cache.providers[KEY].uid == "uid-1"
        assert s.context.cache.providers[KEY].generation == 1


async def test_a_status_that_another_client_wrote_is_known() -> None:
    async with controller_harness() as s:
        s.with_known_provider()
        status = {"observedGeneration": 1, "modelCount": 3}
        s.providers.on_provider_event(
            "MODIFIED", builders.manifest(status=status, resourceVersion="11")
        )
        assert s.context.cache.providers[KEY].status.model_count == 3


@pytest.mark.parametrize(
    ("event", "change"),
    [
        pytest.param("DELETED", {}, id="deleted"),
        pytest.param("MODIFIED", {"deletionTimestamp": "now"}, id="being deleted"),
    ],
)
async def test_a_provider_is_dropped_that_is(event: str, change: Wire) -> None:
    async with controller_harness() as s:
        s.with_known_provider()
        s.providers.on_provider_event(event, builders.manifest(resourceVersion="11", **change))
        assert (s.queue.removed, s.queue.added) == (["vllm"], [])
        assert KEY not in s.context.cache.providers


async def test_the_deletion_of_one_does_not_concern_another_that_took_its_name() -> None:
    async with controller_harness() as s:
        s.with_known_provider(uid="uid-2", resourceVersion="20")
        s.providers.on_provider_event("DELETED", builders.manifest(resourceVersion="15"))
        assert (s.queue.removed, s.queue.added) == ([], [])
        assert KEY in s.context.cache.providers


async def test_those_that_wait_for_the_name_of_a_config_map_are_woken_when_it_is_free() -> None:
    spec = builders.wire_spec(output={"configMapName": "vllm-openclaw"})
    async with controller_harness() as s:
        s.with_known_provider()
        s.with_known_provider(spec=spec, name="other", uid="uid-2")
        s.providers.on_provider_event("DELETED", builders.manifest(resourceVersion="11"))
        assert s.queue.take() == ["other"]


async def test_a_spec_that_cannot_be_read_is_reported_at_once() -> None:
    async with controller_harness() as s:
        s.providers.on_provider_event(None, builders.manifest({"discovery": {"interval": "soon"}}))
        assert s.queue.take() == ["vllm"]
