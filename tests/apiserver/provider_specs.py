"""Specs of a VllmProvider, short to write; ACCEPTED are those that the API server has to accept."""

from typing import Any

Spec = dict[str, Any]

URL = "http://vllm.models.svc.cluster.local:8000/v1"
KEY_REF = {"name": "vllm-api-key", "key": "api-key"}


def spec(**fields: Any) -> Spec:
    """The smallest spec with these fields besides."""
    return {"baseUrl": URL, **fields}


def url(text: str) -> Spec:
    return {"baseUrl": text}


def service(**fields: Any) -> Spec:
    return {"serviceRef": {"name": "vllm", **fields}}


def model(**fields: Any) -> Spec:
    return spec(models=[{"id": "m", **fields}])


def header(**fields: Any) -> Spec:
    return spec(headers=[{"name": "X-Tenant", **fields}])


def client_certificate(**fields: str) -> Spec:
    return {"baseUrl": "https://vllm", "tls": {"clientCertificateRef": fields}}


def labels(**fields: str) -> Spec:
    return spec(output={"labels": fields})


VERSIONED_IDS = (
    "qwen3-8b@q8_0",
    "m@IQ4_XS",
    "m@4bit",
    "m@20260101",
    "m@20260101@q4_K_M",
    "@cf/meta/llama-3.1-8b-instruct",
    "a@work/m@8bit",
)

# Every field of api.md, with the documented example of OpenClaw's vLLM page in `models`.
EVERYTHING: Spec = {
    "serviceRef": {"name": "vllm", "port": "http", "scheme": "https", "path": "/v1"},
    "apiRoot": "Versioned",
    "providerId": "vllm-team-a",
    "auth": {"apiKeySecretRef": KEY_REF, "apiKeyEnv": "VLLM_API_KEY", "scheme": "Basic"},
    "headers": [
        {"name": "X-Tenant", "value": "team a"},
        {"name": "X-Token", "valueFrom": {"secretKeyRef": KEY_REF}, "env": "X_TOKEN"},
    ],
    "tls": {
        "caBundleRef": {"kind": "ConfigMap", "name": "corp-ca", "key": "ca.crt"},
        "serverName": "vllm.example.com",
        "clientCertificateRef": {
            "name": "agent-tls",
            "certificateEnv": "VLLM_CLIENT_CERTIFICATE",
            "keyEnv": "VLLM_CLIENT_KEY",
        },
        "insecureSkipVerify": False,
    },
    "timeoutSeconds": 600,
    "discovery": {
        "interval": "60s",
        "timeout": "5s",
        "include": ["*"],
        "exclude": ["*-draft"],
        "removeAfter": 3,
        "mode": "OnChange",
        "replicas": "Each",
        "publish": "Any",
        "whenScaledToZero": "NotReady",
        "capabilities": "Disabled",
        "maxModels": 200,
    },
    "models": [
        {
            "id": "your-model-id",
            "name": "Local vLLM Model",
            "reasoning": False,
            "input": ["text"],
            "cost": {"input": 0, "output": 0, "cacheRead": 0, "cacheWrite": 0},
            "contextWindow": 128000,
            "maxTokens": 8192,
        }
    ],
    "modelDefaults": {"params": {"temperature": 0.5, "chat_template_kwargs": {"a": [True]}}},
    "modelOverrides": [
        {"match": "Qwen/*", "reasoning": True, "compat": {"thinkingFormat": "qwen-chat-template"}}
    ],
    "agents": {
        "enabled": True,
        "primary": ["Qwen/Qwen3-*", "*"],
        "fallbacks": ["meta-llama/*"],
        "aliases": {"coder": "Qwen/*Coder*"},
        "allow": "Discovered",
    },
    "output": {
        "configMapName": "vllm-openclaw",
        "documents": ["models.json", "agents-defaults.json"],
        "baseConfigRef": {"name": "my-openclaw-base", "key": "openclaw.json5"},
        "labels": {"example.com/team": "agents"},
        "annotations": {"example.com/note": "anything, ${THIS} too"},
    },
    "suspend": False,
}

ACCEPTED: dict[str, Spec] = {
    "six-lines": url(URL),
    "everything": EVERYTHING,
    "url-without-path": url("https://vllm.example.com"),
    "url-with-another-version": url("http://ovms.models.svc:8000/v3"),
    "url-of-models": url("http://vllm.example.com/models"),
    "url-as-written": spec(apiRoot="AsWritten"),
    "url-ipv6": url("http://[fd00::1]:8000/v1/"),
    "url-sidecar": url("http://127.0.0.1:8000/v1"),
    "no-agents": spec(agents={"enabled": False}),
    "service-only-name": service(),
    "service-by-number": service(port=80),
    "service-by-name": service(port="http-8000"),
    "empty-objects": spec(discovery={}, modelDefaults={}, agents={}, auth={}, output={}),
    "empty-lists": spec(models=[], headers=[], modelOverrides=[], agents={"primary": []}),
    "tls": {"baseUrl": "https://vllm.example.com/v1", "tls": {"caBundleRef": {"name": "corp-ca"}}},
    "tls-of-cert-manager": {
        "baseUrl": "https://vllm.example.com/v1",
        "tls": {"caBundleRef": {"kind": "Secret", "name": "vllm-tls"}},
    },
    "tls-of-a-service": service(scheme="https") | {"tls": {"insecureSkipVerify": True}},
    "key-for-agents-only": spec(auth={"apiKeyEnv": "_KEY_2"}),
    "number-beyond-64-bits": spec(modelDefaults={"params": {"seed": 10**20}}),
    "partial-cost": spec(models=[{"id": "m", "cost": {"input": 0.5}}, {"id": "n"}]),
    "cost-of-overrides": spec(modelOverrides=[{"match": "*", "cost": {}, "compat": {}}]),
    "odd-ids": spec(models=[{"id": i} for i in ("a/b/c", "/m", "x:y#z%1+,'\"", "模型", "x${A}")]),
    "ids-with-a-version": spec(models=[{"id": i} for i in VERSIONED_IDS]),
    "odd-globs": spec(discovery={"include": ["[a]", "??", "*:*", "模*"]}),
    "longest-interval": spec(discovery={"interval": "24h", "timeout": "5m"}),
    "shortest-interval": spec(discovery={"interval": "5s", "timeout": "5s"}),
    "mixed-durations": spec(discovery={"interval": "1h30m", "timeout": "1s500ms"}),
    "provider-id": spec(providerId="vllm-" + "a" * 58),
    "base-config": spec(output={"baseConfigRef": {"name": "base.v1"}}),
    "plain-keys": spec(
        output={
            "labels": {"team": "a", "owner": "team-a", "app.kubernetes.io/name": "agents"},
            "annotations": {"contact": "a@example.com", "app.kubernetes.io/version": "any text"},
        }
    ),
    "label-without-value": labels(**{"a/b": ""}),
    "label-of-many-parts": labels(**{"a-b.0.example.com/A_b..c-d": "x"}),
    "label-with-a-long-prefix": labels(**{f"{'a' * 253}/{'b' * 63}": "x"}),
    "as-many-models-as-can-be": spec(models=[{"id": f"{i:0256}"} for i in range(1000)]),
}
