"""The peer: the same job as kopf's documentation would have one write it.

Handlers for created and updated objects, a timer for each object, and the official client. It
does the least of the job: it asks the server, writes the ConfigMap and says so in the status. It
keeps no last good list, checks no destination and holds no key.
"""

import os
from typing import Any

import httpx
import kopf
from kubernetes import client, config

from hack.bench import documents

PROVIDERS = ("openclaw-vllm.dev", "v1alpha1", "vllmproviders")
INTERVAL = float(os.environ["PEER_INTERVAL"])  # seconds


@kopf.on.startup()
def log_in(settings: kopf.OperatorSettings, **_: Any) -> None:
    """Connect the official client."""
    config.load_kube_config()
    settings.posting.enabled = False


@kopf.on.create(*PROVIDERS)
@kopf.on.update(*PROVIDERS)
@kopf.timer(*PROVIDERS, interval=INTERVAL, initial_delay=INTERVAL)
def publish(body: kopf.Body, patch: kopf.Patch, **_: Any) -> None:
    """Publish the list of the server, if it has changed."""
    name, url = str(body.metadata.name), body.spec["baseUrl"]
    answer = httpx.get(f"{url}/models", timeout=10, trust_env=False).raise_for_status().json()
    models = [card["id"] for card in answer["data"]]
    if [model["id"] for model in body.status.get("models", ())] == models:
        return
    uid, namespace = str(body.metadata.uid), str(body.metadata.namespace)
    _write(namespace, documents.config_map(name, url, models, uid))
    patch.status.update(documents.status(name, url, models))


def _write(namespace: str, config_map: Any) -> None:
    api, name = client.CoreV1Api(), config_map["metadata"]["name"]
    try:
        api.create_namespaced_config_map(namespace, config_map)
    except client.ApiException as error:
        if error.status != 409:
            raise
        api.patch_namespaced_config_map(name, namespace, config_map)
