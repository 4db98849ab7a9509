"""Form in which agents' defaults are published: with a primary model, unless the spec says else.

Without a primary, OpenClaw 2026.9.6 copies the first model into a user's own file at the next write
of anything, and that copy wins for good (measured). Earlier versions of the operator published none
unless asked. What they published is recognised by the hash of no patterns beside it, and stays as
it is until the spec asks: an upgrade changes no byte.
"""

from dataclasses import dataclass, replace

from openclaw_vllm.api.fields import Globs
from openclaw_vllm.api.output import AgentDefaults
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.config.agents import hash_patterns
from openclaw_vllm.core.config.base_config import Base, allows_some, default_model
from openclaw_vllm.core.publication.last_published import NO_PRIMARY

DEFAULT_PRIMARY: Globs = ("*",)
NO_AGENTS = hash_patterns(None)


@dataclass(frozen=True, slots=True)
class AgentsForm:
    """What a publication says of agents, beside the models that it resolves to."""

    agents: AgentDefaults | None  # None: nothing at all
    patterns: str  # hash to record with it: by what the primary is chosen
    default_primary: Globs = ()  # patterns of the primary where `agents` has none
    base_primary: str = ""  # reference of the base configuration's own, where that is to stay


def agents_form(
    agents: AgentDefaults | None, base: Base | Problem | None, recorded: str | None
) -> AgentsForm:
    """Return the form for `spec.agents`; `recorded` is the hash beside what is published without a
    primary or by other patterns, None where nothing is.

    A base configuration that names agents' default model keeps it, unless the spec names one; and
    where its own allow list stands, no model is chosen that may not be on it.
    """
    if agents is not None and agents.enabled is False:
        return AgentsForm(None, NO_AGENTS)
    if agents is not None and agents.primary:
        return AgentsForm(agents, hash_patterns(agents.primary))
    is_asked = agents is not None and agents.enabled is True
    if recorded in NO_PRIMARY and not is_asked:
        return AgentsForm(agents, recorded)
    agents = agents or AgentDefaults()
    form = AgentsForm(agents, hash_patterns(DEFAULT_PRIMARY), DEFAULT_PRIMARY)
    if isinstance(base, Problem):
        return form
    in_base = default_model(base)
    if in_base is None and (agents.allow == "Discovered" or not allows_some(base)):
        return form
    return replace(form, default_primary=(), base_primary=in_base or "")
