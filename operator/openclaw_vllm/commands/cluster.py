"""The cluster of the kubeconfig, for the commands that read one.

Imported only by the commands that need it: loading the Kubernetes library takes a second.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import click

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.commands.comparison import Published
from openclaw_vllm.commands.provider_input import ProviderInput
from openclaw_vllm.commands.schema import Violation
from openclaw_vllm.edges.kube.apiserver import ApiServer, Unavailable
from openclaw_vllm.edges.kube.cluster import Cluster
from openclaw_vllm.edges.kube.connection import connect_to_cluster
from openclaw_vllm.edges.kube.login.errors import NoCluster
from openclaw_vllm.edges.kube.replies import Rejected


@asynccontextmanager
async def connect() -> AsyncIterator[Cluster]:
    """Connect as kubectl does; raises click.ClickException for every error of the connection."""
    try:
        server = ApiServer((await connect_to_cluster()).configuration())
        try:
            yield Cluster(server)
        finally:
            await server.close()
    except (NoCluster, Unavailable, Rejected) as error:
        raise click.ClickException(str(error)) from error


async def dry_run(
    cluster: Cluster, provider_inputs: Sequence[ProviderInput]
) -> tuple[ProviderInput, ...]:
    """Return the inputs with the violations that the API server reports for them."""
    return tuple([await _dry_run(cluster, each) for each in provider_inputs])


async def read_published(
    cluster: Cluster, provider_inputs: Sequence[ProviderInput]
) -> dict[ObjectKey, Published]:
    """Read the ConfigMaps that exist for the VllmProviders now."""
    published = {}
    for key in {each.provider.config_map for each in provider_inputs if each.provider}:
        if (manifest := await cluster.get_config_map(key)) is not None:
            published[key] = Published.read(manifest)
    return published


async def _dry_run(cluster: Cluster, provider_input: ProviderInput) -> ProviderInput:
    """Apply, as a dry run, what a user may write: neither managed fields nor status."""
    if provider_input.provider is None:
        return provider_input
    key, manifest = provider_input.provider.key, provider_input.file_object.manifest
    metadata = {"name": key.name, "namespace": key.namespace}
    for field in ("labels", "annotations"):
        metadata |= {field: manifest["metadata"][field]} if field in manifest["metadata"] else {}
    applied = {**{k: manifest[k] for k in ("apiVersion", "kind", "spec")}, "metadata": metadata}
    message = await cluster.try_provider(key, applied)
    if not message:
        return provider_input
    return provider_input.with_violation(Violation("the API server", message))
