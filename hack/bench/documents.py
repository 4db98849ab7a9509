"""What the floor and the peer publish: a ConfigMap and a status as large as the operator's."""

import json
from datetime import UTC, datetime
from typing import Any

from hack.bench.objects import KIND

Json = dict[str, Any]

CONDITIONS = ("Ready", "EndpointResolved", "ServerReachable", "ConfigPublished")
MANAGED = {
    "app.kubernetes.io/managed-by": "bench",
    "app.kubernetes.io/part-of": "openclaw-vllm",
}


def config_map(name: str, base_url: str, models: list[str], uid: str = "") -> Json:
    """Return the ConfigMap of a VllmProvider; with its uid it is owned by it."""
    configuration = {"providers": {"vllm": _entry(base_url, models)}}
    data = {
        "agents-defaults.json": "{}\n",
        "models.json": f"{json.dumps(configuration, indent=2)}\n",
        "openclaw.json": f"{json.dumps({'models': configuration}, indent=2)}\n",
    }
    labels = {**MANAGED, "openclaw-vllm.dev/provider": name}
    metadata: Json = {"name": f"{name}-openclaw", "labels": labels}
    if uid:
        metadata["ownerReferences"] = [{**KIND, "name": name, "uid": uid, "controller": True}]
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}


def status(name: str, base_url: str, models: list[str]) -> Json:
    """Return the status that says so."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    condition = {
        "status": "True",
        "reason": "Succeeded",
        "message": "the ConfigMap holds what this generation asks for",
        "lastTransitionTime": now,
        "observedGeneration": 1,
    }
    return {
        "observedGeneration": 1,
        "conditions": [{"type": type_, **condition} for type_ in CONDITIONS],
        "configMap": {"name": f"{name}-openclaw", "digest": f"sha256:{'0' * 64}"},
        "endpoint": {"baseUrl": base_url},
        "modelCount": len(models),
        "models": [_listed(model) for model in models],
    }


def _entry(base_url: str, models: list[str]) -> Json:
    return {
        "api": "openai-completions",
        "apiKey": "vllm-local",
        "auth": "api-key",
        "baseUrl": base_url,
        "models": [_card(model) for model in models],
    }


def _card(model: str) -> Json:
    return {
        "compat": {"supportsUsageInStreaming": True},
        "contextWindow": 32768,
        "cost": {"cacheRead": 0, "cacheWrite": 0, "input": 0, "output": 0},
        "id": model,
        "input": ["text"],
        "maxTokens": 8192,
        "name": model,
        "reasoning": False,
    }


def _listed(model: str) -> Json:
    return {
        "contextWindow": 32768,
        "contextWindowSource": "Server",
        "id": model,
        "maxTokens": 8192,
        "maxTokensSource": "Default",
        "parent": "",
        "ref": f"vllm/{model}",
        "state": "Served",
    }
