"""Labels and annotations that a user adds to published ConfigMaps, less what others act on.

The operator may write ConfigMaps, and must not lend that right to whoever may write a VllmProvider:
some keys make a controller delete the object, copy it to other namespaces, or take it for its own.
"""

from typing import Annotated

from pydantic import Field

from openclaw_vllm.api.fields import LabelValue, cel

# Tools that prune or delete by such keys (Rancher Fleet and K3s, kapp, Kluctl, Tanka, Config Sync,
# kpt, Sveltos, KubeVela, Kyverno, kube-janitor, k8s-ttl-controller, OLM, Open Cluster Management,
# Karmada, Liqo, vcluster, Capsule), after those of Kubernetes, Argo CD, Flux and Helm, and before
# those of controllers that copy. By those of OpenShift a ConfigMap's data give way to a CA bundle.
_FOREIGN_PREFIX = (
    "^([a-z0-9.-]+[.])?((kubernetes|k8s|x-k8s|argoproj|fluxcd|cattle|k14s|kluctl|kyverno|gke"
    "|projectsveltos|operatorframework|open-cluster-management|karmada|liqo|clastix|flynshue|kroy"
    ")[.]io|(config|alpha|beta)[.]openshift[.]io|(tanka|kpt|oam|openclaw-vllm|projectcapsule"
    "|replizieren)[.]dev|(helm|loft|twin)[.]sh|(emberstack|appscode|operators[.]coreos)[.]com"
    "|mittwald[.]de|synator|kube-syncer|janitor)/"
)
# kiwigrid/k8s-sidecar as the charts of Grafana, Loki and Jenkins configure it
_SIDECARS = "^(grafana_|loki_rule$|k8s-sidecar-)|jenkins-config$"
_KEYS = (
    (
        "self.all(k, k.matches('^([^/]{1,253}/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$')"
        " && k.matches('^([a-z0-9]([-a-z0-9]*[a-z0-9])?([.][a-z0-9]([-a-z0-9]*[a-z0-9])?)*/)?"
        "[^/]+$'))",
        "write keys such as team, or with a prefix of your own, such as example.com/team",
    ),
    (
        f"self.all(k, k.startsWith('app.kubernetes.io/') || !k.matches('{_FOREIGN_PREFIX}'))",
        "write keys such as team, or with a prefix of your own, such as example.com/team: this one"
        " belongs to Kubernetes, to a controller that acts on it, or to this operator",
    ),
    (
        "!('app.kubernetes.io/instance' in self) && !('app.kubernetes.io/managed-by' in self)"
        " && !('app.kubernetes.io/part-of' in self)",
        "leave out app.kubernetes.io/instance, by which Argo CD takes an object for its own, and"
        " app.kubernetes.io/managed-by and part-of, which are Helm's and this operator's",
    ),
    (
        f"self.all(k, !k.matches('{_SIDECARS}'))",
        "leave out keys such as grafana_dashboard, loki_rule and jenkins-config: sidecars copy the"
        " content of ConfigMaps that have them",
    ),
    (
        "self.all(k, !k.matches('^olm[.][^/]*$'))",
        "leave out keys such as olm.owner, by which the Operator Lifecycle Manager takes an object"
        " for its own",
    ),
)
_HELM_STORAGE = (
    "!('owner' in self) || !(self['owner'] in ['helm', 'TILLER'])",
    "write another owner: helm marks the ConfigMaps in which Helm stores releases",
)

ExtraLabels = Annotated[
    dict[str, LabelValue],
    Field(default_factory=dict, max_length=16, json_schema_extra=cel(*_KEYS, _HELM_STORAGE)),
]
ExtraAnnotations = Annotated[
    dict[str, Annotated[str, Field(max_length=1024)]],
    Field(default_factory=dict, max_length=16, json_schema_extra=cel(*_KEYS)),
]
