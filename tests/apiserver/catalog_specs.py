"""Specs of a VllmCatalog, short to write, and those that the API server has to accept or refuse."""

from typing import Any

Spec = dict[str, Any]

EVERYWHERE: Spec = {
    "matchExpressions": [{"key": "kubernetes.io/metadata.name", "operator": "Exists"}]
}
SHARED: Spec = {"matchLabels": {"openclaw-vllm.dev/share": "true"}}
BOTH_WHERE: Spec = {"namespaceSelector": EVERYWHERE, "selector": SHARED}


def providers(**fields: Any) -> Spec:
    """A source of VllmProviders: those that are shared, in every namespace."""
    return {"providers": {**BOTH_WHERE, **fields}}


def services(**fields: Any) -> Spec:
    """A source of Services: those that are shared, in every namespace."""
    return {"services": {**BOTH_WHERE, **fields}}


def spec(*sources: Spec, target: Spec | None = None, **fields: Any) -> Spec:
    """The smallest spec with these fields besides."""
    target = {"namespaceSelector": {"matchLabels": {"openclaw": "enabled"}}, **(target or {})}
    return {"sources": list(sources) or [providers()], "target": target, **fields}


def selecting(**selector: Any) -> Spec:
    return spec(target={"namespaceSelector": selector})


def requiring(key: str = "team", operator: str = "Exists", **fields: Any) -> Spec:
    return selecting(matchExpressions=[{"key": key, "operator": operator, **fields}])


# Every field of api.md.
EVERYTHING: Spec = {
    "sources": [
        {
            "providers": {
                "namespaceSelector": {"matchLabels": {"tier": "models"}},
                "selector": {"matchExpressions": [{"key": "team", "operator": "DoesNotExist"}]},
            }
        },
        {
            "services": {
                "namespaceSelector": {"matchLabels": {"tier": "models"}},
                "selector": {
                    "matchLabels": {"app.kubernetes.io/name": "vllm"},
                    "matchExpressions": [{"key": "team", "operator": "In", "values": ["a", "b"]}],
                },
                "ports": ["http", 8001],
                "scheme": "http",
                "path": "/v1",
                "apiRoot": "Versioned",
                "interval": "60s",
                "timeout": "5s",
                "removeAfter": 3,
                "mode": "Periodic",
                "replicas": "Each",
                "publish": "All",
            }
        },
    ],
    "providerIds": "Qualified",
    "agents": {
        "enabled": True,
        "primary": ["vllm-models-*/Qwen/*", "*"],
        "fallbacks": ["*"],
        "aliases": {"coder": "*/Qwen/*Coder*"},
        "allow": "Discovered",
    },
    "maxModels": 500,
    "target": {
        "namespaceSelector": {"matchLabels": {"openclaw": "enabled"}},
        "configMapName": "openclaw-models",
        "documents": ["models.json", "agents-defaults.json"],
        "baseConfigRef": {"name": "openclaw-base", "key": "openclaw.json5"},
    },
}


def _largest_selector() -> Spec:
    values = [f"{number:063}" for number in range(32)]
    key = "a" * 252 + "/" + "b" * 59
    return {
        "matchLabels": {f"{key}{number:04}": values[0] for number in range(16)},
        "matchExpressions": [{"key": key, "operator": "In", "values": values}] * 16,
    }


def _largest() -> Spec:
    """All bounds at once: what it costs to judge has to stay within the API server's budget."""
    where = {"namespaceSelector": _largest_selector(), "selector": _largest_selector()}
    source = {"services": {**where, "ports": [*range(8000, 8007), "a" * 15], "path": "/" * 512}}
    return {"sources": [source] * 16, "target": _largest_target()}


def _largest_target() -> Spec:
    keys = [f"{'a' * 253}/{number:063}" for number in range(16)]
    values = {"labels": "a" * 63, "annotations": "a" * 1024}
    extra = {field: dict.fromkeys(keys, value) for field, value in values.items()}
    return {"namespaceSelector": _largest_selector(), **extra}


ACCEPTED: dict[str, Spec] = {
    "smallest": spec(),
    "everything": EVERYTHING,
    "largest": _largest(),
    "empty-selectors": spec(
        providers(namespaceSelector={}, selector={}), target={"namespaceSelector": {}}
    ),
    "both-sorts-twice": spec(providers(), services(), providers(), services()),
    "port-by-number": spec(services(port=8000)),
    "port-by-name": spec(services(port="http-8000")),
    "one-of-several-ports": spec(services(ports=["http"])),
    "path-as-written": spec(services(path="/openai", apiRoot="AsWritten")),
    "https": spec(services(scheme="https", path="/team-a/v1")),
    "private-ca": spec(services(scheme="https", caBundleRef={"kind": "Secret", "name": "ca"})),
    "timeout-of-agents": spec(services(timeoutSeconds=600)),
    "shortest-interval": spec(services(interval="5s", timeout="5s")),
    "longest-interval": spec(services(interval="24h", timeout="5m")),
    "asked-on-changes": spec(services(mode="OnChange")),
    "each-replica": spec(services(replicas="Each", publish="Any")),
    "keep": spec(providerIds="Keep"),
    "empty-agents": spec(agents={}),
    "label-without-value": selecting(matchLabels={"example.com/team": ""}),
    "excluded": requiring(operator="NotIn", values=["a", ""]),
    "every-operator": selecting(
        matchExpressions=[
            {"key": "A.b_c-1", "operator": "Exists"},
            {"key": "example.com/a", "operator": "DoesNotExist", "values": []},
        ]
    ),
    "plain-keys": spec(
        target={
            "namespaceSelector": {},
            "labels": {"team": "a", "app.kubernetes.io/name": "agents"},
            "annotations": {"contact": "a@example.com"},
        }
    ),
    "most-models": spec(maxModels=2000),
}

REFUSED: list[tuple[Spec, str]] = [
    # sources
    ({"target": spec()["target"]}, "spec.sources: Required value"),
    ({**spec(), "sources": []}, "write at least one source"),
    (spec(*[providers()] * 17), "at most 16 items"),
    (spec({}), "exactly one of providers and services"),
    (spec({**providers(), **services()}), "exactly one of providers and services"),
    (spec({"pods": BOTH_WHERE}), 'unknown field "spec.sources[0].pods"'),
    (spec({"providers": {"selector": SHARED}}), "namespaceSelector: Required value"),
    (spec({"services": {"namespaceSelector": {}}}), "services.selector: Required value"),
    (spec(services(port=0)), "from 1 to 65535 without quotes"),
    (spec(services(port="8000")), "from 1 to 65535 without quotes"),
    (spec(services(port="a-name-too-long-for-it")), "than 15"),
    (spec(services(port=8000, ports=[8001])), "but not both"),
    (spec(services(ports=[])), "write each port once"),
    (spec(services(ports=["http", 8000, "http"])), "write each port once"),
    (spec(services(ports=[65536])), "from 1 to 65535 without quotes"),
    (spec(services(ports=list(range(1, 10)))), "at most 8 items"),
    (spec(services(apiRoot="/v3")), 'supported values: "Versioned", "AsWritten"'),
    (spec(services(caBundleRef={"name": "ca"})), "caBundleRef needs scheme: https"),
    (spec(services(timeoutSeconds=0)), "greater than or equal to 1"),
    (spec(services(scheme="tcp")), 'supported values: "http", "https"'),
    (spec(services(path="v1")), "starts with / and ends before"),
    (spec(services(interval="4s", timeout="1s")), "a duration from 5s to 24h"),
    (spec(services(interval="60")), "a duration from 5s to 24h"),
    (spec(services(timeout="50ms")), "a duration from 100ms to 5m"),
    (spec(services(timeout="61s")), "at most the interval"),
    (spec(services(interval="5s", timeout="6s")), "at most the interval"),
    (spec(services(removeAfter=0)), "greater than or equal to 1"),
    (spec(services(removeAfter=101)), "less than or equal to 100"),
    (spec(services(mode="Never")), 'supported values: "Periodic", "OnChange"'),
    (spec(services(replicas="All")), 'supported values: "Service", "Each"'),
    (spec(services(replicas=16)), "must be of type string"),
    (spec(services(publish="Each")), 'supported values: "All", "Any"'),
    (
        spec(services(whenScaledToZero="NotReady")),
        'unknown field "spec.sources[0].services.whenScaledToZero"',
    ),
    (spec(services(auth={})), 'unknown field "spec.sources[0].services.auth"'),
    # selectors
    (selecting(matchLabels={"a b": "c"}), "write a label's key"),
    (selecting(matchLabels={"": "c"}), "write a label's key"),
    (selecting(matchLabels={"a" * 64: "c"}), "write a label's key"),
    (selecting(matchLabels={"a/b/c": "d"}), "write a label's key"),
    (selecting(matchLabels={"a": "b c"}), "a letter or digit at both ends"),
    (selecting(matchLabels={"a": "b" * 64}), "than 63"),
    (selecting(matchLabels={"share": True}), "must be of type string"),
    (selecting(matchLabels={f"a{i}": "" for i in range(17)}), "must have at most 16"),
    (requiring(key="-a"), "write a label's key"),
    (requiring(key="a/"), "write a label's key"),
    (requiring(operator="Is", values=["a"]), 'supported values: "In", "NotIn"'),
    (requiring(operator="In"), "write values with In and NotIn"),
    (requiring(operator="NotIn", values=[]), "write values with In and NotIn"),
    (requiring(operator="Exists", values=["a"]), "none with Exists and DoesNotExist"),
    (requiring(operator="In", values=["a b"]), "a letter or digit at both ends"),
    (requiring(operator="In", values=[""] * 33), "at most 32 items"),
    (selecting(matchExpressions=[{"key": "a"}]), "operator: Required value"),
    (selecting(matchNames=["a"]), 'unknown field "spec.target.namespaceSelector.matchNames"'),
    # what is published, and where
    ({"sources": [providers()]}, "spec.target: Required value"),
    ({"sources": [providers()], "target": {}}, "namespaceSelector: Required value"),
    (spec(target={"labels": {"app.kubernetes.io/instance": "a"}}), "Argo CD takes an object"),
    (spec(target={"labels": {"owner": "TILLER"}}), "Helm stores releases"),
    (spec(target={"annotations": {"synator/sync": "yes"}}), "a controller that acts on it"),
    (spec(target={"annotations": {"k8s-sidecar-target-directory": "/"}}), "sidecars copy"),
    (spec(target={"labels": {f"a{i}": "" for i in range(17)}}), "must have at most 16"),
    (spec(target={"configMapName": "A"}), "lower-case letters, digits"),
    (spec(target={"documents": ["openclaw.json"]}), "write models.json too"),
    (spec(target={"configMapName": "a" * 254}), "than 253"),
    (spec(target={"baseConfigRef": {}}), "baseConfigRef.name: Required value"),
    (spec(target={"baseConfigRef": {"name": "a", "key": "a b"}}), "write a key of the object's"),
    (spec(target={"namespace": "agents"}), 'unknown field "spec.target.namespace"'),
    (spec(providerIds="Short"), 'supported values: "Qualified", "Keep"'),
    (spec(maxModels=0), "greater than or equal to 1"),
    (spec(maxModels=2001), "less than or equal to 2000"),
    (spec(agents={"primary": ["a b"]}), "without white space"),
    (spec(agents={"aliases": {"a/b": "*"}}), "alias names of at most 63"),
]
