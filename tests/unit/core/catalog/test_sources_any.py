"""Whatever a catalog selects, only what its owner shares leaves a namespace."""

from dataclasses import replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.namespace import Namespace
from openclaw_vllm.core.catalog.sources import SHARE, shared_providers, shared_services
from tests.builders import catalogs as builders
from tests.builders.catalogs import spec_of

KINDS = ("providers", "services")
KEYS = st.sampled_from([SHARE, "tier", "app", "kubernetes.io/metadata.name"])
VALUES = st.sampled_from(["true", "True", "false", "", "models", "1"])
IDS = st.sampled_from(["Qualified", "Keep"])
LABELS = st.dictionaries(KEYS, VALUES)


def requirement(key: str, operator: str, values: list[str]) -> dict[str, Any]:
    """Return one that the API server accepts."""
    needed = {"values": values} if operator in ("In", "NotIn") else {}
    return {"key": key, "operator": operator, **needed}


OPERATORS = st.sampled_from(["In", "NotIn", "Exists", "DoesNotExist"])
REQUIREMENTS = st.builds(requirement, KEYS, OPERATORS, st.lists(VALUES, min_size=1, max_size=3))
SELECTORS = st.fixed_dictionaries(
    {}, optional={"matchLabels": LABELS, "matchExpressions": st.lists(REQUIREMENTS, max_size=2)}
)


# Selectors that take too little would let every rule pass: a namespace's is its own labels, often.
PLACE = {"tier": "models"}
PLACES = st.just({"matchLabels": PLACE}) | SELECTORS
SOURCES = st.lists(
    st.one_of(
        [
            st.fixed_dictionaries(
                {kind: st.fixed_dictionaries({"namespaceSelector": PLACES, "selector": SELECTORS})}
            )
            for kind in KINDS
        ]
    ),
    min_size=1,
    max_size=4,
)


@given(SOURCES, st.lists(LABELS, min_size=1, max_size=4), IDS)
def test_nothing_is_taken_that_is_not_shared(
    wanted: list[dict[str, Any]], owners: list[dict[str, str]], ids: str
) -> None:
    catalog = builders.catalog(builders.wire_spec(sources=wanted, providerIds=ids))
    spec, namespaces = spec_of(catalog), {"team": Namespace("team", PLACE)}
    providers = [
        builders.provider("team", f"p{number}", labels=labels)
        for number, labels in enumerate(owners)
    ]
    services = {
        ObjectKey("team", f"s{number}"): replace(builders.service(), labels=labels)
        for number, labels in enumerate(owners)
    }
    taken = shared_providers(spec, namespaces, providers)
    service = shared_services(catalog, spec, namespaces, services)
    assert all(item.labels.get(SHARE) == "true" for item in taken)
    assert all(services[name.service].labels.get(SHARE) == "true" for name in service)


@given(SOURCES)
def test_an_empty_selector_takes_nothing_from_anywhere(
    wanted: list[dict[str, Any]],
) -> None:
    emptied = [
        {kind: {**source, "selector": {}}} for item in wanted for kind, source in item.items()
    ]
    catalog = builders.catalog(builders.wire_spec(sources=emptied))
    spec, namespaces = spec_of(catalog), {"team": Namespace("team", PLACE)}
    assert shared_providers(spec, namespaces, [builders.provider("team", "p")]) == []
    services = {ObjectKey("team", "s"): builders.service()}
    assert shared_services(catalog, spec, namespaces, services) == {}
