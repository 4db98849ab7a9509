"""Labels and annotations of a user's own: any key but those that somebody acts on."""

from typing import Any

import pytest

from openclaw_vllm.api.catalog import VllmCatalogSpec
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.structural import structural
from openclaw_vllm.commands import cel_rules

OUTPUT = structural(VllmProviderSpec)["properties"]["output"]["properties"]
TARGET = structural(VllmCatalogSpec)["properties"]["target"]["properties"]
FIELDS = {
    "labels of a VllmProvider": OUTPUT["labels"],
    "annotations of a VllmProvider": OUTPUT["annotations"],
    "labels of a VllmCatalog": TARGET["labels"],
    "annotations of a VllmCatalog": TARGET["annotations"],
}


def messages(extra: dict[str, str], schema: dict[str, Any]) -> list[str]:
    return [violation.message for violation in cel_rules.violations(extra, schema, "labels")]


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    "key",
    [
        *("team", "Team", "cost-center", "a.b_c-d", "0", "owner", "release", "a" * 63),
        *("app.kubernetes.io/name", "app.kubernetes.io/component", "app.kubernetes.io/version"),
        *("app.kubernetes.io/created-by", "example.com/team", "a/b", "grafana", "dashboard_1"),
        *("jenkins", "example.com/grafana_dashboard", f"{'a' * 253}/{'b' * 63}"),
        *(
            "reloader.stakater.com/match",
            "cattle",
            "olm",
            "openshift.io/display-name",
            "example-cattle.io/team",
        ),
    ],
)
def test_a_key_is_taken(field: str, key: str) -> None:
    assert messages({key: "value"}, FIELDS[field]) == []


ARGO, HELM = "by which Argo CD takes an object for its own", "Helm's and this operator's"
FOREIGN = "belongs to Kubernetes, to a controller that acts on it, or to this operator"
OLM = "by which the Operator Lifecycle Manager takes an object"
SIDECAR, FORM = "sidecars copy the content of ConfigMaps", "write keys such as team"


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("app.kubernetes.io/instance", ARGO),
        ("app.kubernetes.io/managed-by", HELM),
        ("app.kubernetes.io/part-of", HELM),
        ("openclaw-vllm.dev/provider", FOREIGN),
        ("kubernetes.io/metadata.name", FOREIGN),
        ("x.app.kubernetes.io/name", FOREIGN),
        ("argocd.argoproj.io/instance", FOREIGN),
        ("kustomize.toolkit.fluxcd.io/name", FOREIGN),
        ("meta.helm.sh/release-name", FOREIGN),
        ("helm.sh/resource-policy", FOREIGN),
        ("objectset.rio.cattle.io/hash", FOREIGN),
        ("objectset.rio.cattle.io/id", FOREIGN),
        ("fleet.cattle.io/bundle-id", FOREIGN),
        ("kapp.k14s.io/app", FOREIGN),
        ("kluctl.io/discriminator", FOREIGN),
        ("tanka.dev/environment", FOREIGN),
        ("configsync.gke.io/declared-version", FOREIGN),
        ("internal.kpt.dev/upstream-identifier", FOREIGN),
        ("projectsveltos.io/reference-name", FOREIGN),
        ("app.oam.dev/name", FOREIGN),
        ("cleanup.kyverno.io/ttl", FOREIGN),
        ("janitor/ttl", FOREIGN),
        ("reflector.v1.k8s.emberstack.com/reflection-allowed", FOREIGN),
        ("replicator.v1.mittwald.de/replicate-to", FOREIGN),
        ("kubed.appscode.com/sync", FOREIGN),
        ("synator/sync", FOREIGN),
        ("kube-syncer/auto", FOREIGN),
        ("hnc.x-k8s.io/inherited-from", FOREIGN),
        ("clusterctl.cluster.x-k8s.io/move", FOREIGN),
        ("config.openshift.io/inject-trusted-cabundle", FOREIGN),
        ("service.beta.openshift.io/inject-cabundle", FOREIGN),
        ("service.alpha.openshift.io/inject-cabundle", FOREIGN),
        ("operators.coreos.com/agents.vllm", FOREIGN),
        ("olm.operatorframework.io/owner-name", FOREIGN),
        ("policy.open-cluster-management.io/managed-by", FOREIGN),
        ("work.karmada.io/permanent-id", FOREIGN),
        ("liqo.io/remote-cluster-id", FOREIGN),
        ("vcluster.loft.sh/managed-by", FOREIGN),
        ("capsule.clastix.io/resources", FOREIGN),
        ("projectcapsule.dev/managed-by", FOREIGN),
        ("k8s-ttl-controller.twin.sh/ttl", FOREIGN),
        ("replizieren.dev/replicate-all", FOREIGN),
        ("spillway.kroy.io/replicate-to", FOREIGN),
        ("flynshue.io/sync", FOREIGN),
        ("olm.owner", OLM),
        ("olm.managed", OLM),
        ("grafana_dashboard", SIDECAR),
        ("grafana_datasource", SIDECAR),
        ("loki_rule", SIDECAR),
        ("release-jenkins-config", SIDECAR),
        ("k8s-sidecar-target-directory", SIDECAR),
        ("", FORM),
        ("my team", FORM),
        ("-team", FORM),
        ("team-", FORM),
        ("a" * 64, FORM),
        ("/team", FORM),
        ("example.com/", FORM),
        ("Example.com/team", FORM),
        ("example.com/a/b", FORM),
        ("example..com/team", FORM),
        (f"{'a' * 254}/team", FORM),
        ("équipe", FORM),
    ],
)
def test_a_key_that_means_something_to_others_is_refused_with_the_reason(
    field: str, key: str, reason: str
) -> None:
    (message,) = messages({"team": "a", key: "value"}, FIELDS[field])
    assert reason in message


@pytest.mark.parametrize(
    ("owner", "refused"), [("helm", True), ("TILLER", True), ("helmut", False), ("", False)]
)
def test_an_owner_is_anybody_but_helm(owner: str, *, refused: bool) -> None:
    for field, schema in FIELDS.items():
        expected = refused and field.startswith("labels")
        assert any("Helm stores" in text for text in messages({"owner": owner}, schema)) is expected
