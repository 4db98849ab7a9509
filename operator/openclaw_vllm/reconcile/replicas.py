"""Probe of the replicas of a Service, each at its own address, for their lists of models.

Host header and TLS name stay those of the Service, and the rules for destinations hold for each
address as well. One that hangs has less time than the whole question: the others count.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.discovery import DiscoverySpec
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.service import Service
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.replicas import Replica
from openclaw_vllm.core.discovery.survey import collect, combine, sample
from openclaw_vllm.core.discovery.target_ports import pod_port
from openclaw_vllm.reconcile.locating import Upstream
from openclaw_vllm.reconcile.model_list import read_list
from openclaw_vllm.reconcile.readers import Readers

TIMEOUT_SHARE = 0.8  # of the deadline of the whole probe, for one replica

Answer = tuple[Upstream, tuple[ServedModel, ...]]


async def read_replicas(
    discovery: DiscoverySpec, upstream: Upstream, readers: Readers
) -> Answer | Problem:
    """Return what the server lists, by each replica where the spec says so and slices tell where
    they are; returns the upstream as it answered."""
    service, replicas = None, None
    if (key := upstream.endpoint.sliced_service) and discovery.replicas == "Each":
        service, replicas = readers.cache.services.get(key), readers.replicas_of(key)
    if replicas is None or not replicas.ready:
        models = await read_list(upstream, readers)
        return models if isinstance(models, Problem) else (replace(upstream, survey=None), models)
    sampled = sample(replicas.ready)
    answers = await asyncio.gather(
        *(_read_replica(replica, service, upstream, readers) for replica in sampled)
    )
    problems = [answer for answer in answers if isinstance(answer, Problem)]
    if len(problems) == len(answers):
        return _most_telling(problems)
    by_replica = {
        replica: None if isinstance(answer, Problem) else answer
        for replica, answer in zip(sampled, answers, strict=True)
    }
    lists = collect(upstream.survey, by_replica, discovery.remove_after)
    models, survey = combine([each.models for each in lists.values()], discovery.publish)
    return replace(upstream, survey=replace(survey, lists=lists)), models


def _most_telling(problems: Sequence[Problem]) -> Problem:
    """Return the problem that new credentials or a new CA may end, for them to be read anew, though
    other replicas are down; else the first."""
    renewable = (p for p in problems if p.doubts_credentials or p.reason is Reason.TLS_FAILED)
    return next(renewable, problems[0])


async def _read_replica(
    replica: Replica, service: Service | None, upstream: Upstream, readers: Readers
) -> tuple[ServedModel, ...] | Problem:
    addresses = (replica.address,)
    if problem := readers.policy.check(upstream.endpoint.destination, addresses):
        return replace(problem, message=f"a replica's own address: {problem.message}")
    port = pod_port(upstream.endpoint, service, replica.ports)
    if isinstance(port, Problem):
        return port
    try:
        async with asyncio.timeout(TIMEOUT_SHARE * upstream.timeout):
            return await read_list(replace(upstream, addresses=addresses, port=port), readers)
    except TimeoutError:
        return Problem(Reason.TIMED_OUT, "no complete answer of any replica in time")
