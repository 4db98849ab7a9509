"""What the golden files show: one spec and its server's models for each."""

from dataclasses import dataclass

from openclaw_vllm.core.discovery.connection import Connection
from openclaw_vllm.core.discovery.models_response import ServedModel
from tests.builders import CONNECTION, Wire, served

CA = "-----BEGIN CERTIFICATE-----\nMIIB${NOT_A_VARIABLE}\n-----END CERTIFICATE-----\n"
BASE = served("Qwen/Qwen3-32B", context=40960)
LORA = ServedModel("acme/support-lora", "Qwen/Qwen3-32B", None)
SMALL = served("tiny", context=2048)


@dataclass(frozen=True)
class Case:
    """A spec, as a user writes it, and what its server lists."""

    spec: Wire
    models: tuple[ServedModel, ...] = ()
    connection: Connection = CONNECTION


CASES = {
    "documented-example": Case(
        {
            "baseUrl": "http://127.0.0.1:8000/v1",
            "auth": {"apiKeyEnv": "VLLM_API_KEY"},
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
        },
        connection=Connection("http://127.0.0.1:8000/v1"),
    ),
    "keyless": Case({}, BASE),
    "keyed": Case(
        {
            "providerId": "vllm-team-a",
            "auth": {
                "apiKeySecretRef": {"name": "vllm-api-key", "key": "api-key"},
                "apiKeyEnv": "TEAM_A_KEY",
            },
        },
        BASE,
    ),
    "headers": Case(
        {
            "headers": [
                {"name": "X-Tenant", "value": "a ${PATH}"},
                {
                    "name": "X-Gateway-Key",
                    "valueFrom": {"secretKeyRef": {"name": "gateway", "key": "token"}},
                    "env": "GATEWAY_KEY",
                },
            ]
        },
        BASE,
    ),
    "private-ca": Case(
        {
            "baseUrl": "https://vllm.example.com",
            "tls": {
                "caBundleRef": {"name": "corp-ca"},
                "serverName": "inner.example.com",
                "insecureSkipVerify": True,
            },
        },
        BASE,
        Connection("https://vllm.example.com/v1", CA),
    ),
    "client-certificate": Case(
        {
            "baseUrl": "https://vllm.example.com",
            "tls": {
                "caBundleRef": {"name": "corp-ca"},
                "clientCertificateRef": {"name": "agent-tls", "keyEnv": "AGENT_KEY"},
            },
        },
        BASE,
        Connection("https://vllm.example.com/v1", CA),
    ),
    "basic": Case({"auth": {"scheme": "Basic"}}, BASE),
    "timeout": Case({"timeoutSeconds": 600}, BASE),
    "overrides": Case(
        {
            "modelDefaults": {"input": ["text", "image"], "compat": {"supportsTools": False}},
            "modelOverrides": [
                {
                    "match": "Qwen/*",
                    "name": "Qwen3",
                    "reasoning": True,
                    "cost": {"input": 0.25, "output": 2},
                    "maxTokens": 4096,
                    "compat": {"thinkingFormat": "qwen-chat-template"},
                },
                {"match": "*", "contextWindow": 1000},
            ],
        },
        (LORA, *SMALL, *BASE),
    ),
    "agents": Case(
        {
            "agents": {
                "primary": ["gone", "Qwen/*"],
                "fallbacks": ["tiny", "*"],
                "aliases": {"coder": "Qwen/*", "support": "acme/*", "later": "gone"},
                "allow": "Discovered",
            },
            "modelOverrides": [
                {"match": "tiny", "params": {"temperature": 0.2, "stop": ["${HOME}"]}}
            ],
        },
        (*SMALL, *BASE, LORA),
    ),
    "odd-ids": Case(
        {"agents": {"primary": ["*"], "allow": "Any"}},
        served("${AWS_SECRET_ACCESS_KEY}", "/models/x", "a b", 'quo"te\\', "ünï☃"),
    ),
}
