"""Every state that our objects are seen in; names say the kind and what happened."""

from functools import cache

from tests.gitops import catalog_states, provider_states
from tests.gitops.verdicts import State


@cache
def states() -> tuple[State, ...]:
    """Return the states of both kinds."""
    return (*provider_states.states(), *catalog_states.states())
