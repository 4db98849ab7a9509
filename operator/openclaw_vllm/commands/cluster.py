"""The cluster of the kubeconfig, for the commands that look at one.

Loaded only when it is asked for: the Kubernetes library takes a second.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace

import click

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.commands.comparison import Published
from openclaw_vllm.commands.provider_input import ProviderInput
from openclaw_vllm.commands.schema import Violation
from openclaw_vllm.edges.kube.apiserver import ApiServer, Unavailable
from openclaw_vllm.edges.kube.cluster import Cluster, Rejected
from openclaw_vllm.edges.kube.connection import NoCluster, load_configuration


@asynccontextmanager
async def connected() -> AsyncIterator[Cluster]:
    """Connect as kubectl does; raises click.ClickException for what goes wrong meanwhile."""
    try:
        server = ApiServer(await load_configuration())
        try:
            yield Cluster(server)
        finally:
            await server.close()
    except (NoCluster, Unavailable, Rejected) as error:
        raise click.ClickException(str(error)) from error


async def judged(cluster: Cluster, subjects: Sequence[ProviderInput]) -> tuple[ProviderInput, ...]:
    """Return the subjects with what the API server has against them."""
    return tuple([await _judged(cluster, subject) for subject in subjects])


async def published_by(
    cluster: Cluster, subjects: Sequence[ProviderInput]
) -> dict[ObjectKey, Published]:
    """Return the ConfigMaps of the subjects that there are now."""
    published = {}
    for key in {subject.resource.config_map for subject in subjects if subject.resource}:
        if (manifest := await cluster.get_config_map(key)) is not None:
            published[key] = Published.read(manifest)
    return published


async def _judged(cluster: Cluster, subject: ProviderInput) -> ProviderInput:
    """Ask about what people write: managed fields and status are not theirs to apply."""
    if subject.resource is None:
        return subject
    key, manifest = subject.resource.key, subject.found.manifest
    metadata = {"name": key.name, "namespace": key.namespace}
    for kept in ("labels", "annotations"):
        metadata |= {kept: manifest["metadata"][kept]} if kept in manifest["metadata"] else {}
    applied = {**{k: manifest[k] for k in ("apiVersion", "kind", "spec")}, "metadata": metadata}
    said = await cluster.try_provider(key, applied)
    theirs = (Violation("the API server", said),) if said else ()
    return replace(subject, violations=(*subject.violations, *theirs))
