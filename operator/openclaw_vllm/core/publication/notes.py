"""Message of ConfigPublished about what works and has to be known: fields of the spec without an
effect, numbers that are assumed, and notes of the server.

None of it is a reason to stop publishing.
"""

from collections.abc import Collection, Iterable, Iterator

from openclaw_vllm.api.provider import DiscoverySpec, ModelSettings, VllmProviderSpec
from openclaw_vllm.api.status import ServerNote
from openclaw_vllm.core.config.agents import ResolvedDefaults
from openclaw_vllm.core.config.releases import remark_on
from openclaw_vllm.core.discovery.models import DEFAULT_CONTEXT, Model
from openclaw_vllm.core.discovery.references import ambiguous_variables, secret_refs
from openclaw_vllm.core.discovery.state import DiscoveryState

MAX_PATTERNS = 5  # named in a message


SENTENCES: dict[ServerNote, str] = {
    "KeyNotProved": "the server lists its models without a key, so the key was not proved",
    "ProbeStopped": "the server went away while it was asked what a model can do; it is asked "
    "again only when you set the annotation openclaw-vllm.dev/requested-at anew",
    "FormerDomain": "the URL has the cluster's former domain; to publish the present one, set the "
    "annotation openclaw-vllm.dev/requested-at anew or edit the spec",
    "TargetPort": "the Service is headless, so the URL has the port of its pods",
    "ChatUnauthorized": "Unauthorized: the server lists its models, and refuses chat requests: it "
    "wants another key",
}


def server_notes(spec: VllmProviderSpec, discovery: DiscoveryState) -> tuple[ServerNote, ...]:
    """Return what has to be known of the server, although its list is good."""
    notes = tuple(_list_url_notes(discovery))
    return notes if spec.models else (*notes, *_list_server_notes(spec, discovery))


def _list_url_notes(discovery: DiscoveryState) -> Iterator[ServerNote]:
    if discovery.has_former_domain:
        yield "FormerDomain"
    if discovery.endpoint.is_target_port:
        yield "TargetPort"


def _list_server_notes(spec: VllmProviderSpec, discovery: DiscoveryState) -> Iterator[ServerNote]:
    if secret_refs(spec) and discovery.info.key_proved is False:
        yield "KeyNotProved"
    note = discovery.capabilities.note
    if spec.discovery.capabilities == "Probe" and note is not None:
        yield note


def note(
    spec: VllmProviderSpec,
    models: Collection[Model],
    defaults: ResolvedDefaults,
    server: Iterable[ServerNote] = (),
) -> str:
    """Return the message for these models and defaults, and notes of the server; empty when
    nothing has to be known."""
    sentences = (SENTENCES[each] for each in server)
    remarks = "; ".join((*_write_remarks(spec, models, defaults), *sentences))
    return f"published; {remarks}" if remarks else ""


def with_domain_note(message: str, discovery: DiscoveryState) -> str:
    """Return the message of an earlier process, which may have had no cause to name the domain."""
    advice = SENTENCES["FormerDomain"]
    is_missing = discovery.has_former_domain and advice not in message
    return f"{message}; {advice}" if is_missing else message


def with_refusal(message: str, refusal: str | None) -> str:
    """Return the message with the reason why agents' pods are not refreshed, if there is one."""
    if not refusal:
        return message
    return f"{message or 'published'}; agents' pods are not refreshed: {refusal}"


def _write_remarks(
    spec: VllmProviderSpec, models: Collection[Model], defaults: ResolvedDefaults
) -> Iterator[str]:
    if defaults.unmatched:
        patterns = ", ".join(defaults.unmatched[:MAX_PATTERNS])
        yield f"no model matches these patterns of spec.agents: {patterns}"
    if spec.agents is None and any(model.settings.params for model in models):
        yield "params of modelDefaults and modelOverrides need spec.agents"
    if spec.models and (fields := ", ".join(_list_discovery_fields(spec))):
        yield f"beside spec.models these change nothing: {fields}"
    if variables := ", ".join(ambiguous_variables(spec)):
        yield f"an agent's variable can hold one value, write another name where it is: {variables}"
    if remark := remark_on(spec.output.openclaw):
        yield remark
    assumed = sum(1 for model in models if model.source == "Default")
    if assumed and not spec.models:
        yield (
            f"the server names no context for {assumed} of {len(models)} models, so that "
            f"{DEFAULT_CONTEXT} tokens are assumed: write contextWindow into spec.modelDefaults or "
            "spec.modelOverrides"
        )


def _list_discovery_fields(spec: VllmProviderSpec) -> Iterator[str]:
    """Yield the fields that are set and apply to discovered models only."""
    discovery, default_discovery = spec.discovery, DiscoverySpec()
    settings = {
        "discovery.include": discovery.include != default_discovery.include,
        "discovery.exclude": discovery.exclude != default_discovery.exclude,
        "discovery.capabilities": discovery.capabilities != default_discovery.capabilities,
        "modelDefaults": spec.model_defaults != ModelSettings(),
        "modelOverrides": bool(spec.model_overrides),
    }
    return (field for field, is_set in settings.items() if is_set)
