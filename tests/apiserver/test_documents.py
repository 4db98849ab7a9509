"""The documents that a spec chooses are the ones in the ConfigMap, whatever happens to it."""

from tests.apiserver.servers import Servers
from tests.apiserver.workspace import Provider, Workspace, soon

CONFIG, MODELS, AGENTS = "openclaw.json", "models.json", "agents-defaults.json"
INCLUDED = [MODELS, AGENTS]


def holds(provider: Provider, *keys: str) -> None:
    soon(lambda: sorted(provider.data) == sorted(keys), f"the ConfigMap holds {keys}")


def test_a_document_comes_and_goes_with_the_spec(space: Workspace, servers: Servers) -> None:
    provider = space.provider(servers.start(), output={"documents": INCLUDED})
    provider.is_ready()
    holds(provider, *INCLUDED)
    for keys in ([CONFIG], [CONFIG, *INCLUDED], [MODELS]):
        provider.edit(output={"documents": keys})
        holds(provider, *keys)


def test_a_key_that_somebody_adds_survives_though_it_has_a_documents_name(
    space: Workspace, servers: Servers
) -> None:
    provider = space.provider(servers.start(), output={"documents": [MODELS]})
    provider.is_ready()
    whole = provider.data[MODELS]
    provider.damage(data={MODELS: "{}", CONFIG: "theirs"})
    soon(lambda: provider.data == {MODELS: whole, CONFIG: "theirs"}, "ours is as it was")


def test_what_was_served_last_comes_back_without_the_server(
    space: Workspace, servers: Servers
) -> None:
    server = servers.start()
    provider = space.provider(server, output={"documents": [CONFIG]})
    provider.is_ready()
    before = provider.data
    servers.stop(server)
    space.delete("configmaps", provider.config_map_name)
    soon(
        lambda: space.find("configmaps", provider.config_map_name) and provider.data == before,
        "the ConfigMap is as it was",
    )
