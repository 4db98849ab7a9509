"""What a process that has just started knows of a catalog's primary model."""

import pytest

from openclaw_vllm.core.catalog.offers import offer_of_provider
from openclaw_vllm.core.catalog.plan import plan_catalog
from openclaw_vllm.core.catalog.state import restore_catalog_state
from tests import builders
from tests.builders import Wire, served, spec_of
from tests.builders import catalogs as catalog_builders

MODEL = "vllm-team-a-vllm/qwen"
BASED: Wire = {"baseConfigRef": {"name": "base"}}


@pytest.mark.parametrize(
    ("status", "target", "primary"),
    [
        pytest.param({"models": [MODEL]}, {}, "", id="models without a primary"),
        pytest.param({"models": [MODEL], "primaryModel": MODEL}, {}, MODEL, id="with one"),
        pytest.param({"models": [MODEL]}, BASED, MODEL, id="which the base may have set"),
        pytest.param({"models": []}, {}, MODEL, id="nothing"),
        pytest.param({"models": [MODEL], "observedGeneration": 0}, {}, MODEL, id="another spec"),
    ],
)
def test_without_a_configmap_that_is_whole_the_status_tells_of_a_primary(
    status: Wire, target: Wire, primary: str
) -> None:
    spec = catalog_builders.wire_spec()
    catalog = catalog_builders.catalog(
        {**spec, "target": {**spec["target"], **target}}, {"observedGeneration": 1, **status}
    )
    provider = catalog_builders.provider("team-a", "vllm")
    documents = builders.documents(spec_of(provider), *served("qwen"))
    published = builders.published(provider, documents)
    offer = offer_of_provider(provider, published, "Qualified", builders.NAMES)
    state = restore_catalog_state(catalog, None, builders.NAMES)
    parsed = catalog_builders.spec_of(catalog)
    assert plan_catalog(parsed, (offer,), None, state.last_published).primary == primary
