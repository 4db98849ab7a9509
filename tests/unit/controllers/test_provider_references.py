"""Events of Services and ConfigMaps: whoever names them is woken, and nobody else."""

from typing import Any

import pytest

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from tests import builders
from tests.builders import NAMESPACE, Wire, served, spec_of
from tests.harnesses.controller import (
    ControllerHarness,
    controller_harness,
    objects_of_earlier_process,
)

CONFIG_MAP = ObjectKey(NAMESPACE, "vllm-openclaw")
LABELLED = {"app.kubernetes.io/part-of": "openclaw-vllm"}


def service(name: str = "vllm", namespace: str = NAMESPACE, port: int = 8000, **more: Any) -> Wire:
    metadata = {"name": name, "namespace": namespace, "resourceVersion": "1"} | more
    return {"metadata": metadata, "spec": {"type": "ClusterIP", "ports": [{"port": port}]}}


def users_map(name: str, data: str = "x", version: str = "50") -> Wire:
    metadata = {"name": name, "namespace": NAMESPACE, "uid": f"uid of {name}", "labels": LABELLED}
    return {"metadata": metadata | {"resourceVersion": version}, "data": {"ca.crt": data}}


def naming(name: str, **spec: Any) -> Wire:
    return {"spec": builders.wire_spec(**spec), "name": name, "uid": f"uid of {name}"}


def four_providers(s: ControllerHarness) -> ControllerHarness:
    tls = {"caBundleRef": {"name": "corp-ca"}}
    for provider in (
        naming("by-ref", serviceRef={"name": "vllm"}),
        naming("by-url", baseUrl="http://vllm:8000"),
        naming("by-full-name", baseUrl="https://vllm.models.svc", tls=tls),
        naming("elsewhere", baseUrl="http://x.test", output={"baseConfigRef": {"name": "base"}}),
    ):
        s.with_known_provider(**provider)
    return s


@pytest.mark.parametrize(
    ("service_manifest", "woken"),
    [
        pytest.param(service(), ["by-ref", "by-url"], id="of the same namespace"),
        pytest.param(service(namespace="models"), ["by-full-name"], id="of another namespace"),
        pytest.param(service("other"), [], id="that nobody names"),
        pytest.param(service(namespace="other"), [], id="of the same name elsewhere"),
    ],
)
async def test_a_service_wakes_those_that_name_it(service_manifest: Wire, woken: list[str]) -> None:
    async with controller_harness() as s:
        four_providers(s).providers.on_service_event("ADDED", service_manifest)
        assert s.queue.take() == woken


async def test_a_service_wakes_nothing_while_its_ports_and_kind_stay() -> None:
    async with controller_harness() as s:
        four_providers(s).providers.on_service_event("ADDED", service())
        s.queue.take()
        for change in ({}, {"labels": {"a": "b"}}, {"resourceVersion": "2"}):
            s.providers.on_service_event("MODIFIED", service(**change))
        s.providers.on_service_event(None, service())
        assert s.queue.take() == []
        s.providers.on_service_event("MODIFIED", service(port=9000, resourceVersion="3"))
        assert s.queue.take() == ["by-ref", "by-url"]


async def test_a_deleted_service_wakes_those_that_name_it_once() -> None:
    async with controller_harness() as s:
        four_providers(s).providers.on_service_event("ADDED", service())
        s.queue.take()
        for _ in range(2):
            s.providers.on_service_event("DELETED", service())
        assert s.queue.take() == ["by-ref", "by-url"]


@pytest.mark.parametrize(
    ("name", "woken"), [("corp-ca", ["by-full-name"]), ("base", ["elsewhere"]), ("other", [])]
)
@pytest.mark.parametrize("event", ["ADDED", "DELETED"])
async def test_a_users_map_wakes_those_that_name_it(
    event: str, name: str, woken: list[str]
) -> None:
    async with controller_harness() as s:
        four_providers(s).providers.on_config_map_event(event, users_map(name))
        assert s.queue.take() == woken


async def test_a_users_map_is_read_again_after_a_change() -> None:
    key = ObjectKey(NAMESPACE, "corp-ca")
    async with controller_harness() as s:
        s.fakes.config_maps.objects["corp-ca"] = {"ca.crt": "x"}
        for reads in (1, 1):
            await s.context.config_maps.get(key, max_age=600)
            assert s.fakes.config_maps.reads == reads
        s.providers.on_config_map_event("MODIFIED", users_map("corp-ca"))
        await s.context.config_maps.get(key, max_age=600)
        assert s.fakes.config_maps.reads == 2


@pytest.mark.parametrize(
    "again",
    [
        pytest.param(users_map("corp-ca"), id="listed again"),
        pytest.param(users_map("corp-ca", "old", "49"), id="as it was before"),
    ],
)
async def test_a_users_map_wakes_nothing_when_it_is(again: Wire) -> None:
    async with controller_harness() as s:
        four_providers(s).providers.on_config_map_event("ADDED", users_map("corp-ca"))
        s.queue.take()
        s.providers.on_config_map_event(None, again)
        assert s.queue.take() == []


async def test_an_edited_or_deleted_map_of_ours_wakes_its_owner() -> None:
    provider, config_map = objects_of_earlier_process("100")
    async with controller_harness() as s:
        s.context.cache.published[CONFIG_MAP] = ConfigMapState.read(config_map)
        s.providers.on_provider_event(None, provider)
        s.providers.on_config_map_event(None, config_map)
        assert s.queue.take() == []
        edited = {**config_map, "data": {**config_map["data"], "models.json": "{}"}}
        edited["metadata"] = {**config_map["metadata"], "resourceVersion": "101"}
        s.providers.on_config_map_event("MODIFIED", edited)
        assert s.queue.take() == ["vllm"]
        s.providers.on_config_map_event("DELETED", edited)
        assert s.queue.take() == ["vllm"]
        assert CONFIG_MAP not in s.context.cache.published


async def test_our_own_write_wakes_nothing_and_an_older_view_of_it_neither() -> None:
    provider, config_map = objects_of_earlier_process("100")
    async with controller_harness() as s:
        s.providers.on_provider_event("ADDED", provider)
        s.queue.take()
        s.context.cache.published[CONFIG_MAP] = ConfigMapState.read(
            config_map
        )  # as a write leaves it
        older = {**config_map, "metadata": {**config_map["metadata"], "resourceVersion": "99"}}
        for item in (older, config_map, config_map):
            s.providers.on_config_map_event("MODIFIED", item)
        s.providers.on_config_map_event("DELETED", older)
        assert s.queue.take() == []
        assert s.context.cache.published[CONFIG_MAP].resource_version == "100"


async def test_what_a_webhook_made_of_our_own_write_wakes_nothing_and_is_known() -> None:
    """It would make the same of the next write, and of each after that."""
    provider, config_map = objects_of_earlier_process("100")
    async with controller_harness() as s:
        s.providers.on_provider_event("ADDED", provider)
        s.queue.take()
        s.context.cache.published[CONFIG_MAP] = ConfigMapState.read(config_map)  # as it was sent
        stored = {**config_map, "data": {**config_map["data"], "models.json": "{}"}}
        s.providers.on_config_map_event("MODIFIED", stored)
        assert s.queue.take() == []
        assert not s.context.cache.published[CONFIG_MAP].is_unmodified


async def test_our_own_status_wakes_nothing() -> None:
    async with controller_harness() as s:
        s.with_known_provider()
        status = {"observedGeneration": 1}
        written = builders.resource(status=status, resourceVersion="11")
        s.context.cache.replace_status_of(written)
        s.providers.on_provider_event(
            "MODIFIED", builders.manifest(status=status, resourceVersion="11")
        )
        s.providers.on_provider_event("MODIFIED", builders.manifest())
        assert s.queue.take() == []
        assert s.context.cache.providers[written.key].status.observed_generation == 1


async def test_the_map_of_one_that_is_gone_is_of_no_interest() -> None:
    documents = builders.documents(spec_of(builders.resource()), *served("a"))
    config_map = builders.published_wire(builders.resource(), documents)
    async with controller_harness() as s:
        s.providers.on_config_map_event("MODIFIED", config_map)
        assert s.queue.take() == []
