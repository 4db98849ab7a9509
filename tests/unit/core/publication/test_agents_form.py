"""A primary model by default, and none where an earlier version published none and nobody asks."""

import json
from dataclasses import replace
from typing import Any

import pytest

from openclaw_vllm.api.configmap import AGENTS, CONFIG, PRIMARY_PATTERNS, ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.core.config.agents import ResolvedDefaults, hash_patterns, resolve_defaults
from openclaw_vllm.core.config.base_config import parse
from openclaw_vllm.core.config.documents import Documents, render
from openclaw_vllm.core.publication.last_published import NO_PRIMARY, LastPublished
from openclaw_vllm.core.publication.ownership import manifest_of
from openclaw_vllm.core.publication.plan import Plan, plan_publication
from tests import builders
from tests.builders import CONNECTION, Wire, served, spec_of
from tests.builders.plans import decide, plan, publish, resource

SERVED = served("a", "b")
NOTHING: Wire = {}
ALIASES: Wire = {"agents": {"aliases": {"coder": "a"}}}


def agents_of(plan: Plan) -> Any:
    assert plan.documents is not None, plan.problem
    return json.loads(plan.documents.data[AGENTS])


def of_earlier_version(fields: Wire) -> tuple[VllmProvider, ConfigMapState]:
    """A VllmProvider that names no primary, and its ConfigMap as versions before the default
    wrote it: without agents they recorded no patterns at all."""
    before = resource(**fields)
    spec, models = spec_of(before), builders.models_of(spec_of(before), *SERVED)
    defaults = resolve_defaults(spec.agents, models, "")
    assert isinstance(defaults, ResolvedDefaults)
    documents = render(spec, CONNECTION, models, defaults)
    assert isinstance(documents, Documents)
    map_status = {"name": "vllm-openclaw", "digest": documents.digest}
    rows = [{"id": id_, "ref": f"vllm/{id_}"} for id_ in ("a", "b")]
    status = {"observedGeneration": 1, "configMap": map_status, "models": rows}
    manifest = manifest_of(before, spec, documents, NO_PRIMARY[1] if spec.agents else NO_PRIMARY[0])
    updated = builders.with_status(before, **status)
    return updated, ConfigMapState.read(builders.stored(manifest))


def edited(resource: VllmProvider, **fields: Any) -> VllmProvider:
    """The resource after an edit of its spec that the status does not know yet."""
    later = builders.resource(builders.wire_spec(**fields), generation=2)
    return replace(later, status=resource.status)


def test_a_primary_is_published_unless_it_is_turned_off() -> None:
    written = plan(resource(), *SERVED)
    assert agents_of(written) == {"model": {"primary": "vllm/a"}}
    assert (written.primary, written.patterns) == ("a", hash_patterns(["*"]))
    off = plan(resource(agents={"enabled": False, "primary": ["b"]}), *SERVED)
    assert (agents_of(off), off.primary, off.patterns) == ({}, "", hash_patterns(None))


def test_the_primary_by_default_stays_while_its_model_is_served() -> None:
    before = resource()
    updated, existing = publish(before, plan(before, *served("b")))
    assert plan(updated, *SERVED, existing=existing).primary == "b"


def test_what_was_turned_off_gets_a_primary_when_it_is_turned_on_again() -> None:
    before = resource(agents={"enabled": False})
    updated, existing = publish(before, plan(before, *SERVED))
    assert agents_of(plan(edited(updated), *SERVED, existing=existing)) == {
        "model": {"primary": "vllm/a"}
    }


def test_no_pattern_that_nobody_wrote_is_reported() -> None:
    left_out = plan(resource(discovery={"exclude": ["*"]}), *SERVED)
    assert left_out.problem is not None
    assert "spec.agents" not in left_out.problem.message
    assert "spec.agents" not in plan(resource(), *SERVED, task="Embed").note
    assert agents_of(plan(resource(), *SERVED, task="Embed")) == {}


@pytest.mark.parametrize("fields", [NOTHING, ALIASES], ids=["no agents", "agents"])
def test_what_an_earlier_version_published_keeps_every_byte(fields: Wire) -> None:
    updated, existing = of_earlier_version(fields)
    kept = plan(updated, *SERVED, existing=existing)
    assert kept.documents is not None
    assert kept.documents.digest == existing.digest
    assert kept.patterns == existing.annotations.get(PRIMARY_PATTERNS, "")


@pytest.mark.parametrize("fields", [NOTHING, ALIASES], ids=["no agents", "agents"])
def test_the_next_list_is_published_without_a_primary_too(fields: Wire) -> None:
    updated, existing = of_earlier_version(fields)
    grown = plan(updated, *served("a", "b", "c"), existing=existing)
    assert "model" not in agents_of(grown)
    another = edited(updated, **fields, discovery={"interval": "30s"})
    assert "model" not in agents_of(plan(another, *SERVED, existing=existing))


@pytest.mark.parametrize(
    ("agents", "primary"),
    [
        pytest.param({"primary": ["b"]}, "vllm/b", id="a pattern"),
        pytest.param({"enabled": True}, "vllm/a", id="enabled"),
        pytest.param({"enabled": True, "aliases": {"coder": "a"}}, "vllm/a", id="with more"),
    ],
)
@pytest.mark.parametrize("fields", [NOTHING, ALIASES], ids=["no agents", "agents"])
def test_it_gets_a_primary_when_the_spec_asks(fields: Wire, agents: Wire, primary: str) -> None:
    updated, existing = of_earlier_version(fields)
    asked = plan(edited(updated, agents=agents), *SERVED, existing=existing)
    assert agents_of(asked)["model"] == {"primary": primary}


def test_one_that_was_deleted_or_damaged_is_written_as_it_was() -> None:
    updated, existing = of_earlier_version(NOTHING)
    spec, server = spec_of(updated), builders.server_state(updated, *SERVED)
    documents = Documents({}, existing.digest)
    places = {
        "deleted": (None, LastPublished(documents)),
        "deleted before a start": (None, LastPublished()),
        "edited": (replace(existing, digest="sha256:0"), LastPublished()),
        "without annotations": (replace(existing, annotations={}), LastPublished()),
    }
    for what, (now, last) in places.items():
        kept = plan_publication(updated, spec, server.discovery, None, now, last)
        assert kept.documents is not None, what
        assert kept.documents.digest == existing.digest, what


def test_a_primary_by_default_outlives_an_annotation_that_was_removed() -> None:
    before = resource()
    updated, existing = publish(before, plan(before, *SERVED))
    for damaged in (
        replace(existing, annotations={}),
        replace(existing, annotations={}, digest="sha256:0"),
    ):
        assert plan(updated, *SERVED, existing=damaged).primary == "a"


BASES = {
    "a name": ('"other/x"', '"other/x"', NOTHING),
    "a primary": ('{"primary": "other/x"}', '{"primary": "other/x"}', NOTHING),
    "fallbacks alone": ('{"fallbacks": ["other/x"]}', '{"fallbacks": ["other/x"]}', NOTHING),
    "a primary beside our fallbacks": (
        '{"primary": "other/x"}',
        '{"primary": "other/x", "fallbacks": ["vllm/a", "vllm/b"]}',
        {"agents": {"fallbacks": ["*"]}},
    ),
    "a primary, and one in the spec": (
        '{"primary": "other/x"}',
        '{"primary": "vllm/b"}',
        {"agents": {"primary": ["b"]}},
    ),
}


@pytest.mark.parametrize("case", BASES)
def test_the_default_model_of_a_base_stays_unless_the_spec_names_one(case: str) -> None:
    in_base, merged, fields = BASES[case]
    base = parse(f'{{"agents": {{"defaults": {{"model": {in_base}}}}}}}')
    own = resource(**fields, output={"baseConfigRef": {"name": "base", "key": "base.json5"}})
    written = decide(own, spec_of(own), builders.server_state(own, *SERVED), None, base)
    assert written.documents is not None, written.problem
    config = json.loads(written.documents.data[CONFIG])
    assert config["agents"]["defaults"]["model"] == json.loads(merged)


@pytest.mark.parametrize(
    ("allow", "fields", "primary"),
    [
        pytest.param('["other/x"]', NOTHING, "", id="a list"),
        pytest.param("[]", NOTHING, "a", id="an empty one, which allows all"),
        pytest.param(
            '["other/x"]', {"agents": {"allow": "Discovered"}}, "a", id="that of the spec"
        ),
        pytest.param('["other/x"]', {"agents": {"primary": ["b"]}}, "b", id="a pattern"),
    ],
)
def test_no_primary_is_chosen_beside_an_allow_list_of_the_base(
    allow: str, fields: Wire, primary: str
) -> None:
    """The client would take it nevertheless, in the place of one that is allowed."""
    base = parse(f'{{"agents": {{"defaults": {{"modelPolicy": {{"allow": {allow}}}}}}}}}')
    own = resource(**fields)
    server = builders.server_state(own, *SERVED)
    assert decide(own, spec_of(own), server, None, base).primary == primary


@pytest.mark.parametrize("model", ["7", "null", '{"primary": 7}', "[]"])
def test_a_default_model_in_a_base_is_never_judged(model: str) -> None:
    base = parse(f'{{"agents": {{"defaults": {{"model": {model}}}}}}}')
    own = resource()
    written = decide(own, spec_of(own), builders.server_state(own, *SERVED), None, base)
    assert written.documents is not None, written.problem
    defaults = json.loads(written.documents.data[CONFIG])["agents"]["defaults"]
    assert defaults["model"] == json.loads(model)
