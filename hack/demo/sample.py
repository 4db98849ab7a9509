"""The VllmProvider of the README, so that what the README shows is what the demo applies."""

import re
from pathlib import Path

import yaml

from hack.demo.process import DemoError
from tests.rbac import Manifest

README = Path(__file__).parents[2] / "README.md"
INTERVAL = "5s"
KEY = "api-key"


def provider(base_url: str, namespace: str, *, keyed_by: str | None = None) -> Manifest:
    """Take the README's first YAML block, pointed at a server and made quick to watch."""
    match = re.search(r"^```yaml\n(.*?)^```", README.read_text(), re.MULTILINE | re.DOTALL)
    if match is None:
        raise DemoError(f"{README.name} has no ```yaml block to apply.")
    sample: Manifest = yaml.safe_load(match[1])
    if sample.get("kind") != "VllmProvider":
        raise DemoError(f"The first ```yaml block of {README.name} is no VllmProvider.")
    sample["metadata"]["namespace"] = namespace
    sample["spec"] = {"baseUrl": base_url, "discovery": {"interval": INTERVAL}}
    if keyed_by:
        reference = {"name": keyed_by, "key": KEY}
        sample["spec"]["auth"] = {"apiKeySecretRef": reference, "apiKeyEnv": "VLLM_API_KEY"}
    return sample


def key_secret(name: str, key: str, host: str) -> Manifest:
    """Build the Secret of a server's key, which may be sent to this host only."""
    metadata = {"name": name, "annotations": {"openclaw-vllm.dev/allowed-hosts": host}}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "stringData": {KEY: key}}
