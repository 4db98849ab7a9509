"""Names and labels stay what was said: text where YAML reads a number, and each of them once."""

import json
from functools import cache
from typing import Any

import pytest

from tests.apiserver.chart import NAME, render

pytestmark = pytest.mark.timeout(300)  # the first test may find Helm still to be built

PLAIN = "a-plain-name"
READ_AS_SOMETHING_ELSE = ("123", "null", "on", "true", "y", "1e3", "0x1f", "0o7", "2026-11-23")
MONITORS = {
    name[0].upper() + name[1:]: f"metrics.{name}"
    for name in ("podMonitor", "serviceMonitor", "prometheusRule")
}
LABELS = (
    "commonLabels",
    "podLabels",
    *(f"{monitor}.additionalLabels" for monitor in MONITORS.values()),
)
ANNOTATIONS = (
    *("deploymentAnnotations", "podAnnotations", "service.annotations"),
    *("serviceAccount.annotations", "metrics.dashboard.annotations"),
)
NAMES = (
    *("priorityClassName", "metrics.dashboard.sidecarLabel"),
    "metrics.dashboard.sidecarLabelValue",
)
OVERRIDES = ("nameOverride", "fullnameOverride", "serviceAccount.name")
EVERY_TEMPLATE = (
    "crds.enabled=false",
    "replicaCount=2",
    "networkPolicy.enabled=true",
    *(f"{part}.enabled=true" for part in (*MONITORS.values(), "metrics.dashboard")),
)
AGGREGATED = "rbac.authorization.k8s.io/aggregate-to-view"
OWN = (
    *("app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"),
    *("app.kubernetes.io/managed-by", "app.kubernetes.io/version", "helm.sh/chart"),
)


@cache
def called(name: str, *overrides: str) -> list[Any]:
    """Render every template, for the cluster and for a namespace, with a name wherever one goes."""
    texts = {value: name for value in (*NAMES, *overrides)}
    maps = {value: {name: name} for value in (*LABELS, *ANNOTATIONS, "nodeSelector")}
    values = (f"{value}={json.dumps(text)}" for value, text in (texts | maps).items())
    arguments = (*EVERY_TEMPLATE, *values)
    scopes = ("watchNamespaces=[]", f'watchNamespaces=["{name}"]')
    return [render(*arguments, scope, release=name, namespace=name).manifests for scope in scopes]


@pytest.mark.parametrize("name", READ_AS_SOMETHING_ELSE)
@pytest.mark.parametrize(
    "overrides", [(), OVERRIDES[:1], OVERRIDES[1:]], ids=["release", "name", "full name"]
)
def test_a_name_is_text_whatever_yaml_would_make_of_it(
    name: str, overrides: tuple[str, ...]
) -> None:
    """It renders what a plain name renders, and nothing but the name differs."""
    expected = json.dumps(called(PLAIN, *overrides)).replace(PLAIN, name)
    assert json.loads(json.dumps(called(name, *overrides))) == json.loads(expected)


def test_of_labels_given_twice_the_charts_own_win_and_then_those_of_the_object() -> None:
    """Each is rendered once, too: a key that is written twice is refused when it is read."""
    message = (*OWN, AGGREGATED, "release")
    values = [f"{value}={json.dumps(dict.fromkeys(message, value))}" for value in LABELS]
    rendered = render(*EVERY_TEMPLATE, *values, 'metrics.dashboard.sidecarLabel="release"')
    of_objects = {kind: f"{monitor}.additionalLabels" for kind, monitor in MONITORS.items()}
    of_objects |= {"ConfigMap": "1", "the pod": "podLabels"}
    for manifest in [*rendered.manifests, {**rendered.pod, "kind": "the pod"}]:
        labels = manifest["metadata"]["labels"]
        assert labels["release"] == of_objects.get(manifest["kind"], "commonLabels")
        assert not {labels.get(name) for name in OWN} & set(LABELS)
        if manifest["metadata"].get("name") == f"{NAME}-view":
            assert labels[AGGREGATED] == "true"
