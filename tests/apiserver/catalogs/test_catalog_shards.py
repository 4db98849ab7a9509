"""A catalog beside shards: an operator of its own serves it, from the VllmProviders of all."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from tests.apiserver.catalogs.estate import Estate
from tests.apiserver.resident import Resident
from tests.apiserver.servers import Servers
from tests.controlplane.plane import ControlPlane
from tests.operator_process import OperatorProcess
from tests.rights import assert_within_rights, held_to_its_rights

pytestmark = pytest.mark.timeout(240)

SELECTOR = "--shard-selector=openclaw-vllm.dev/shard notin (elsewhere)"


@pytest.fixture
def catalogs_only(
    control_plane: ControlPlane, operator_kubeconfig: Path, nobody_reconciles: None, tmp_path: Path
) -> Iterator[OperatorProcess]:
    """Run an operator that serves VllmCatalogs alone."""
    process = OperatorProcess(operator_kubeconfig, tmp_path, "--catalogs-only")
    try:
        with held_to_its_rights(control_plane, process):
            yield process
    finally:
        process.kill()


def test_a_catalog_holds_what_shards_have_published_and_its_operator_writes_no_more(
    control_plane: ControlPlane, catalogs_only: OperatorProcess, servers: Servers, tmp_path: Path
) -> None:
    mark = control_plane.audit.mark()
    with Estate(control_plane, servers, f"e{uuid4().hex[:5]}") as estate:
        team, home = estate.team(), estate.agents().namespace
        shard = Resident(team, tmp_path, SELECTOR)
        try:
            shard.start()
            estate.provider(team, "org/a")
            catalog = estate.catalog(estate.providers())
            catalog.publishes({f"vllm-{team.namespace}-vllm": ["org/a"]}, home)
            assert_within_rights(shard, shard.asked)
        finally:
            shard.kill()
        wrote = estate.asked_since(mark).writes()
        assert wrote.of("configmaps")
        assert {entry.namespace for entry in wrote.of("configmaps")} == {home}
        assert not wrote.of("vllmproviders")
        assert catalogs_only.metric("vllmprovider_models") == 0
