"""Whether a good list proves the key: some servers list their models without one.

llama.cpp b10434, smg 1.13.0 and sglang-router 0.3.2 ask for a key in chat requests alone
(measured).
"""

import asyncio
from dataclasses import replace
from http import HTTPStatus

from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.core.discovery.references import secret_refs
from openclaw_vllm.reconcile.locating import Upstream
from openclaw_vllm.reconcile.probing import ask
from openclaw_vllm.reconcile.readers import Readers


async def prove_key(spec: VllmProviderSpec, upstream: Upstream, readers: Readers) -> bool | None:
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
        return True
    return isinstance(answer, Problem) or answer.status != HTTPStatus.OK
