"""Releases of OpenClaw, and the documents in the form that the oldest of an installation takes.

OpenClaw stops on a key that it does not know. So what came later is written in its older form,
left out where that changes nothing, or refused. The boundaries were measured with the loaders of 17
releases from 2026.1.30 to 2026.9.6; where one lies between two of them, the later one counts.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.core.config.escaping import unescape

Json = dict[str, Any]
Release = tuple[int, int, int]

OLDEST: Release = (2026, 1, 30)
NEWEST: Release = (2026, 9, 6)
RELEASE = re.compile(r"(\d{4})\.([1-9]|1[0-2])(?:\.(\d{1,3}))?")

MODEL_POLICY = "agents.defaults.modelPolicy"
STREAMING = "compat.supportsUsageInStreaming"
TOOLS = "compat.supportsTools"
TIMEOUT = "timeoutSeconds"

# The first release that takes a key, or a value of it, of what the operator may publish.
SINCE: Mapping[str, Release] = {
    STREAMING: (2026, 2, 17),
    "compat.supportsStrictMode": (2026, 2, 26),
    "compat.requiresToolResultName": (2026, 2, 26),
    "compat.requiresAssistantAfterToolResult": (2026, 2, 26),
    "compat.requiresThinkingAsText": (2026, 2, 26),
    "compat.thinkingFormat: openai": (2026, 2, 26),
    "compat.thinkingFormat: zai": (2026, 2, 26),
    TOOLS: (2026, 3, 7),
    "compat.thinkingFormat: openrouter": (2026, 3, 22),
    "request.tls": (2026, 4, 5),
    "compat.requiresStringContent": (2026, 4, 14),
    "compat.thinkingFormat: deepseek": (2026, 4, 24),
    "compat.supportsPromptCacheKey": (2026, 4, 29),
    "input: audio": (2026, 4, 29),
    "input: video": (2026, 4, 29),
    TIMEOUT: (2026, 4, 29),
    "compat.strictMessageKeys": (2026, 5, 12),
    # known from 2026.2.17 and 2026.3.22 on, and refused again by 2026.4.26 to 2026.5.7
    "compat.thinkingFormat: qwen": (2026, 5, 12),
    "compat.thinkingFormat: qwen-chat-template": (2026, 5, 12),
    "compat.thinkingFormat: together": (2026, 5, 28),
    "compat.requiresReasoningContentOnAssistantMessages": (2026, 6, 11),
    "compat.supportsTemperature": (2026, 7, 35),
    MODEL_POLICY: (2026, 8, 1),
    "compat.supportsJsonSchemaResponseFormat": (2026, 8, 1),
}
# Values that an older client assumes anyway, so that leaving them out changes nothing.
ASSUMED_VALUES: Mapping[str, object] = {STREAMING: True, TOOLS: True}


def parse_release(text: str | None) -> Release | Problem:
    """Read `2026.6`, which stands for the first release of its month, or `2026.6.35`; none is the
    newest."""
    if not text:
        return NEWEST
    match = RELEASE.fullmatch(text)
    year, month, patch = (int(part or 0) for part in match.groups()) if match else (0, 0, 0)
    if (year, month, patch or OLDEST[2]) < OLDEST:
        message = f"there is no release {text} of OpenClaw to publish for: write one from "
        message += f"{write(OLDEST)} on, such as 2026.6 or {write(NEWEST)}, or none for the newest"
        return Problem(Reason.INVALID_SPEC, message)
    return (year, month, patch or 1)


def write(release: Release) -> str:
    """Return a release as OpenClaw writes it."""
    return ".".join(map(str, release))


def adapt(
    providers: Mapping[str, Json], agents: Json, release: Release
) -> tuple[Mapping[str, Json], Json] | Problem:
    """Return both parts as this release and all newer ones take them, or what they would refuse."""
    if release >= max(SINCE.values()):
        return providers, agents
    assumed = {key: value for key, value in ASSUMED_VALUES.items() if release < SINCE[key]}
    adapted = {id_: _without_assumed(provider, assumed) for id_, provider in providers.items()}
    for provider in adapted.values():
        for key in _keys(provider):
            if release < SINCE.get(key, release):
                return _refusal(key, release)
    if "modelPolicy" not in agents or release >= SINCE[MODEL_POLICY]:
        return adapted, agents
    if not agents["modelPolicy"]["allow"]:
        problem = _refusal(MODEL_POLICY, release)
        advice = "aliases and params need it unless spec.agents.allow is Discovered"
        return Problem(problem.reason, f"{problem.message}: {advice}")
    return adapted, _with_allow_as_models(providers, agents)


def check_base(config: Json, agents: Json, release: Release) -> Problem | None:
    """Return what this release would refuse of a base configuration, as far as it concerns models.

    `config` is the merged document, `agents` our own part of it.
    """
    defaults = config.get("agents", {}).get("defaults", {})
    keys = [MODEL_POLICY] if "modelPolicy" in defaults and "modelPolicy" not in agents else []
    places = {key: key for key in keys}
    for id_, provider in config["models"]["providers"].items():
        places |= {key: f"models.providers.{id_}: {key}" for key in _keys(provider)}
    for key, place in places.items():
        if release < SINCE.get(key, release):
            message = f"the base configuration has {place}, {_since(key)}"
            message = f"{message}, and this is for {write(release)}"
            return Problem(Reason.BASE_CONFIG_INVALID, message)
    return None


def remark_on(text: str | None) -> str:
    """Return what there is to know of a release that `parse_release` takes; empty for most."""
    release = parse_release(text)
    if isinstance(release, Problem) or release <= NEWEST:
        return ""
    return (
        f"OpenClaw {text} is newer than {write(NEWEST)}, the newest that this operator knows: the "
        "documents have the form of that one"
    )


def _without_assumed(provider: Json, assumed: Mapping[str, object]) -> Json:
    """Return the entry without what an older release refuses and assumes anyway."""
    if not assumed:
        return provider
    return {**provider, "models": [_without(model, assumed) for model in provider["models"]]}


def _without(model: Json, assumed: Mapping[str, object]) -> Json:
    compat = {
        key: value
        for key, value in model["compat"].items()
        if (f"compat.{key}", value) not in assumed.items()
    }
    rest = {key: value for key, value in model.items() if key != "compat"}
    return {**rest, "compat": compat} if compat else rest


def _keys(provider: object) -> Iterator[str]:
    """Yield the keys of a provider's entry as SINCE names them; a user's may have any form."""
    entry = _as_object(provider)
    if "tls" in _as_object(entry.get("request")):
        yield "request.tls"
    if TIMEOUT in entry:
        yield TIMEOUT
    for model in map(_as_object, _as_list(entry.get("models"))):
        yield from (f"input: {modality}" for modality in _as_list(model.get("input")))
        for key, value in _as_object(model.get("compat")).items():
            yield f"compat.{key}"
            yield f"compat.{key}: {value}"


def _as_object(value: object) -> Json:
    return value if isinstance(value, dict) else {}


def _as_list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _with_allow_as_models(providers: Mapping[str, Json], agents: Json) -> Json:
    """Return the defaults with the allow list as keys of `models`, which is one where there is no
    policy."""
    entries = agents.get("models", {})
    refs = [ref for each in agents["modelPolicy"]["allow"] for ref in _expand(each, providers)]
    rest = {key: value for key, value in agents.items() if key != "modelPolicy"}
    models = {ref: entries.get(ref, {}) for ref in (*refs, *entries)}
    return {**rest, "models": models}


def _expand(allowed: str, providers: Mapping[str, Json]) -> Iterator[str]:
    """Yield references, unescaped as keys are; a whole provider by its models."""
    provider_id, _, pattern = allowed.partition("/")
    models = providers.get(provider_id, {}).get("models", ())
    if pattern == "*" and models:
        yield from (f"{provider_id}/{unescape(model['id'])}" for model in models)
    else:
        yield unescape(allowed)


def _refusal(key: str, release: Release) -> Problem:
    message = f"OpenClaw {write(release)} would not start on {_describe(key)}"
    return Problem(Reason.INVALID_SPEC, message)


def _describe(key: str) -> str:
    return f"{key}, {_since(key)}"


def _since(key: str) -> str:
    return f"which OpenClaw knows from {write(SINCE[key])} on"
