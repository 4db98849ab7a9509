"""What takes minutes each is a ring of its own; it has the operator of the apiserver ring."""

from tests.apiserver.conftest import (
    home,
    nobody_reconciles,
    operator_kubeconfig,
    operator_process,
    proxy,
    server_thread,
)

__all__ = [
    "home",
    "nobody_reconciles",
    "operator_kubeconfig",
    "operator_process",
    "proxy",
    "server_thread",
]
