"""The operator's command where a cluster's DNS leads to this machine: `cluster_dns.py run ...`.

Outside a cluster no Service has an address; here each is this machine, whatever the cluster's
domain, and the stand-ins listen on the Services' ports. So is what Services of type ExternalName
lead to; and a pod's 10.0.M.N, or fd00::N, is this machine's 127.0.M.N, or 127.0.0.N, which no
EndpointSlice may hold. All else is the operator as it is.
"""

import asyncio
import socket
import sys
from functools import partial
from typing import Any
from unittest.mock import patch

from openclaw_vllm.cli import main

PROGRAM = (sys.executable, __file__)
SERVICES, EXTERNAL = ".svc.", ".external.test."
PODS = {"10.0.": "127.0.", "fd00::": "127.0.0."}


def resolve(usual: Any, host: Any, *args: Any, **options: Any) -> Any:
    """Answer as socket.getaddrinfo does."""
    is_here = isinstance(host, str) and (SERVICES in host or host.endswith(EXTERNAL))
    return usual("127.0.0.1" if is_here else host, *args, **options)


async def connect(self: Any, protocol: Any, host: Any = None, *args: Any, **options: Any) -> Any:
    """Connect as an event loop does."""
    for pods, machine in PODS.items():
        if isinstance(host, str) and host.startswith(pods):
            host = host.replace(pods, machine, 1)
    return await create_connection(self, protocol, host, *args, **options)


create_connection = asyncio.BaseEventLoop.create_connection

if __name__ == "__main__":
    socket.getaddrinfo = partial(resolve, socket.getaddrinfo)
    with patch.object(asyncio.BaseEventLoop, "create_connection", connect):
        main()
