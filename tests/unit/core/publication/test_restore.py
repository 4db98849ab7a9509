"""Known again after a restart: what a process remembers of an object that another one published."""

from collections.abc import Iterable
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from openclaw_vllm.api.configmap import MODELS, ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.core.config.read_back import read_models
from openclaw_vllm.core.discovery.capabilities import Capabilities, Examination
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.publication.plan import Plan
from openclaw_vllm.core.publication.restore import restore_source
from openclaw_vllm.core.status.provider import Publication, summarize
from tests import builders
from tests.builders import CONNECTION, WALL, Wire, served, spec_of
from tests.builders.plans import decide

CONDITION = {"message": "", "lastTransitionTime": "2026-01-01T00:00:00Z"}


def settled(
    wire: Wire, *answers: Iterable[ServedModel]
) -> tuple[VllmProvider, ConfigMapState, Plan]:
    """A VllmProvider after these answers: its object, its ConfigMap, and what was decided."""
    resource = builders.resource(builders.wire_spec(**wire))
    memory = builders.server_state(resource, *answers[0])
    for answer in answers[1:]:
        memory = builders.after_answer(memory, resource, *answer)
    plan = decide(resource, spec_of(resource), memory, None)
    assert plan.documents is not None, plan.problem
    published = builders.published(resource, plan.documents)
    publication = Publication(plan.models, plan.primary, plan.documents.digest)
    memory = memory.with_server_info("0.32.0", "Generate", 0.0)
    status = summarize(resource, spec_of(resource), (), memory, publication)
    wire_status = status.model_dump(exclude_none=True)
    return builders.resource(builders.wire_spec(**wire), wire_status), published, plan


def recalled(resource: VllmProvider, published: ConfigMapState | None) -> ServerState:
    server = builders.restored(resource, published)
    return server.with_endpoint(CONNECTION)


def rendered_again(resource: VllmProvider, published: ConfigMapState) -> Plan:
    """What is decided from the recalled knowledge alone, when something forces a rendering."""
    memory = builders.with_discovery(recalled(resource, published), answered_at=WALL)
    return decide(resource, spec_of(resource), memory, published)


@pytest.mark.parametrize(
    ("context", "limit"),
    [
        pytest.param(32768, None, id="none"),
        pytest.param(32768, 2048, id="less than the default"),
        pytest.param(32768, 65536, id="more"),
        pytest.param(2048, 512, id="as much"),
        pytest.param(None, 4096, id="of a model without a context"),
    ],
)
def test_a_service_of_a_catalog_is_published_as_before(
    context: int | None, limit: int | None
) -> None:
    """It has no status of its own that would tell whose numbers these are."""
    spec = builders.spec()
    before = builders.documents(spec, ServedModel("m", "", context, limit))
    retained = restore_source(read_models(before.data[MODELS], "vllm"))
    assert retained is not None
    assert builders.documents(spec, *retained.served.values()) == before


BASE = served("base")
LORA = ServedModel("lora", "base", None)
OVERRIDE: Wire = {"modelOverrides": [{"match": "base", "contextWindow": 16000}]}
SECRETS = served("${SECRET}", "$${SECRET}", "$$${A}", "${a}", "${A${B}}", "ünï☃", 'a "b"', "p/q/r")


@pytest.mark.parametrize(
    ("wire", "answers"),
    [
        pytest.param({}, [BASE], id="a context of the server's"),
        pytest.param({}, [served("a", context=None)], id="a default context"),
        pytest.param({}, [(*BASE, LORA)], id="an adapter with its parent's context"),
        pytest.param(OVERRIDE, [BASE], id="an overridden context"),
        pytest.param(OVERRIDE, [(*BASE, LORA)], id="an adapter whose parent is overridden"),
        pytest.param(
            {"modelDefaults": {"contextWindow": 9000}}, [(*BASE, LORA)], id="a default of the CR's"
        ),
        pytest.param({}, [(LORA,)], id="an adapter without its parent"),
        pytest.param(
            {"discovery": {"exclude": ["base"]}}, [(*BASE, LORA)], id="a parent that is left out"
        ),
        pytest.param({}, [(*BASE, LORA), BASE], id="a missing adapter"),
        pytest.param({}, [(*BASE, LORA), (LORA,)], id="a missing parent"),
        pytest.param({}, [SECRETS], id="ids that look like variables, and worse"),
        pytest.param(
            {"agents": {"primary": ["b*", "*"], "fallbacks": ["*"], "allow": "Discovered"}},
            [(*served("alpha"), *BASE, LORA)],
            id="agents' defaults",
        ),
    ],
)
def test_the_same_bytes_are_rendered_again_from(
    wire: Wire, answers: list[tuple[ServedModel]]
) -> None:
    resource, published, plan = settled(wire, *answers)
    again = rendered_again(resource, published)
    assert plan.documents is not None
    assert again.documents is not None
    assert again.documents.data == plan.documents.data
    assert again.primary == plan.primary


def test_where_each_number_came_from_is_restored() -> None:
    wire = {"modelOverrides": [{"match": "small", "contextWindow": 9000}]}
    models = (*BASE, LORA, *served("small"), *served("unsaid", context=None))
    resource, published, plan = settled(wire, models)
    sources = [model.source for model in rendered_again(resource, published).models]
    assert sources == ["Server", "Parent", "Override", "Default"]
    assert sources == [model.source for model in plan.models]


@given(
    models=st.lists(
        st.builds(
            ServedModel,
            id=st.text("ab${}NAM_/é", min_size=1, max_size=12),
            parent=st.sampled_from(["", "a", "b", "gone"]),
            context=st.none() | st.integers(1, 2**40),
        ),
        min_size=1,
        max_size=6,
        unique_by=lambda model: model.id,
    ),
    overridden=st.sampled_from(["a", "b*", "none"]),
)
@settings(max_examples=60)
def test_whatever_is_published_is_rendered_again_in_the_same_bytes(
    models: list[ServedModel], overridden: str
) -> None:
    wire = {"modelOverrides": [{"match": overridden, "contextWindow": 5000}]}
    resource, published, plan = settled(wire, models)
    again = rendered_again(resource, published)
    assert again.documents is not None
    assert plan.documents is not None
    assert again.documents.data == plan.documents.data


def test_of_more_models_than_the_status_shows_the_published_bytes_are_left_alone() -> None:
    many = (
        *served(*(f"m{number:03}" for number in range(120))),
        ServedModel("z-lora", "m000", None),
    )
    resource, published, plan = settled({"agents": {"primary": ["*"], "fallbacks": ["*"]}}, many)
    again = decide(resource, spec_of(resource), recalled(resource, published), published)
    assert plan.documents is not None
    assert again.documents is None or again.documents.data == plan.documents.data


def test_a_missing_model_has_been_absent_once_and_is_counted_on() -> None:
    resource, published, _ = settled({}, served("a", "b"), served("a"))
    memory = recalled(resource, published)
    assert memory.discovery.retained is not None
    assert memory.discovery.retained.missing == {"b"}
    for models in ({"a", "b"}, {"a"}):
        memory = builders.after_answer(memory, resource, *served("a"))
        assert memory.discovery.retained is not None
        assert set(memory.discovery.retained.served) == models


@pytest.mark.parametrize(
    ("server", "ready", "tolerated"),
    [
        pytest.param("True", "True", [True, True, False], id="answered"),
        pytest.param("False", "True", [True, False], id="had failed and was still Ready"),
        pytest.param("False", "False", [False], id="had failed for long"),
    ],
)
def test_a_restart_flaps_no_ready_of_a_server_that(
    server: str, ready: str, tolerated: list[bool]
) -> None:
    resource, published, _ = settled({}, served("a"))
    kinds = (("ServerReachable", server), ("Ready", ready))
    message = [{**CONDITION, "type": type_, "status": s, "reason": "X"} for type_, s in kinds]
    resource = builders.with_status(resource, conditions=message)
    memory = recalled(resource, published)
    for expected in tolerated:
        assert memory.discovery.problem is not None
        memory = memory.with_probe_failure(memory.discovery.problem)
        assert memory.is_within_threshold == expected


def test_version_and_task_are_restored() -> None:
    resource, published, _ = settled({}, served("a"))
    memory = recalled(resource, published)
    assert (memory.discovery.info.version, memory.discovery.info.task) == ("0.32.0", "Generate")


@pytest.mark.parametrize(
    ("notes", "stopped", "key_proved"),
    [
        pytest.param(["KeyNotProved", "ProbeStopped"], True, False, id="both"),
        pytest.param(["KeyNotProved"], False, False, id="the key"),
        pytest.param(["ProbeStopped"], True, None, id="the probe"),
        pytest.param(None, False, None, id="nothing"),
    ],
)
def test_notes_about_the_server_are_restored(
    notes: list[str] | None, *, stopped: bool, key_proved: bool | None
) -> None:
    resource, published, _ = settled({}, served("a"))
    endpoint = {"baseUrl": builders.BASE_URL} | ({"notes": notes} if notes else {})
    discovery = recalled(builders.with_status(resource, endpoint=endpoint), published).discovery
    assert discovery.capabilities.is_stopped == stopped
    assert discovery.info.key_proved is key_proved


def examined(wire: Wire, item: Capabilities) -> tuple[VllmProvider, ConfigMapState]:
    """A VllmProvider whose server was asked what its only model can do."""
    resource = builders.resource(builders.wire_spec(**wire))
    spec = spec_of(resource)
    memory = builders.server_state(resource, *served("a")).with_server_info(
        "0.32.0", "Generate", 0.0
    )
    memory = memory.with_examination(
        memory.discovery.models_to_examine(spec), Examination({"a": item})
    )
    plan = decide(resource, spec, memory, None)
    assert plan.documents is not None, plan.problem
    publication = Publication(plan.models, plan.primary, plan.documents.digest)
    status = summarize(resource, spec, (), memory, publication)
    wire_status = status.model_dump(exclude_none=True)
    published = builders.published(resource, plan.documents)
    return builders.resource(builders.wire_spec(**wire), wire_status), published


PROBE: Wire = {"discovery": {"capabilities": "Probe"}}
TOOLS: Wire = {"modelDefaults": {"compat": {"supportsTools": True}}}
TEXT: Wire = {"modelDefaults": {"input": ["text"]}}
NEITHER = Capabilities(tools=False, images=False)


@pytest.mark.parametrize(
    ("wire", "expected"),
    [
        pytest.param(PROBE, NEITHER, id="both"),
        pytest.param(PROBE | TOOLS, Capabilities(images=False), id="images"),
        pytest.param(PROBE | TEXT, Capabilities(tools=False), id="tools"),
    ],
)
def test_probed_capabilities_are_restored_and_not_probed_again(
    wire: Wire, expected: Capabilities
) -> None:
    """What the resource says was not found out: without it, it would be published no more."""
    resource, published = examined(wire, NEITHER)
    memory = builders.after_answer(recalled(resource, published), resource, *served("a"))
    assert memory.discovery.capabilities.by_model == {"a": expected}
    assert memory.discovery.models_to_examine(spec_of(resource)) == frozenset()


def test_capabilities_that_are_first_wanted_after_a_restart_are_examined() -> None:
    resource, published = examined({}, Capabilities())
    memory = builders.after_answer(recalled(resource, published), resource, *served("a"))
    assert memory.discovery.models_to_examine(builders.spec(**PROBE)) == {"a", "version 0.32.0"}


def test_a_map_that_lost_its_owner_is_remembered_by_its_labels() -> None:
    resource, published, _ = settled({}, served("a"))
    assert recalled(resource, replace(published, owner=None)).discovery.retained is not None


@pytest.mark.parametrize("what", ["none", "edited", "unlabelled", "of somebody else"])
def test_nothing_is_remembered_from_a_map_that_is(what: str) -> None:
    resource, published, _ = settled({}, served("a"))
    assert published.owner is not None
    other = replace(published.owner, name="other", uid="uid-2")
    maps = {
        "none": None,
        "edited": replace(published, digest="sha256:0"),
        "unlabelled": replace(published, owner=None, labels={}),
        "of somebody else": replace(published, owner=other),
    }
    memory = recalled(resource, maps[what])
    assert (memory.discovery.retained, memory.schedule.failures, memory.discovery.info.task) == (
        None,
        0,
        None,
    )
