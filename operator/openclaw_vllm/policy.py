"""Policy on destinations, from the administrator's settings and the operator's own addresses."""

import logging
import os
import socket
from ipaddress import ip_address

from openclaw_vllm.core.discovery.destination import Address, Destinations
from openclaw_vllm.edges.kube.apiserver import ApiServer
from openclaw_vllm.edges.vllm.prober import Prober
from openclaw_vllm.settings import Settings

logger = logging.getLogger(__name__)


async def policy_of(settings: Settings, server: ApiServer, prober: Prober) -> Destinations:
    """Return the policy; it denies the API server's and our own addresses."""
    return settings.destinations(frozenset(await _resolve_reserved(server, prober)))


async def _resolve_reserved(server: ApiServer, prober: Prober) -> set[Address]:
    reserved: set[Address] = set()
    service = os.environ.get("KUBERNETES_SERVICE_HOST", "")
    for host in {server.host, service, socket.gethostname()} - {""}:
        addresses = await prober.lookup(host, 443)
        if isinstance(addresses, tuple):
            reserved.update(ip_address(address) for address in addresses)
        else:
            logger.warning("%s; requests to it are not denied", addresses.message)
    return reserved
