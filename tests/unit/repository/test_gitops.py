"""Argo CD's script and Flux's expressions, run on every state that our core produces."""

from collections import Counter

import pytest
import yaml

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.observed import VllmCatalog, VllmProvider
from tests.gitops import argocd, flux
from tests.gitops.states import states
from tests.gitops.verdicts import State

STATES = [pytest.param(state, id=state.name) for state in states()]
JUDGED = [pytest.param(state, id=state.name) for state in states() if not state.is_deleted]
EVENTS_ONLY = {
    Reason.SMALL_CONTEXT,
    Reason.INSECURE_SKIP_VERIFY,
    Reason.REFRESH_REFUSED,
    Reason.REFRESH_NOT_MOUNTED,
    Reason.REPLICAS_DIFFER,
    Reason.REPLICAS_AGREE,
}
CONFIG = yaml.safe_load(argocd.SCRIPT.with_name("argocd-cm.yaml").read_text())["data"]
HEALTH = "resource.customizations.health.openclaw-vllm.dev_"


def test_no_two_states_have_one_name() -> None:
    assert [name for name, count in Counter(s.name for s in states()).items() if count > 1] == []


def test_every_reason_that_a_condition_may_have_is_among_the_states() -> None:
    names = {c["reason"] for state in states() for c in state.conditions}
    assert names == set(Reason) - EVENTS_ONLY


@pytest.mark.parametrize("state", STATES)
def test_a_state_is_one_that_the_operator_reads_back(state: State) -> None:
    kind = VllmCatalog if state.manifest["kind"] == "VllmCatalog" else VllmProvider
    read = kind.read(state.manifest).status
    assert read.model_dump(mode="json", exclude_none=True) == state.manifest["status"]


@pytest.mark.parametrize("state", JUDGED)
def test_argo_cd_shows(state: State) -> None:
    status, message = argocd.health(state.manifest)
    assert status == state.verdict.argocd
    conditions = [f"{c['reason']}: {c['message']}" for c in state.conditions]
    assert message in [*conditions, "Waiting for the operator to see this generation"]


@pytest.mark.parametrize("state", JUDGED)
def test_flux_finds(state: State) -> None:
    assert flux.status(state.manifest) == state.verdict.flux


@pytest.mark.parametrize("kind", ["VllmProvider", "VllmCatalog"])
def test_the_example_of_argocd_cm_holds_the_script(kind: str) -> None:
    assert CONFIG[HEALTH + kind] == argocd.SCRIPT.read_text()


def test_a_script_runs_without_the_libraries_that_argo_cd_closes() -> None:
    (first, *_) = states()
    for forbidden in ('string.format("x")', '("x"):upper()', "math.floor(1)", "io.write('x')"):
        with pytest.raises(Exception, match="attempt to index"):
            argocd.health(first.manifest, f"return {forbidden}")


def test_an_expression_that_names_no_field_has_no_verdict(monkeypatch: pytest.MonkeyPatch) -> None:
    (well,) = [state for state in states() if state.name == "well"]
    monkeypatch.setattr(flux, "expressions", lambda _: {"current": "status.nothing == 1"})
    with pytest.raises(flux.EvaluationError, match="nothing"):
        flux.status(well.manifest)
