"""Whose models a catalog holds: what is shared, under ids that do not meet."""

import pytest

from tests.apiserver.catalogs.estate import SHARE, Estate, a_second_later, share
from tests.apiserver.workspace import PROVIDERS, Workspace

WITHIN = 2.0  # seconds, on average: the machine is shared


def prefix(space: Workspace) -> str:
    return f"vllm-{space.namespace}"


def test_what_two_teams_share_is_the_same_in_every_namespace_of_agents(estate: Estate) -> None:
    red, blue = estate.team("red"), estate.team("blue")
    estate.provider(red, "org/b", "org/a")
    estate.service(blue, estate.serve("org/a"))
    homes = [estate.agents(name).namespace for name in ("one", "two", "three")]
    catalog = estate.catalog()
    expected = {f"{prefix(red)}-vllm": ["org/a", "org/b"], f"{prefix(blue)}-qwen": ["org/a"]}
    catalog.publishes(expected, *homes)
    assert catalog.is_ready()["status"]["targetCount"] == 3
    sources = {(p["id"], p["kind"], p["name"]) for p in catalog.agrees()["providers"]}
    assert sources == {
        (f"{prefix(red)}-vllm", "VllmProvider", "vllm"),
        (f"{prefix(blue)}-qwen", "Service", "qwen"),
    }
    url = catalog.providers[f"{prefix(blue)}-qwen"]["baseUrl"]
    assert url.startswith(f"http://qwen.{blue.namespace}.svc.cluster.local:")


@pytest.mark.alone
def test_every_change_of_labels_arrives_within_two_seconds(estate: Estate) -> None:
    team, home = estate.team(), estate.agents().namespace
    estate.provider(team, "org/a")
    estate.service(team, estate.serve("org/b"))
    catalog = estate.catalog()
    vllm, qwen = {f"{prefix(team)}-vllm": ["org/a"]}, {f"{prefix(team)}-qwen": ["org/b"]}
    catalog.publishes(vllm | qwen, home)

    taken = []
    share(team, PROVIDERS, "vllm", "false")
    taken.append(catalog.publishes(qwen, home))
    share(team, PROVIDERS, "vllm")
    taken.append(catalog.publishes(vllm | qwen, home))
    share(team, "services", "qwen", None)
    taken.append(catalog.publishes(vllm, home))
    share(team, "services", "qwen")
    taken.append(catalog.publishes(vllm | qwen, home))
    team.patch("services", "qwen", {"metadata": {"labels": {"app.kubernetes.io/name": "web"}}})
    taken.append(catalog.publishes(vllm, home))
    estate.label(team, models=None)
    taken.append(catalog.publishes({}, home))
    estate.label(team, models=estate.name)
    taken.append(catalog.publishes(vllm, home))
    assert sum(taken) < WITHIN * len(taken), taken


@pytest.mark.alone
def test_sources_that_come_and_go_are_followed(estate: Estate) -> None:
    team, home = estate.team(), estate.agents().namespace
    catalog = estate.catalog()
    catalog.becomes(ConfigPublished="False NoModels")
    vllm, qwen = {f"{prefix(team)}-vllm": ["org/a"]}, {f"{prefix(team)}-qwen": ["org/b"]}

    provider = estate.provider(team, "org/a")
    catalog.publishes(vllm, home)  # the operator may have started a moment ago
    taken = []
    server = estate.serve("org/b")
    estate.service(team, server)
    taken.append(catalog.publishes(vllm | qwen, home))
    provider.edit(discovery={"interval": "5s", "exclude": ["*"]})
    provider.becomes(ConfigPublished="False NoModels")
    provider.edit(discovery={"interval": "5s", "exclude": []})
    provider.is_ready()
    taken.append(catalog.publishes(vllm | qwen, home))
    team.delete("services", "qwen")
    taken.append(catalog.publishes(vllm, home))
    provider.delete()
    taken.append(catalog.publishes({}, home))
    assert sum(taken) < WITHIN * len(taken), taken


@pytest.mark.parametrize("labels", [{}, {SHARE: "false"}, {SHARE: "True"}, {SHARE: ""}])
def test_what_is_not_shared_never_appears(estate: Estate, labels: dict[str, str]) -> None:
    """Whatever the catalog selects: its selectors match all there is."""
    everything = {"matchExpressions": [{"key": "no-such-label", "operator": "DoesNotExist"}]}
    team, home = estate.team(), estate.agents().namespace
    estate.provider(team, "org/secret", shared=False)
    team.patch(PROVIDERS, "vllm", {"metadata": {"labels": labels}})
    server = estate.serve("org/secret")
    estate.service(team, server, labels=labels)
    estate.provider(team, "org/public", name="public")
    catalog = estate.catalog(
        estate.providers(selector=everything), estate.services(selector=everything)
    )
    catalog.publishes({f"{prefix(team)}-public": ["org/public"]}, home)
    catalog.refresh()
    catalog.is_ready()
    assert catalog.models == {f"{prefix(team)}-public": ["org/public"]}
    assert server.count("/v1/models") == 0


def test_empty_selectors_mean_none(estate: Estate) -> None:
    estate.provider(estate.team(), "org/a")
    estate.agents()
    catalog = estate.catalog(estate.providers(selector={}), target={"namespaceSelector": {}})
    catalog.becomes(ConfigPublished="False NoModels")
    assert (catalog.status["targetCount"], catalog.targets) == (0, set())


def test_kept_ids_that_clash_go_to_the_older_and_then_to_the_younger(estate: Estate) -> None:
    red, blue, home = estate.team("red"), estate.team("blue"), estate.agents().namespace
    older = estate.provider(red, "org/old")
    a_second_later(older.read())
    younger = estate.provider(blue, "org/young")
    catalog = estate.catalog(providerIds="Keep")
    catalog.publishes({"vllm": ["org/old"]}, home)
    conflict = {"kind": "VllmProvider", "namespace": blue.namespace, "name": younger.name}
    assert catalog.agrees()["conflicts"] == [{"providerId": "vllm", **conflict}]
    share(red, PROVIDERS, older.name, None)
    catalog.publishes({"vllm": ["org/young"]}, home)
    assert catalog.agrees()["conflicts"] == []
    share(red, PROVIDERS, older.name)
    catalog.publishes({"vllm": ["org/old"]}, home)


@pytest.mark.alone
def test_ids_that_would_meet_are_kept_apart(estate: Estate) -> None:
    team, home = estate.team(), estate.agents().namespace
    for name in ("a-b", "a.b", f"{'long' * 10}-1", f"{'long' * 10}-2"):
        estate.provider(team, f"org/{name}", name=name)
    catalog = estate.catalog()
    catalog.becomes(Ready="True Succeeded")
    ids = {ids[0]: id_ for id_, ids in catalog.models.items()}
    assert ids.pop("org/a-b") == f"{prefix(team)}-a-b"
    assert len(set(ids.values())) == 3
    assert all(len(id_) <= 63 and "." not in id_ for id_ in ids.values())
    assert catalog.spreads_to(home) < WITHIN


def test_several_ports_of_a_service_are_a_provider_each(estate: Estate) -> None:
    team, home = estate.team(), estate.agents().namespace
    first, second = estate.serve("org/a"), estate.serve("org/b")
    ports = [{"name": "http", "port": first.port}, {"name": "other", "port": second.port}]
    labels = {SHARE: "true", "app.kubernetes.io/name": "vllm"}
    metadata = {"name": "two", "labels": labels}
    team.create("services", {"metadata": metadata, "spec": {"ports": ports}})
    catalog = estate.catalog(estate.services(ports=["http", second.port], interval="5s"))
    id_ = f"{prefix(team)}-two"
    catalog.publishes({f"{id_}-http": ["org/a"], f"{id_}-{second.port}": ["org/b"]}, home)
