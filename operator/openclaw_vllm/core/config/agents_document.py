"""Document `agents-defaults.json`: the resolved defaults in OpenClaw's format.

Values are escaped, keys are not, since OpenClaw does not substitute in keys. `prefix` turns an id
into a reference: a provider's id and a slash, or nothing where ids are references already.
"""

import re
from collections.abc import Iterable
from typing import Any

from openclaw_vllm.core.config.agents import ResolvedDefaults
from openclaw_vllm.core.config.escaping import escape, escape_all
from openclaw_vllm.core.discovery.models import Model

Json = dict[str, Any]

NO_MODEL = "vllm/*"  # an empty list would allow everything
_REFERABLE = re.compile(r"[^\s/]+(/[^\s/]+)*")


def agents_document(
    prefix: str, defaults: ResolvedDefaults, published_models: Iterable[Model]
) -> Json:
    """Return default model, fallbacks, aliases, parameters and allow list, each if there is one."""

    def ref(id_: str) -> str:
        return f"{prefix}{escape(id_)}"

    model: Json = {"primary": ref(defaults.primary)} if defaults.primary else {}
    if defaults.base_primary and defaults.fallbacks:
        model = {"primary": defaults.base_primary}  # `model` replaces that of the base as a whole
    if defaults.fallbacks:
        model["fallbacks"] = [ref(id_) for id_ in defaults.fallbacks]
    aliases = {id_: {"alias": alias} for id_, alias in (defaults.aliases or {}).items()}
    request_params = [(m.id, m.settings.params) for m in published_models if m.settings.params]
    distinct = {id(params): params for _, params in request_params}  # many models share the same
    escaped = {key: escape_all(params) for key, params in distinct.items()}
    params = {id_: {"params": escaped[id(params)]} for id_, params in request_params}
    models = {
        f"{prefix}{id_}": aliases.get(id_, {}) | params.get(id_, {}) for id_ in aliases | params
    }
    allow = _write_model_policy(prefix, defaults.allow, models)
    sections = {"model": model, "models": models, "modelPolicy": allow}
    return {name: section for name, section in sections.items() if section}


def _write_model_policy(prefix: str, ids: tuple[str, ...] | None, models: Json) -> Json:
    """Return `modelPolicy`: exactly the ids, or all of a provider, or everything.

    OpenClaw accepts an id here only without empty parts or white space between its slashes; an
    empty list allows everything; and without any list `models` would act as one (all measured).
    """
    if ids is None:
        return {"allow": []} if models else {}
    refs = [f"{prefix}{id_}".partition("/") for id_ in ids]
    whole_providers = {provider for provider, _, id_ in refs if not _REFERABLE.fullmatch(id_)}
    allowed = (
        f"{provider}/*" if provider in whole_providers else f"{provider}/{escape(id_)}"
        for provider, _, id_ in refs
    )
    return {"allow": list(dict.fromkeys(allowed)) or [f"{prefix}*" if prefix else NO_MODEL]}
