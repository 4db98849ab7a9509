"""What a catalog holds at most, what it starts from, and which model its agents begin with."""

from tests.apiserver.catalogs.estate import Estate
from tests.apiserver.catalogs.published import GOOD
from tests.apiserver.workspace import Workspace, soon
from tests.operator_process import NAMESPACE


def test_with_too_many_models_what_is_published_stays(estate: Estate) -> None:
    team, home = estate.team(), estate.agents().namespace
    estate.provider(team, "org/a", "org/b")
    catalog = estate.catalog(maxModels=2)
    catalog.publishes({f"vllm-{team.namespace}-vllm": ["org/a", "org/b"]}, home)
    catalog.is_ready()
    before = catalog.config_maps()
    estate.provider(team, "org/c", name="more")
    catalog.becomes(ConfigPublished="False TooManyModels", Stalled="True TooManyModels")
    assert "3 models are shared and at most 2" in catalog.message("Ready")
    assert catalog.config_maps() == before
    late = estate.agents("late")
    catalog.edit(maxModels=3)
    catalog.spreads_to(home, late.namespace)
    catalog.is_ready()
    assert len(catalog.models) == 2


def test_nothing_shared_is_reported_and_published_as_an_empty_list(estate: Estate) -> None:
    """Agents that mount the ConfigMap start, and see the first model as soon as it is shared."""
    home = estate.agents().namespace
    catalog = estate.catalog()
    catalog.becomes(ConfigPublished="False NoModels", Reconciling="True ProgressingWithRetry")
    catalog.publishes({}, home)
    assert set(catalog.data) == {"openclaw.json", "models.json", "agents-defaults.json"}


def test_a_base_configuration_is_read_from_the_operators_namespace(estate: Estate) -> None:
    own = Workspace(estate.plane, NAMESPACE)
    home = estate.agents()
    estate.provider(estate.team(), "org/a")
    ref = {"name": f"{estate.name}-base"}
    elsewhere = {"metadata": ref, "data": {"openclaw.json5": "{gateway: {port: 2}}"}}
    home.create("configmaps", elsewhere)
    catalog = estate.catalog(target={"baseConfigRef": ref})
    catalog.becomes(ConfigPublished="False BaseConfigInvalid")
    own.create("configmaps", {"metadata": ref, "data": {"openclaw.json5": "{gateway: {port: 1}}"}})
    catalog.refresh()
    catalog.is_ready()
    assert '"port": 1' in catalog.data["openclaw.json"]
    own.delete("configmaps", ref["name"])


def test_the_primary_model_is_chosen_once_over_all_sources_and_stays(estate: Estate) -> None:
    red, blue = estate.team("red"), estate.team("blue")
    estate.agents()
    estate.provider(red, "org/b")
    agents = {"primary": ["*/org/*"], "aliases": {"coder": "*/org/b"}}
    catalog = estate.catalog(agents=agents)
    catalog.is_ready()
    first = f"vllm-{red.namespace}-vllm/org/b"
    assert catalog.status["primaryModel"] == first
    assert f'"primary": "{first}"' in catalog.data["agents-defaults.json"]
    estate.provider(blue, "org/a")
    soon(lambda: len(catalog.models) == 2, "the second is published too")
    assert catalog.agrees()["primaryModel"] == first
    catalog.edit(agents={"primary": ["*/org/a", "*"]})
    catalog.becomes(Ready=GOOD)
    assert catalog.agrees()["primaryModel"] == f"vllm-{blue.namespace}-vllm/org/a"
