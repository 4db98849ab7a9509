"""A catalog with the rights of the first release: the image may be upgraded before them."""

import json
from collections.abc import Iterator

import pytest

from tests import rbac
from tests.apiserver.catalogs.estate import Estate
from tests.apiserver.workspace import Json, soon
from tests.controlplane.plane import ControlPlane
from tests.operator_process import (
    ACCOUNT,
    NAMESPACE,
    USER,
    OperatorProcess,
    grant,
    wait_for_end_of_right,
    wait_for_right,
)


def without_update(manifest: Json) -> Json:
    """Return a role that lets nothing be replaced; other manifests as they are."""
    rules = [
        rule | {"verbs": [verb for verb in rule["verbs"] if verb != "update"]}
        for rule in manifest.get("rules", ())
    ]
    return manifest | ({"rules": rules} if rules else {})


@pytest.fixture(scope="module")
def operator(
    control_plane: ControlPlane, operator_process: OperatorProcess, catalog_process: OperatorProcess
) -> Iterator[OperatorProcess]:
    operator_process.kill()
    items = map(without_update, rbac.cluster_wide(NAMESPACE, ACCOUNT, ACCOUNT))
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)})
    control_plane.kubectl("apply", "-f", "-", input=manifest)
    try:
        wait_for_end_of_right(control_plane, USER, verb="update", resource="configmaps")
        catalog_process.start()
        yield catalog_process
    finally:
        catalog_process.kill()
        grant(control_plane)
        wait_for_right(control_plane, USER, verb="update", resource="configmaps")


def test_copies_that_may_not_be_replaced_are_applied(estate: Estate) -> None:
    space = estate.agents()
    estate.provider(estate.team(), "org/a")
    catalog = estate.catalog()
    catalog.spreads_to(space.namespace)
    catalog.is_ready()
    mark = estate.plane.audit.mark()
    estate.provider(estate.team("more"), "org/b")
    soon(lambda: len(catalog.providers) == 2, "the list grows")
    catalog.is_ready()
    writes = space.asked_since(mark).writes().of("configmaps", namespace=space.namespace)
    assert {(write.verb, write.code) for write in writes} == {("update", 403), ("patch", 200)}
