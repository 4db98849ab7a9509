"""What the operator works for: servers, and an agent that mounts what is published.

All of them run from the operator's own image, whose Python has what the stand-in for vLLM needs;
its source is in a ConfigMap. Their pods pass the restricted Pod Security Standard.
"""

from pathlib import Path

from tests.cluster.cluster import Json

SOURCE = Path(__file__).parents[1] / "vllm_server"
PYTHON = "python3"
PORT = 8000
GROUP = "openclaw-vllm.dev"
PUBLISHED = "/agent/vllm/models.json"

# Prints the ids of the mounted file whenever they change, as OpenClaw reloads its configuration.
WATCHING = f"""
import json, pathlib, time
seen = None
while True:
    providers = json.loads(pathlib.Path("{PUBLISHED}").read_text())["providers"]
    ids = [model["id"] for provider in providers.values() for model in provider["models"]]
    if ids != seen:
        print(*ids, flush=True)
        seen = ids
    time.sleep(0.05)
"""

ADDING = """
import json, sys, urllib.request
card = json.dumps({"id": sys.argv[1], "context": 8192}).encode()
urllib.request.urlopen("http://127.0.0.1:8000/test/models", card, timeout=10)
"""

# Takes memory in small pieces, so that the kernel ends process 1, which it is told to prefer.
EXHAUSTING = """
import os, pathlib, time
pathlib.Path("/proc/1/oom_score_adj").write_text("1000")
while True:
    if os.fork() == 0:
        kept = bytearray(os.urandom(1 << 20) * 16)
        time.sleep(60)
        os._exit(0)
"""


def source() -> Json:
    """Return the stand-in's code; mounted at tests/vllm_server it is the package it is here."""
    code = {path.name: path.read_text() for path in SOURCE.glob("*.py")}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "vllm-source"},
        "data": code,
    }


def server(
    name: str, image: str, *options: str, env: list[Json] | None = None, replicas: int = 1
) -> list[Json]:
    """Return a vLLM-compatible server's Deployment and Service, whose port is called http."""
    arguments = ["--host=0.0.0.0", f"--port={PORT}", *options]
    container = {
        "name": "vllm",
        "image": image,
        "command": [PYTHON, "-m", "tests.vllm_server", *arguments],
        "env": [{"name": "PYTHONPATH", "value": "/source"}, *(env or [])],
        "ports": [{"name": "http", "containerPort": PORT}],
        "readinessProbe": {"httpGet": {"path": "/health", "port": "http"}, "periodSeconds": 1},
        "volumeMounts": [{"name": "source", "mountPath": "/source/tests/vllm_server"}],
    }
    volume = {"name": "source", "configMap": {"name": "vllm-source"}}
    port = {"name": "http", "port": PORT, "targetPort": "http"}
    labels = {"app": name}
    return [
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": name},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": _pod(container, volume)},
            },
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {"selector": labels, "ports": [port]},
        },
    ]


def agent(name: str, image: str, config_map: str, **labels: str) -> Json:
    """Return a pod that mounts the whole ConfigMap and tells when its models change."""
    container = {
        "name": "agent",
        "image": image,
        "command": [PYTHON, "-c", WATCHING],
        "volumeMounts": [{"name": "vllm", "mountPath": str(Path(PUBLISHED).parent)}],
    }
    volume = {"name": "vllm", "configMap": {"name": config_map}}
    spec, metadata = _pod(container, volume), {"name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def provider(name: str, **spec: object) -> Json:
    """Return a VllmProvider that asks every five seconds."""
    return {
        "apiVersion": f"{GROUP}/v1alpha1",
        "kind": "VllmProvider",
        "metadata": {"name": name},
        "spec": {"discovery": {"interval": "5s"}, **spec},
    }


def secret(name: str, key: str) -> Json:
    data = {"api-key": key}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data}


def namespace(name: str) -> Json:
    """Return a namespace in which no pod may have more than the restricted standard allows."""
    labels = {"pod-security.kubernetes.io/enforce": "restricted"}
    metadata = {"name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": metadata}


def _pod(container: Json, volume: Json) -> Json:
    capabilities = {"drop": ["ALL"]}
    security = {"allowPrivilegeEscalation": False, "capabilities": capabilities}
    return {
        "securityContext": {"runAsNonRoot": True, "seccompProfile": {"type": "RuntimeDefault"}},
        "terminationGracePeriodSeconds": 1,
        "containers": [
            {
                **container,
                "imagePullPolicy": "IfNotPresent",
                "securityContext": {**security, "readOnlyRootFilesystem": True},
            }
        ],
        "volumes": [volume],
    }
