"""Services that a catalog asks by itself, with a provider's rules for keys and for failures."""

from tests.apiserver.catalogs.estate import KEY_SECRET, Estate
from tests.apiserver.catalogs.published import GOOD, VllmCatalog
from tests.apiserver.workspace import Json, Workspace, soon
from tests.certificates import Authority
from tests.operator_process import OperatorProcess
from tests.vllm_server import Answer, Model

KEY = "sk-team-secret-7f3a9c"
DOCUMENT = Answer(body=b"<html>Welcome to nginx!</html>")


def id_of(team: Workspace, name: str = "qwen") -> str:
    return f"vllm-{team.namespace}-{name}"


def source(catalog: VllmCatalog, id_: str) -> Json:
    """Return what the status says of a source, empty before it says anything."""
    result: list[Json] = catalog.status.get("providers", [])
    return next((provider for provider in result if provider["id"] == id_), {})


def test_a_key_reaches_its_own_service_only_and_never_travels(
    estate: Estate, operator: OperatorProcess
) -> None:
    keyed, plain, home = estate.team("keyed"), estate.team("plain"), estate.agents()
    server, other = estate.serve("org/a", keys=(KEY,)), estate.serve("org/b")
    keyed.create("secrets", {"metadata": {"name": "vllm-key"}, "stringData": {"token": KEY}})
    estate.service(keyed, server, keyed_by="vllm-key/token")
    estate.service(plain, other)
    catalog = estate.catalog()
    catalog.publishes({id_of(keyed): ["org/a"], id_of(plain): ["org/b"]}, home.namespace)

    credentials = catalog.agrees()["credentials"]
    secret = {"secretNamespace": keyed.namespace, "secretName": "vllm-key", "secretKey": "token"}
    env = credentials[0]["env"]
    assert credentials == [{"providerId": id_of(keyed), "env": env, **secret}]
    assert catalog.providers[id_of(keyed)]["apiKey"] == f"${{{env}}}"
    assert keyed.namespace.upper().replace("-", "_") in env  # two teams' keys never mix
    sent = {(request.path, request.headers.get("authorization")) for request in server.seen}
    assert {path for path, key in sent if key is None} == {"/v1/models"}  # is it public?
    assert {key for _, key in sent} == {f"Bearer {KEY}", None}
    assert {request.headers.get("authorization") for request in other.seen} == {None}
    everything = estate.plane.kubectl("get", "configmaps,vllmcatalogs,events", "-A", "-o", "json")
    assert KEY not in everything
    assert KEY not in operator.log.read_text()


def test_a_secret_of_another_namespace_cannot_be_named(estate: Estate) -> None:
    """Else whoever may label a Service could have any team's key sent to a server of theirs."""
    victim, thief = estate.team("victim"), estate.team("thief")
    victim.create("secrets", {"metadata": {"name": "vllm-key"}, "stringData": {"api-key": KEY}})
    server = estate.serve("org/a", keys=(KEY,))
    for number, named in enumerate((f"{victim.namespace}/vllm-key", "../vllm-key", "vllm-key")):
        estate.service(thief, server, name=f"s{number}", keyed_by=named)
    catalog = estate.catalog()
    catalog.becomes(ConfigPublished="False NoModels")
    mark = catalog.plane.audit.mark()
    catalog.refresh()
    catalog.becomes(ConfigPublished="False NoModels")
    read = catalog.plane.audit.since(mark).of("secrets", namespace=victim.namespace)
    assert [entry for entry in read if "serviceaccount" in entry.user] == []
    assert KEY not in str([request.headers for request in server.seen])


def test_a_missing_secret_is_named_and_creating_it_heals(estate: Estate) -> None:
    team, home = estate.team(), estate.agents().namespace
    estate.service(team, estate.serve("org/a", keys=(KEY,)), keyed_by="vllm-key")
    catalog = estate.catalog()
    soon(lambda: source(catalog, id_of(team)).get("reason") == "SecretNotFound")
    team.create("secrets", {"metadata": {"name": "vllm-key"}, "stringData": {"api-key": KEY}})
    catalog.publishes({id_of(team): ["org/a"]}, home)
    catalog.becomes(Ready=GOOD, SourcesReachable=GOOD)


def test_the_ca_of_a_service_is_read_in_its_own_namespace_and_creating_it_heals(
    estate: Estate,
) -> None:
    team, home, authority = estate.team(), estate.agents().namespace, Authority.create()
    certificate = authority.issue(f"qwen.{team.namespace}.svc.cluster.local")
    estate.service(team, estate.serve("org/a", tls=certificate.server_context()))
    catalog = estate.catalog(estate.services(scheme="https", caBundleRef={"name": "ca"}))
    soon(lambda: source(catalog, id_of(team)).get("reason") == "CABundleNotFound")
    assert catalog.providers == {}
    team.create("configmaps", {"metadata": {"name": "ca"}, "data": {"ca.crt": authority.pem}})
    catalog.publishes({id_of(team): ["org/a"]}, home)
    assert catalog.providers[id_of(team)]["request"] == {"tls": {"ca": authority.pem}}
    catalog.becomes(Ready=GOOD, SourcesReachable=GOOD)


def test_a_list_that_turns_bad_stays_as_it_was(estate: Estate) -> None:
    team = estate.team()
    estate.agents()
    servers = [estate.serve("org/a"), estate.serve("org/b")]
    for server, name in zip(servers, ("qwen", "llama"), strict=True):
        estate.service(team, server, name=name)
    catalog = estate.catalog()
    catalog.publishes({id_of(team): ["org/a"], id_of(team, "llama"): ["org/b"]})
    catalog.becomes(Ready=GOOD, SourcesReachable=GOOD)
    before = catalog.config_maps()
    servers[0].fault = DOCUMENT
    catalog.becomes(Ready=GOOD, ConfigPublished=GOOD, SourcesReachable="False SourcesFailing")
    assert source(catalog, id_of(team))["reason"] == "InvalidAnswer"
    assert f"{team.namespace}/qwen" in catalog.message("SourcesReachable")
    assert catalog.config_maps() == before
    servers[0].fault = None
    catalog.becomes(Ready=GOOD, SourcesReachable=GOOD)
    assert catalog.config_maps() == before


def test_a_mistyped_annotation_changes_no_list_and_is_reported(estate: Estate) -> None:
    team = estate.team()
    estate.agents()
    server = estate.serve("org/a")
    estate.service(team, server)
    catalog = estate.catalog()
    catalog.publishes({id_of(team): ["org/a"]})
    before = catalog.config_maps()
    mistyped = {KEY_SECRET: "Not a Secret"}
    team.patch("services", "qwen", {"metadata": {"annotations": mistyped}})
    catalog.becomes(Ready=GOOD, ConfigPublished=GOOD, SourcesReachable="False SourcesFailing")
    assert source(catalog, id_of(team))["reason"] == "InvalidSpec"
    assert "write <secret> or <secret>/<key>" in catalog.message("SourcesReachable")
    assert catalog.config_maps() == before
    count = server.count("/v1/models")
    team.patch("services", "qwen", {"metadata": {"annotations": {KEY_SECRET: None}}})
    catalog.becomes(Ready=GOOD, SourcesReachable=GOOD)
    assert server.count("/v1/models") > count
    assert catalog.config_maps() == before


def test_a_model_goes_after_three_good_answers_without_it(estate: Estate) -> None:
    team, home = estate.team(), estate.agents().namespace
    server = estate.serve("org/a", "org/b")
    estate.service(team, server)
    catalog = estate.catalog()
    catalog.publishes({id_of(team): ["org/a", "org/b"]}, home)
    server.models = (Model("org/a", 32768), Model("org/c", 32768))
    catalog.publishes({id_of(team): ["org/a", "org/b", "org/c"]}, home)
    count = server.count("/v1/models")
    catalog.publishes({id_of(team): ["org/a", "org/c"]}, home)
    assert server.count("/v1/models") - count in (2, 3)
    catalog.agrees()


def test_a_server_that_was_never_up_holds_up_nothing(estate: Estate) -> None:
    team, home = estate.team(), estate.agents().namespace
    server = estate.serve("org/a")
    estate.servers.stop(server)
    estate.service(team, server)
    estate.provider(team, "org/b")
    catalog = estate.catalog()
    catalog.publishes({id_of(team, "vllm"): ["org/b"]}, home)
    catalog.becomes(Ready=GOOD, SourcesReachable="False SourcesFailing")
    soon(lambda: source(catalog, id_of(team)).get("reason") == "ConnectionFailed")
    assert source(catalog, id_of(team))["modelCount"] == 0
    estate.servers.restart(server)
    catalog.publishes({id_of(team): ["org/a"], id_of(team, "vllm"): ["org/b"]}, home)


def test_a_service_that_leads_out_of_the_cluster_is_not_followed(estate: Estate) -> None:
    team = estate.team()
    labels = {"openclaw-vllm.dev/share": "true", "app.kubernetes.io/name": "vllm"}
    spec = {"type": "ExternalName", "externalName": "localhost", "ports": [{"port": 80}]}
    team.create("services", {"metadata": {"name": "qwen", "labels": labels}, "spec": spec})
    catalog = estate.catalog()
    soon(lambda: source(catalog, id_of(team)).get("reason") == "ExternalNameRefused")
    catalog.becomes(ConfigPublished="False NoModels")
