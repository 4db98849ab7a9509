"""`agents-defaults.json`: the choice of models in OpenClaw's own form.

Values are escaped, keys are not, since OpenClaw leaves keys alone. `prefix` turns an id into a
reference: a provider's id and a slash, or nothing where ids are references already.
"""

import re
from collections.abc import Iterable
from typing import Any

from openclaw_vllm.core.config.agents import ResolvedDefaults
from openclaw_vllm.core.config.escaping import escape, escape_all
from openclaw_vllm.core.discovery.models import Model

Json = dict[str, Any]

NOBODY = "vllm/*"  # an empty list would allow everything
_REFERABLE = re.compile(r"[^\s/]+(/[^\s/]+)*")


def agents_document(prefix: str, choice: ResolvedDefaults, published: Iterable[Model]) -> Json:
    """Write default model, fallbacks, aliases, parameters and allow list, each if there is one."""

    def ref(id_: str) -> str:
        return f"{prefix}{escape(id_)}"

    model: Json = {"primary": ref(choice.primary)} if choice.primary else {}
    if choice.fallbacks:
        model["fallbacks"] = [ref(id_) for id_ in choice.fallbacks]
    aliases = {id_: {"alias": alias} for id_, alias in (choice.aliases or {}).items()}
    given = [(each.id, each.settings.params) for each in published if each.settings.params]
    different = {id(params): params for _, params in given}  # many models share theirs
    escaped = {key: escape_all(params) for key, params in different.items()}
    params = {id_: {"params": escaped[id(params)]} for id_, params in given}
    models = {
        f"{prefix}{id_}": aliases.get(id_, {}) | params.get(id_, {}) for id_ in aliases | params
    }
    allow = _allowed(prefix, choice.allow, models)
    sections = {"model": model, "models": models, "modelPolicy": allow}
    return {name: section for name, section in sections.items() if section}


def _allowed(prefix: str, ids: tuple[str, ...] | None, models: Json) -> Json:
    """Write `modelPolicy`: exactly the ids, or all of a provider, or everything.

    OpenClaw takes an id here only without empty parts and white space between its slashes; an empty
    list allows everything; and without any list `models` would act as one (all measured).
    """
    if ids is None:
        return {"allow": []} if models else {}
    refs = [f"{prefix}{id_}".partition("/") for id_ in ids]
    whole = {provider for provider, _, id_ in refs if not _REFERABLE.fullmatch(id_)}
    allowed = (
        f"{provider}/*" if provider in whole else f"{provider}/{escape(id_)}"
        for provider, _, id_ in refs
    )
    return {"allow": list(dict.fromkeys(allowed)) or [f"{prefix}*" if prefix else NOBODY]}
