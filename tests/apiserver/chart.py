"""Renders the chart with the real Helm."""

import subprocess
from dataclasses import dataclass
from typing import Any

from openclaw_vllm.commands import objects
from tests import rbac
from tests.controlplane import binaries

Manifest = dict[str, Any]
RELEASE = "vllm"
NAMESPACE = "openclaw-system"
NAME = "vllm-openclaw-vllm-operator"
TWO_NAMESPACES = 'watchNamespaces=["red","blue"]'
EVERYTHING = (
    TWO_NAMESPACES,
    "replicaCount=3",
    'podDisruptionBudget={"maxUnavailable":"100%"}',
    "networkPolicy.enabled=true",
    'networkPolicy.egress=[{"to":[{"ipBlock":{"cidr":"10.0.0.0/8","except":["10.1.0.0/16"]}},'
    '{"ipBlock":{"cidr":"fd00::/8"}},{"podSelector":{},"namespaceSelector":{}}],'
    '"ports":[{"port":8000,"endPort":8010},{"protocol":"UDP","port":"8-http"},{}]}]',
    'metrics.dashboard={"enabled":true,"sidecarLabel":"shows","sidecarLabelValue":"yes"}',
    'commonLabels={"team":"agents","example.com/Of_1.x":""}',
    'podLabels={"sidecar":"no","app.kubernetes.io/name":"other"}',
    'deploymentAnnotations={"a":"b"}',
    'extraEnv=[{"name":"SSL_CERT_FILE","value":"/ca/ca.crt"}]',
    'extraVolumes=[{"name":"ca","configMap":{"name":"ca"}}]',
    'extraVolumeMounts=[{"name":"ca","mountPath":"/ca","readOnly":true}]',
    'imagePullSecrets=[{"name":"registry"}]',
    'fullnameOverride="models-of-agents"',
    'service.annotations={"c":"d"}',
    'serviceAccount.name="models-of-agents.a-1.b"',
    'serviceAccount.annotations={"E.x/e":"f g"}',
    'podAnnotations={"g":"h"}',
    "revisionHistoryLimit=7",
    'priorityClassName="system-cluster-critical"',
    'nodeSelector={"disk":"fast"}',
    'tolerations=[{"key":"gpu","operator":"Exists","effect":"NoSchedule"},'
    '{"key":"a.b/c","operator":"Equal","value":"1","effect":"NoExecute","tolerationSeconds":60}]',
    'affinity={"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":'
    '[{"topologyKey":"zone","labelSelector":{"matchLabels":{"app":"vllm"}}}]}}',
    'podSecurityContext={"fsGroup":1234}',
    'securityContext={"runAsGroup":1234}',
    'livenessProbe={"failureThreshold":9}',
    'readinessProbe={"initialDelaySeconds":8}',
    'resources={"limits":{"cpu":"1","memory":"1Gi"},"requests":{"memory":"256Mi","cpu":"50m"}}',
)


class RefusedError(Exception):
    """Helm refused; the message is its own."""


@dataclass(frozen=True)
class Rendered:
    """What an install would apply."""

    manifests: tuple[Manifest, ...]

    def of(self, *kinds: str) -> list[Manifest]:
        return [manifest for manifest in self.manifests if manifest["kind"] in kinds]

    @property
    def pod(self) -> Manifest:
        (deployment,) = self.of("Deployment")
        template: Manifest = deployment["spec"]["template"]
        return template

    @property
    def args(self) -> list[str]:
        result: list[str] = self.pod["spec"]["containers"][0]["args"]
        return result


def helm(*args: str) -> str:
    program = binaries.ensure("helm")["helm"]
    process = subprocess.run([program, *args], capture_output=True, text=True, check=False)
    if process.returncode != 0:
        raise RefusedError(process.stderr + process.stdout)
    return process.stdout


def render(
    *values: str,
    release: str = RELEASE,
    namespace: str = NAMESPACE,
    kube_version: str = "1.37.2",
    apis: tuple[str, ...] = (),
) -> Rendered:
    """Render with values as `--set-json` takes them, `watchNamespaces=["a"]` for example.

    The cluster serves the APIs of its version, and `apis`: "security.openshift.io/v1" for example.
    What is rendered is read as kubectl reads it: a key that is written twice raises Unreadable.
    """
    sets = [part for value in values for part in ("--set-json", value)]
    place = ("--namespace", namespace, "--kube-version", kube_version)
    served = [f"--api-versions={api}" for api in apis]
    text = helm("template", release, str(rbac.CHART), *place, *served, *sets)
    return Rendered(tuple(item.manifest for item in objects.read("the chart", text)))
