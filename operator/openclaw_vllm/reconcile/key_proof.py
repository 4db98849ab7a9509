"""Proof of the key by a good list: some servers list their models without one.

llama.cpp b10434, smg 1.13.0 and sglang-router 0.3.2 ask for a key in chat requests alone
(measured). LiteLLM 1.108.7 without a database refuses with 400 and 500 what others refuse with 401.
"""

import asyncio
from dataclasses import replace
from http import HTTPStatus

from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.discovery.references import secret_refs
from openclaw_vllm.core.discovery.server_info import KeyProof
from openclaw_vllm.reconcile.locating import Upstream
from openclaw_vllm.reconcile.readers import Readers
from openclaw_vllm.reconcile.requests import ask

# of a server, or a gateway before it, that has not judged the question
NOT_JUDGED = frozenset({408, 429, 502, 503, 504})


async def prove_key(
    spec: VllmProviderSpec, upstream: Upstream, readers: Readers
) -> KeyProof | None:
    """Ask for the list without the key, and tell whether it is refused; None without a key."""
    secrets = secret_refs(spec)
    if not secrets:
        return None
    public = {name: value for name, value in upstream.headers.items() if name not in secrets}
    keyless = replace(upstream, headers=public)
    try:
        async with asyncio.timeout(upstream.timeout):
            answer = await ask(keyless, "GET", f"{upstream.endpoint.base_url}/models", readers)
    except TimeoutError:
        return "Unanswered"
    if isinstance(answer, Problem) or answer.status in NOT_JUDGED:
        return "Unanswered"
    return "Public" if answer.status == HTTPStatus.OK else "Proved"
