"""Message of ConfigPublished about fields of the spec that have no effect.

Such a field is no reason to stop publishing, but its author has to be told.
"""

from collections.abc import Iterable, Iterator

from openclaw_vllm.api.provider import Discovery, ModelSettings, VllmProviderSpec
from openclaw_vllm.api.status import ServerNote
from openclaw_vllm.core.config.agents import ResolvedDefaults
from openclaw_vllm.core.discovery.models import Model
from openclaw_vllm.core.discovery.references import secret_refs
from openclaw_vllm.core.discovery.state import DiscoveryState

MAX_PATTERNS = 5  # named in a message


SENTENCES: dict[ServerNote, str] = {
    "KeyNotProved": "the server lists its models without a key, so the key was not proved",
    "ProbeStopped": "the server went away while it was asked what a model can do; it is asked "
    "again only when you set the annotation openclaw-vllm.dev/requested-at anew",
    "ChatUnauthorized": "Unauthorized: the server lists its models, and refuses chat requests: it "
    "wants another key",
}


def server_notes(spec: VllmProviderSpec, discovery: DiscoveryState) -> tuple[ServerNote, ...]:
    """Return what has to be known of the server, although its list is good."""
    return () if spec.models else tuple(_list_server_notes(spec, discovery))


def _list_server_notes(spec: VllmProviderSpec, discovery: DiscoveryState) -> Iterator[ServerNote]:
    if secret_refs(spec) and discovery.info.key_proved is False:
        yield "KeyNotProved"
    note = discovery.capabilities.note
    if spec.discovery.capabilities == "Probe" and note is not None:
        yield note


def note(
    spec: VllmProviderSpec,
    models: Iterable[Model],
    defaults: ResolvedDefaults,
    server: Iterable[ServerNote] = (),
) -> str:
    """Return the message for these models and defaults, and notes of the server; empty when all
    fields have an effect and nothing has to be known."""
    told = (SENTENCES[one] for one in server)
    remarks = "; ".join((*_write_remarks(spec, models, defaults), *told))
    return f"published; {remarks}" if remarks else ""


def _write_remarks(
    spec: VllmProviderSpec, models: Iterable[Model], defaults: ResolvedDefaults
) -> Iterator[str]:
    if defaults.unmatched:
        patterns = ", ".join(defaults.unmatched[:MAX_PATTERNS])
        yield f"no model matches these patterns of spec.agents: {patterns}"
    if spec.agents is None and any(model.settings.params for model in models):
        yield "params of modelDefaults and modelOverrides need spec.agents"
    if spec.models and (fields := ", ".join(_list_discovery_fields(spec))):
        yield f"beside spec.models these change nothing: {fields}"


def _list_discovery_fields(spec: VllmProviderSpec) -> Iterator[str]:
    """Yield the fields that are set and apply to discovered models only."""
    discovery, default_discovery = spec.discovery, Discovery()
    settings = {
        "discovery.include": discovery.include != default_discovery.include,
        "discovery.exclude": discovery.exclude != default_discovery.exclude,
        "discovery.capabilities": discovery.capabilities != default_discovery.capabilities,
        "modelDefaults": spec.model_defaults != ModelSettings(),
        "modelOverrides": bool(spec.model_overrides),
    }
    return (field for field, is_set in settings.items() if is_set)
