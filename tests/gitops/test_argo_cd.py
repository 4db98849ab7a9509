"""What docs/gitops.md says of Argo CD, by Argo CD's own settings, health and sync engine."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.apiserver.servers import Servers
from tests.apiserver.workspace import KIND, Json, Workspace
from tests.gitops.programs import ARGOCD
from tests.gitops.states import states
from tests.gitops.verdicts import State

CONFIG = Path(__file__).parents[2] / "gitops" / "argocd" / "argocd-cm.yaml"
WAVE = "argocd.argoproj.io/sync-wave"
DENIED = "http://169.254.169.254/v1"
NOBODY = "http://127.0.0.1:9/v1"  # where nobody listens

pytestmark = pytest.mark.timeout(300)


def ask(*arguments: str | Path, objects: list[Json]) -> Any:
    """Run the program on objects, and return what it prints."""
    process = subprocess.run(
        [ARGOCD.ensure(), *arguments],
        input=json.dumps(objects),
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(process.stdout)


@pytest.fixture(scope="module")
def verdicts() -> dict[str, str]:
    """Return what Argo CD shows of each state of the tests, by its name."""
    answers = ask("health", CONFIG, objects=[state.manifest for state in states()])
    return {state.name: answer["status"] for state, answer in zip(states(), answers, strict=True)}


@pytest.mark.parametrize("state", [pytest.param(state, id=state.name) for state in states()])
def test_argo_cd_itself_shows(state: State, verdicts: dict[str, str]) -> None:
    assert verdicts[state.name] == state.verdict.argocd


def sync(space: Workspace, url: str, *, seconds: int, **spec: object) -> Json:
    """Sync a VllmProvider in wave 0 and a ConfigMap in wave 1, for so many seconds at most."""
    provider = {**KIND, "spec": {"baseUrl": url, "discovery": {"interval": "5s"}, **spec}}
    later = {"apiVersion": "v1", "kind": "ConfigMap", "data": {}}
    objects = [
        {**manifest, "metadata": {"name": name, "namespace": space.namespace, **wave(number)}}
        for number, (name, manifest) in enumerate({"vllm": provider, "later": later}.items())
    ]
    arguments = (CONFIG, space.plane.kubeconfig, space.namespace, str(seconds))
    outcome: Json = ask("sync", *arguments, objects=objects)
    return outcome


def wave(number: int) -> Json:
    return {"annotations": {WAVE: str(number)}}


def test_the_next_wave_follows_once_models_are_published(
    space: Workspace, servers: Servers
) -> None:
    outcome = sync(space, servers.start().base_url, seconds=60)
    assert outcome["phase"] == "Succeeded", outcome
    assert space.find("configmaps", "later") is not None


def test_a_wave_waits_for_a_first_list(space: Workspace) -> None:
    outcome = sync(space, NOBODY, seconds=12)
    assert outcome["phase"] == "Running", outcome
    assert space.find("configmaps", "later") is None


def test_a_sync_ends_as_soon_as_only_a_person_can_mend_it(space: Workspace) -> None:
    outcome = sync(space, DENIED, seconds=60)
    assert outcome["phase"] == "Failed", outcome
    assert {r["name"]: r["phase"] for r in outcome["resources"]} == {"vllm": "Failed"}
    assert space.find("configmaps", "later") is None


def test_the_next_wave_follows_where_a_vllmprovider_is_suspended(space: Workspace) -> None:
    outcome = sync(space, NOBODY, seconds=60, suspend=True)
    assert outcome["phase"] == "Succeeded", outcome
    assert space.find("configmaps", "later") is not None
