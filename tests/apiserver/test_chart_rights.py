"""The rights that the chart gives, as the real Helm renders them: these, and no others."""

from itertools import product

import pytest

from tests import rbac
from tests.apiserver.chart import NAME, NAMESPACE, TWO_NAMESPACES, Manifest, RefusedError, render

ALL = {"get", "list", "watch"}
OPERATOR = {
    ("openclaw-vllm.dev", "vllmproviders"): ALL,
    ("openclaw-vllm.dev", "vllmproviders/status"): {"patch"},
    ("", "configmaps"): ALL | {"create", "patch"},
    ("", "services"): {"list", "watch"},
    ("discovery.k8s.io", "endpointslices"): {"list", "watch"},
    ("", "secrets"): {"get"},
    ("events.k8s.io", "events"): {"create"},
}
CATALOG = OPERATOR | {
    ("openclaw-vllm.dev", "vllmcatalogs"): ALL | {"patch"},
    ("openclaw-vllm.dev", "vllmcatalogs/status"): {"patch"},
    ("", "namespaces"): {"list", "watch"},
    ("", "configmaps"): ALL | {"create", "patch", "update", "delete"},
}
LEADER = {
    ("coordination.k8s.io", "leases"): {"create"},
    ("coordination.k8s.io", "leases", "openclaw-vllm-operator"): {"get", "update"},
}
VIEW = {("openclaw-vllm.dev", kind): ALL for kind in ("vllmproviders", "vllmcatalogs")}
EDIT = {
    ("openclaw-vllm.dev", "vllmproviders"): {
        "create",
        "delete",
        "deletecollection",
        "patch",
        "update",
    }
}
EVERY_NAMESPACE = 'watchNamespaces=["*"]'
Rights = dict[tuple[str, ...], set[str]]


def rights(role: Manifest) -> Rights:
    result: Rights = {}
    for rule in role["rules"]:
        for group, resource in product(rule["apiGroups"], rule["resources"]):
            what = (group, resource, *rule.get("resourceNames", ()))
            result.setdefault(what, set()).update(rule["verbs"])
    return result


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            (),
            {
                ("ClusterRole", "", NAME): CATALOG,
                ("ClusterRole", "", f"{NAME}-view"): VIEW,
                ("ClusterRole", "", f"{NAME}-edit"): EDIT,
            },
        ),
        (("rbac.aggregate=false",), {("ClusterRole", "", NAME): CATALOG}),
        (
            ("rbac.aggregate=false", "catalog.enabled=false", EVERY_NAMESPACE),
            {("ClusterRole", "", NAME): OPERATOR},
        ),
        (
            (TWO_NAMESPACES, "catalog.enabled=false"),
            {("Role", "red", NAME): OPERATOR, ("Role", "blue", NAME): OPERATOR},
        ),
        (("rbac.aggregate=false", EVERY_NAMESPACE), {("ClusterRole", "", NAME): CATALOG}),
        (
            (TWO_NAMESPACES,),
            {("Role", "red", NAME): OPERATOR, ("Role", "blue", NAME): OPERATOR},
        ),
        (
            (TWO_NAMESPACES, "replicaCount=2"),
            {
                ("Role", "red", NAME): OPERATOR,
                ("Role", "blue", NAME): OPERATOR,
                ("Role", NAMESPACE, f"{NAME}-leader"): LEADER,
            },
        ),
        (
            ("rbac.aggregate=false", "leaderElection.enabled=true"),
            {
                ("ClusterRole", "", NAME): CATALOG,
                ("Role", NAMESPACE, f"{NAME}-leader"): LEADER,
            },
        ),
        (("rbac.create=false", "replicaCount=2"), {}),
        (("rbac.create=false", "catalog.enabled=false"), {}),
    ],
    ids=[
        "default",
        "no aggregation",
        "no catalogs, everywhere",
        "no catalogs",
        "everywhere",
        "namespaced",
        "namespaced pair",
        "elected",
        "none",
        "none, no catalogs",
    ],
)
def test_the_operator_gets_exactly_these_rights(
    values: tuple[str, ...], expected: dict[tuple[str, str, str], Rights]
) -> None:
    rendered = render(*values)
    roles = rendered.of("Role", "ClusterRole")
    assert {key(role): rights(role) for role in roles} == expected
    for binding in rendered.of("RoleBinding", "ClusterRoleBinding"):
        kind, place, name = key(binding)
        bound = (binding["roleRef"]["kind"], place, binding["roleRef"]["name"])
        assert bound == (kind.removesuffix("Binding"), place, name)
        assert bound in expected
        account = {"kind": "ServiceAccount", "name": NAME, "namespace": NAMESPACE}
        assert binding["subjects"] == [account]


def test_without_catalogs_a_cluster_wide_right_to_write_is_never_given_unasked() -> None:
    with pytest.raises(RefusedError, match="name the namespaces to serve in watchNamespaces"):
        render("catalog.enabled=false")


def key(manifest: Manifest) -> tuple[str, str, str]:
    metadata = manifest["metadata"]
    return manifest["kind"], metadata.get("namespace", ""), metadata["name"]


def test_the_rights_of_the_demo_are_those_of_the_chart() -> None:
    (role,) = render("rbac.aggregate=false").of("ClusterRole")
    demo, _ = rbac.cluster_wide("demo", "demo")
    assert demo["rules"] == role["rules"]
