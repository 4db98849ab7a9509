"""Everything that a VllmProvider's author and a server can say, as the CRD's rules let it through.

The operator renders what passes admission, so nothing here is tamer than the rules are: their
patterns are written down again, and fields are taken from the API's types, new ones included.
"""

import unicodedata
from collections.abc import Mapping
from typing import Any, cast

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from openclaw_vllm.api.provider import ModelCompat
from tests.vllm_server import Model

Wire = dict[str, Any]
SECRET = "PLANTED"  # noqa: S105 - the variable's name, as it stands in SIGNS

LABEL = "[a-z0-9]([a-z0-9-]{0,20}[a-z0-9])?"
PROVIDER_IDS = st.just("vllm") | st.from_regex(f"vllm-{LABEL}", fullmatch=True)
ENV_NAMES = st.from_regex("[A-Z_][A-Z0-9_]{0,127}", fullmatch=True)
SCHEMES = st.sampled_from(["Bearer", "Basic", "Api-Key"])
HEADER_NAMES = st.text("-aAzZ09!#$%&*+.^_|~", min_size=1, max_size=64)
HEADER_VALUES = st.from_regex("[!-~]([ -~]{0,40}[!-~])?", fullmatch=True)
PATHS = st.sampled_from(["", "/v1", "/v1/", "/${PLANTED}/v1", "/a//b", "/%7B/v1/v1"])
TOKENS = st.integers(1, 1_000_000_000)
PRICES = st.integers(0, 1_000_000) | st.floats(0, 1_000_000)

# Text that means something to somebody: to OpenClaw, JSON, JavaScript, a shell, a terminal.
SIGNS = r"""
${PLANTED} $${PLANTED} $PLANTED ${lower} { } $ org Org / // .. vllm/ models/ __proto__ constructor
- : # %2F + " ' \ \u0000 @ @q8_0 @20260101 * , é 日本 🦙 ~ q4_K_M 1e999 null true
"""
HIDDEN = ("e\u0301", "\U0010ffff", "\ufeff", "\u202e", "\u200d", "\x7f", "\n", " ", "\u3000")
PIECES = st.sampled_from([*SIGNS.split(), *HIDDEN])
TEXTS = st.lists(PIECES | st.text(max_size=3), min_size=1, max_size=6).map("".join)
IDS = TEXTS | st.text(max_size=600)


def visible(*, without: str = "") -> SearchStrategy[str]:
    """Text without white space, control and format characters, and without these."""

    def allowed(character: str) -> bool:
        return unicodedata.category(character)[0] not in "ZC" and character not in without

    return TEXTS.map(lambda text: "".join(filter(allowed, text))).filter(bool)


NAMES = visible()
GLOBS = visible() | st.just("*") | visible().map(lambda text: f"{text}*")
VERSIONS = st.sampled_from(["@q8_0", "@IQ4_XS", "@4bit", "@20260101", "@20260101@q8_0", "@x/m"])
EXPLICIT_IDS = (
    visible(without="@*")
    | st.text("aé/$", min_size=1, max_size=256)
    | st.builds(str.__add__, visible(without="@*"), VERSIONS)
)


def optional(fields: Mapping[str, SearchStrategy[Any]], **required: Any) -> SearchStrategy[Wire]:
    """Objects with any of these fields."""
    return st.fixed_dictionaries(required, optional=dict(fields))


COMPAT = optional(
    {
        field.alias or name: st.from_type(cast(type[Any], field.annotation))
        for name, field in ModelCompat.model_fields.items()
    }
)
COSTS = optional(dict.fromkeys(("input", "output", "cacheRead", "cacheWrite"), PRICES))
JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=8,
)
MODALITIES = st.lists(
    st.sampled_from(["text", "image", "video", "audio"]), unique=True, min_size=1, max_size=4
)


def within_context(settings: Wire) -> Wire:
    """Obey the rule that an answer is part of the context."""
    if {"maxTokens", "contextWindow"} <= settings.keys():
        settings["maxTokens"] = min(settings["maxTokens"], settings["contextWindow"])
    return settings


FIELDS = {
    "name": NAMES,
    "reasoning": st.booleans(),
    "input": MODALITIES,
    "cost": COSTS,
    "contextWindow": TOKENS,
    "maxTokens": TOKENS,
    "compat": COMPAT,
}
PARAMS = {"params": st.dictionaries(TEXTS, JSON_VALUES, max_size=4)}
SETTINGS = optional(FIELDS | PARAMS).map(within_context)
OVERRIDES = optional(FIELDS | PARAMS, match=GLOBS).map(within_context)
EXPLICIT = optional(FIELDS, id=EXPLICIT_IDS).map(within_context)

AGENTS = optional(
    {
        "primary": st.lists(GLOBS, max_size=3),
        "fallbacks": st.lists(GLOBS, max_size=3),
        "aliases": st.dictionaries(
            st.from_regex("[A-Za-z0-9][A-Za-z0-9._-]{0,62}", fullmatch=True), GLOBS, max_size=3
        ),
        "allow": st.sampled_from(["Discovered", "Any"]),
    }
)


SECRET_HEADER = {"valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}
HEADERS = st.lists(
    st.fixed_dictionaries({"name": HEADER_NAMES, "value": HEADER_VALUES})
    | st.builds(
        lambda name, env: {"name": name, "env": env, **SECRET_HEADER}, HEADER_NAMES, ENV_NAMES
    ),
    max_size=3,
    unique_by=lambda header: header["name"].lower(),
)
HOSTS = st.sampled_from(["10.0.0.7", "vllm.example.com", "vllm.models.svc", "[fd00::7]"])


@st.composite
def specs(draw: st.DrawFn, *, explicit: bool) -> Wire:
    """A spec that the API server accepts."""
    secure = draw(st.booleans())
    fields: dict[str, SearchStrategy[Any]] = {
        "providerId": PROVIDER_IDS,
        "auth": optional({"apiKeyEnv": ENV_NAMES, "scheme": SCHEMES}),
        "headers": HEADERS,
        "timeoutSeconds": st.integers(1, 86_400),
        "modelDefaults": SETTINGS,
        "modelOverrides": st.lists(OVERRIDES, max_size=3),
        "agents": AGENTS,
    }
    if secure:
        fields["tls"] = optional({"serverName": st.from_regex(LABEL, fullmatch=True)})
    spec = draw(optional(fields))
    url = "{}://{}:8000{}".format("https" if secure else "http", draw(HOSTS), draw(PATHS))
    listed = st.lists(EXPLICIT, min_size=1, max_size=3, unique_by=lambda model: model["id"])
    return spec | {"baseUrl": url} | ({"models": draw(listed)} if explicit else {})


def served() -> SearchStrategy[tuple[Model, ...]]:
    """What a server lists: any ids, duplicates and adapters among them."""
    contexts = st.none() | st.integers(1, 2**63 - 1)
    models = st.builds(Model, IDS.filter(bool), contexts, st.none() | IDS)
    return st.lists(models, min_size=1, max_size=5).map(tuple)


def inputs() -> SearchStrategy[tuple[Wire, tuple[Model, ...]]]:
    """A spec and an answer, of a provider with an explicit list or of one that discovers."""
    discovering = st.tuples(specs(explicit=False), served())
    return discovering | st.tuples(specs(explicit=True), st.just(()))
