"""The values of the chart: the defaults, and which of them may be null."""

from typing import Any

import yaml

from tests import rbac

VALUES: dict[str, Any] = yaml.safe_load((rbac.CHART / "values.yaml").read_text())
MAY_BE_NULL = {
    *("nameOverride", "fullnameOverride", "image.tag", "image.digest", "imagePullSecrets"),
    *("clusterDomain", "allowExternalNames", "allowAddresses", "shards"),
    *("extraArgs", "extraEnv", "extraVolumes", "extraVolumeMounts", "topologySpreadConstraints"),
    *("serviceAccount.name", "serviceAccount.annotations", "service.annotations"),
    *("networkPolicy.ingressFrom", "networkPolicy.egress", "metrics.podMonitor.additionalLabels"),
    "metrics.serviceMonitor.additionalLabels",
    *("metrics.prometheusRule.additionalLabels", "metrics.dashboard.annotations"),
    *("resources", "resources.requests", "resources.limits", "podSecurityContext"),
    *("securityContext", "deploymentAnnotations", "podAnnotations", "priorityClassName"),
    *("nodeSelector", "tolerations", "affinity", "replicaCount"),
}
