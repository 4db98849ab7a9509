"""The real kstatus, by which Flux and others wait, about every state that our core produces."""

import pytest

from tests import kstatus
from tests.gitops.states import states


@pytest.mark.timeout(600)  # it may have to be built
def test_kstatus_agrees_about_every_state() -> None:
    expected = {state.name: state.verdict.kstatus for state in states()}
    result = kstatus.statuses([state.manifest for state in states()])
    assert dict(zip(expected, result, strict=True)) == expected
