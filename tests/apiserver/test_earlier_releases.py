"""A cluster that holds what an earlier release made is upgraded, with its real chart and CRDs.

No operator works here: what one publishes before and after is a matter of other tests. Each test
has a control plane of its own.
"""

import json
from functools import partial

import pytest

from openclaw_vllm.api import crd
from tests import rbac
from tests.apiserver.custom_resources import contains
from tests.apiserver.documented import Shell
from tests.apiserver.workspace import soon
from tests.earlier_releases import RELEASES, EarlierRelease, Manifest, schema_of

pytestmark = [
    pytest.mark.timeout(300),
    pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version),
]

RELEASE = "openclaw-vllm --namespace openclaw-vllm"
UPGRADE = f"helm upgrade {RELEASE.replace(' ', f' {rbac.CHART} ', 1)}"
NEW_CRDS = [crd.definition(kind) for kind in crd.DEFINITIONS]
# It led nowhere, so that only a later rule refuses it.
LEADS_NOWHERE = "http://vllm.models.svc:8000/v3/models"


def install(shell: Shell, release: EarlierRelease, *options: str) -> None:
    place = RELEASE.replace(" ", f" {release.chart} ", 1)
    shell.run(" ".join(["helm install", place, "--create-namespace", *options]))
    shell.run("kubectl wait crds --all --for=condition=Established --timeout=60s")
    shell.run("kubectl create namespace agents")
    shell.run("kubectl config set-context --current --namespace=agents")


def apply(shell: Shell, manifests: list[Manifest]) -> None:
    """Apply objects as a user does; unknown fields are errors."""
    objects = {"apiVersion": "v1", "kind": "List", "items": manifests}
    text = json.dumps(objects)
    shell.plane.kubectl("apply", "--validate=strict", "-n", "agents", "-f", "-", input=text)


def stored(shell: Shell) -> dict[str, Manifest]:
    """Return every object of ours, by kind and name."""
    plurals = ",".join(kind.plural for kind in crd.DEFINITIONS)
    items = json.loads(shell.run(f"kubectl get {plurals} -o json"))["items"]
    return {f"{item['kind']}/{item['metadata']['name']}": item for item in items}


def await_crds(shell: Shell, manifests: list[Manifest]) -> None:
    """Wait until the cluster has these CRDs' schemas, and serves by them."""
    for manifest in manifests:
        soon(partial(is_served, shell, manifest), manifest["metadata"]["name"])


def is_served(shell: Shell, wanted: Manifest) -> bool:
    existing = json.loads(shell.run(f"kubectl get crd {wanted['metadata']['name']} -o json"))
    conditions = {each["type"]: each["status"] for each in existing["status"]["conditions"]}
    assert "NonStructuralSchema" not in conditions
    return schema_of(existing) == schema_of(wanted) and conditions["Established"] == "True"


def test_an_upgrade_and_a_rollback_leave_every_object_as_its_user_wrote_it(
    shell: Shell, release: EarlierRelease
) -> None:
    install(shell, release)
    manifests = [each for kind in crd.DEFINITIONS for each in release.objects(kind)]
    apply(shell, manifests)
    before = stored(shell)
    assert len(before) == len(manifests)

    shell.run(f"{UPGRADE} --reset-then-reuse-values")
    await_crds(shell, NEW_CRDS)
    apply(shell, manifests)
    after = stored(shell)
    assert {name: item["metadata"]["uid"] for name, item in after.items()} == {
        name: item["metadata"]["uid"] for name, item in before.items()
    }
    for name, item in after.items():
        assert contains(item["spec"], before[name]["spec"]), name

    shell.run(f"helm rollback {RELEASE}")
    await_crds(shell, [release.crd(kind) for kind in crd.DEFINITIONS])
    apply(shell, manifests)
    assert [item["spec"] for item in stored(shell).values()] == [
        item["spec"] for item in before.values()
    ]


def test_a_field_that_a_new_rule_refuses_stays_until_it_is_edited(
    shell: Shell, release: EarlierRelease
) -> None:
    install(shell, release)
    provider = next(release.objects(crd.PROVIDER)) | {"spec": {"baseUrl": LEADS_NOWHERE}}
    apply(shell, [provider])
    shell.run(f"{UPGRADE} --reset-then-reuse-values")
    await_crds(shell, NEW_CRDS)

    name = f"vllmprovider/{provider['metadata']['name']}"
    patch = "kubectl patch --type=merge"
    condition = '{"status": {"observedGeneration": 1}}'
    shell.run(f"{patch} {name} --subresource=status --patch '{condition}'")
    shell.run(f'{patch} {name} --patch \'{{"spec": {{"suspend": true}}}}\'')
    with pytest.raises(AssertionError, match="write the URL up to"):
        shell.run(f'{patch} {name} --patch \'{{"spec": {{"baseUrl": "{LEADS_NOWHERE}/"}}}}\'')


def test_its_values_file_is_taken_and_what_it_lacks_is_named(
    shell: Shell, release: EarlierRelease
) -> None:
    install(shell, release, f"-f {release.chart / 'values.yaml'}")
    with pytest.raises(AssertionError, match="missing properties 'watchList'"):
        shell.run(f"{UPGRADE} --reuse-values")
    shell.run(f"{UPGRADE} --reset-then-reuse-values")
    shell.run(f"{UPGRADE} -f {release.chart / 'values.yaml'}")
