"""The rights that the chart gives the operator, without Helm: the demo and the tests run with them.

The rules live once, as data in `files/rbac` of the chart; its templates include the same files.
"""

from pathlib import Path
from typing import Any

import yaml

Manifest = dict[str, Any]

CHART = Path(__file__).parents[1] / "charts" / "openclaw-vllm-operator"
GROUP = "rbac.authorization.k8s.io"


def rules(name: str = "operator") -> list[Manifest]:
    """Read a list of rules: `operator`, `catalog`, `mount-refresh` or `leader-election`."""
    text = (CHART / "files" / "rbac" / f"{name}.yaml").read_text()
    result: list[Manifest] = yaml.safe_load(text)
    return result


def service_account(namespace: str, name: str = "operator") -> Manifest:
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": metadata}


def cluster_wide(namespace: str, role: str, account: str = "operator") -> list[Manifest]:
    """Give a service account what a cluster-wide install gives it."""
    subject = _subject(namespace, account)
    return _grant("Cluster", {"name": role}, subject, [*rules(), *rules("catalog")])


def mount_refresh(namespace: str, role: str, account: str = "operator") -> list[Manifest]:
    """Give a service account what `--mount-refresh` takes beside that."""
    return _grant("Cluster", {"name": role}, _subject(namespace, account), rules("mount-refresh"))


def namespaced(
    watched: str, role: str, namespace: str, account: str = "operator"
) -> list[Manifest]:
    """Give a service account what `watchNamespaces` gives it in one namespace."""
    metadata = {"name": role, "namespace": watched}
    return _grant("", metadata, _subject(namespace, account), rules())


def leader_election(namespace: str, role: str, account: str = "operator") -> list[Manifest]:
    """Give a service account what leader election takes in the operator's own namespace."""
    metadata = {"name": role, "namespace": namespace}
    return _grant("", metadata, _subject(namespace, account), rules("leader-election"))


def _grant(
    scope: str, metadata: Manifest, subject: Manifest, granted: list[Manifest]
) -> list[Manifest]:
    version, kind = f"{GROUP}/v1", f"{scope}Role"
    reference = {"apiGroup": GROUP, "kind": kind, "name": metadata["name"]}
    binding = {"roleRef": reference, "subjects": [subject]}
    return [
        {"apiVersion": version, "kind": kind, "metadata": metadata, "rules": granted},
        {"apiVersion": version, "kind": f"{kind}Binding", "metadata": metadata} | binding,
    ]


def _subject(namespace: str, account: str) -> Manifest:
    return {"kind": "ServiceAccount", "name": account, "namespace": namespace}
