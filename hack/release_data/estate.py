"""The estate that is recorded: fifty VllmProviders of many kinds, and two VllmCatalogs.

Every object is one that the oldest release takes. Servers are reached at the ports of Services,
which lead to this machine (`tests/cluster_dns.py`), so that URLs are the same everywhere.
"""

from typing import Any

from tests.operator_process import NAMESPACE

Json = dict[str, Any]

TEAMS = ("team-a", "team-b")
HOMES = ("agents-1", "agents-2", "agents-3")
HOST = "vllm.models.svc.cluster.local"
SHARED = {"openclaw-vllm.dev/share": "true"}
BASE = """{
  // settings of the user
  gateway: {port: 18789, mode: "local"},
  agents: {defaults: {workspace: "~/agent", models: {"other/x": {alias: "x"}}}},
}
"""
BASE_WITH_MODEL = '{"agents": {"defaults": {"model": {"primary": "other/x"}}}}'

PLAIN, KEYED, ODD, EMBED, TOOLS, DOWN, NEVER = range(18917, 18924)
KEY = {"apiKeySecretRef": {"name": "vllm-api-key", "key": "api-key"}}
QWEN, LLAMA, LORA = "Qwen/Qwen3-32B", "meta-llama/Llama-3.3-70B-Instruct", "acme/support-lora"

# What each server lists, as arguments of the stand-in; NEVER is a port where nobody listens.
SERVERS: list[Json] = [
    {
        "port": PLAIN,
        "models": [[QWEN, 40960, None], [LLAMA, 131072, None], [LORA, None, QWEN]],
    },
    {"port": KEYED, "models": [["org/big", 65536, None]], "keys": ["secret"]},
    {
        "port": ODD,
        "models": [[id_, 2048, None] for id_ in ("${HOME}", "/models/x", "a//b", "a b", "ünï☃")],
    },
    {"port": EMBED, "models": [["BAAI/bge-m3", 8192, None]], "task": "embed"},
    {"port": TOOLS, "models": [["org/tools", 32768, None]], "tools": True, "vision": True},
    {"port": DOWN, "models": [["org/gone", 32768, None], ["org/gone-too", None, None]]},
]

OFTEN = {"interval": "10s", "timeout": "2s"}


def at(port: int, **fields: Any) -> Json:
    return {"baseUrl": f"http://{HOST}:{port}/v1", **fields}


def choosing(**agents: Any) -> Json:
    return at(PLAIN, agents=agents)


def based_on(key: str, **fields: Any) -> Json:
    return at(PLAIN, output={"baseConfigRef": {"name": "base", "key": key}}, **fields)


PARAMS = {"params": {"temperature": 0.2, "stop": ["${HOME}"]}}
SPECS: dict[str, Json] = {
    "plain": at(PLAIN),
    "service": {"serviceRef": {"name": "vllm", "port": "http"}},
    "headers": at(PLAIN, headers=[{"name": "X-Tenant", "value": "a ${PATH}"}]),
    "keyed": at(KEYED, auth=KEY),
    "key-of-agents": at(KEYED + 6, auth={"apiKeyEnv": "TEAM_KEY"}, models=[{"id": "org/big"}]),
    "provider-id": at(PLAIN, providerId="vllm-team"),
    "primary": choosing(primary=["gone", "Qwen/*"]),
    "all-of-agents": choosing(
        primary=["*"], fallbacks=["meta-llama/*", "*"], aliases={"coder": "Qwen/*"}, allow="Any"
    ),
    "empty-agents": choosing(),
    "aliases": choosing(aliases={"coder": "Qwen/*", "later": "gone"}),
    "allow": choosing(allow="Discovered"),
    "params": at(PLAIN, modelDefaults=PARAMS),
    "params-and-agents": at(PLAIN, modelDefaults=PARAMS, agents={"fallbacks": ["*"]}),
    "explicit": at(NEVER, models=[{"id": "my/model", "contextWindow": 65536, "maxTokens": 4096}]),
    "explicit-and-agents": at(NEVER, models=[{"id": "m"}], agents={"primary": ["m"]}),
    "base": based_on("openclaw.json5"),
    "base-with-model": based_on("model.json"),
    "base-and-agents": based_on("model.json", agents={"fallbacks": ["*"], "allow": "Discovered"}),
    "output": at(
        PLAIN,
        output={
            "configMapName": "models",
            "labels": {"example.com/team": "a"},
            "annotations": {"example.com/note": "anything, ${THIS} too"},
        },
    ),
    "overrides": at(
        PLAIN,
        modelDefaults={"input": ["text", "image"], "compat": {"supportsTools": False}},
        modelOverrides=[
            {"match": "Qwen/*", "name": "Qwen3", "cost": {"input": 0.25}, "maxTokens": 4096},
            {"match": "*", "contextWindow": 16384},
        ],
    ),
    "filtered": at(PLAIN, discovery={"include": ["Qwen/*", "acme/*"], "exclude": ["*lora"]}),
    "probed": at(TOOLS, discovery={"capabilities": "Probe"}),
    "embedding": at(EMBED, providerId="vllm-embed"),
    "odd-ids": at(ODD, agents={"allow": "Discovered"}),
    "down": at(DOWN),
}
SHARED_KINDS = ("plain", "service", "keyed", "params", "explicit", "down", "overrides")


def _object(kind: str, name: str, namespace: str = "", **fields: Any) -> Json:
    labels, annotations = fields.pop("labels", {}), fields.pop("annotations", {})
    where = {"namespace": namespace} if namespace else {}
    metadata = {"name": name, **where, "labels": labels, "annotations": annotations}
    version = "openclaw-vllm.dev/v1alpha1" if kind.startswith("Vllm") else "v1"
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **fields}


def _service(name: str, namespace: str, port: int, **fields: Any) -> Json:
    ports = [{"name": "http", "port": port}]
    return _object("Service", name, namespace, spec={"ports": ports}, **fields)


def _of_team(team: str) -> list[Json]:
    allowed = {"openclaw-vllm.dev/allowed-hosts": HOST}
    base = {"openclaw.json5": BASE, "model.json": BASE_WITH_MODEL}
    data = {"api-key": "c2VjcmV0"}
    return [
        _service("vllm", team, PLAIN),
        _object("Secret", "vllm-api-key", team, data=data, annotations=allowed),
        _object("ConfigMap", "base", team, data=base),
    ]


def provided() -> list[Json]:
    """Return what there is before the operator's own kinds, in the order of creation."""
    catalogs = {"openclaw": "enabled"}
    namespaces = [
        *(_object("Namespace", name, labels={"tier": "models"}) for name in ("models", *TEAMS)),
        *(_object("Namespace", name, labels=catalogs) for name in HOMES),
    ]
    teams = [each for team in TEAMS for each in _of_team(team)]
    app = {"app.kubernetes.io/name": "vllm", **SHARED}
    return [
        *namespaces,
        *teams,
        _service("qwen", "models", PLAIN, labels=app),
        _service("tools", "models", TOOLS, labels=app),
        _object("ConfigMap", "base", NAMESPACE, data={"openclaw.json5": BASE}),
    ]


def providers() -> list[Json]:
    """Return the VllmProviders: of every kind one in each team."""
    return [
        _object(
            "VllmProvider",
            kind,
            team,
            spec={**spec, "discovery": {**OFTEN, **spec.get("discovery", {})}},
            labels=SHARED if kind in SHARED_KINDS else {},
        )
        for team in TEAMS
        for kind, spec in SPECS.items()
    ]


def catalogs() -> list[Json]:
    """Return the VllmCatalogs: one as small as can be, one with all there is."""
    where = {"namespaceSelector": {"matchLabels": {"tier": "models"}}}
    shared = {"providers": {**where, "selector": {"matchLabels": SHARED}}}
    app = {"matchLabels": {"app.kubernetes.io/name": "vllm"}}
    services = {"services": {**where, "selector": app, "port": "http", **OFTEN}}
    selector = {"matchLabels": {"openclaw": "enabled"}}
    small = {"sources": [shared], "target": {"namespaceSelector": selector}}
    agents = {"primary": ["*/Qwen/*"], "aliases": {"tools": "*/org/tools"}, "allow": "Discovered"}
    base = {"name": "base", "key": "openclaw.json5"}
    target = {"namespaceSelector": selector, "configMapName": "all", "baseConfigRef": base}
    all_ = {"sources": [shared, services], "agents": agents, "target": target}
    return [
        _object("VllmCatalog", "small", spec=small),
        _object("VllmCatalog", "all", spec=all_),
    ]
