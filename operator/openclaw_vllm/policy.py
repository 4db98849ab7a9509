"""Policy on destinations and the names of Services, from the settings and our own addresses."""

import logging
import os
import socket
from ipaddress import ip_address

from openclaw_vllm.core.discovery.addresses import Address
from openclaw_vllm.core.discovery.destination import Destinations
from openclaw_vllm.core.discovery.service_names import DEFAULT_DOMAIN, ServiceNames
from openclaw_vllm.edges.kube.apiserver import ApiServer
from openclaw_vllm.edges.vllm.prober import Prober
from openclaw_vllm.settings import Settings

logger = logging.getLogger(__name__)


def service_names_of(settings: Settings) -> ServiceNames:
    """Return how Services are named, and log a domain that is not the usual one."""
    names = settings.service_names
    if names.domain != DEFAULT_DOMAIN:
        logger.info("Services are named <service>.<namespace>.svc.%s", names.domain)
    return names


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
