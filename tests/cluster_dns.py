"""The operator's command where a cluster's DNS leads to this machine: `cluster_dns.py run ...`.

Outside a cluster no Service has an address; here each is this machine, where the stand-ins listen
on the Services' ports. All else is the operator as it is.
"""

import socket
from functools import partial
from typing import Any

from openclaw_vllm.cli import main

SERVICES = ".svc.cluster.local"


def resolve(usual: Any, host: Any, *args: Any, **options: Any) -> Any:
    """Answer as socket.getaddrinfo does."""
    is_service = isinstance(host, str) and host.endswith(SERVICES)
    return usual("127.0.0.1" if is_service else host, *args, **options)


if __name__ == "__main__":
    socket.getaddrinfo = partial(resolve, socket.getaddrinfo)
    main()
