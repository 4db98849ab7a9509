"""What is scraped, and what scrapes it."""

from dataclasses import dataclass

from tests.apiserver.workspace import Provider, Workspace
from tests.observability.prometheus import Prometheus
from tests.operator_process import OperatorProcess
from tests.vllm_server import VllmServer


@dataclass(frozen=True)
class Scene:
    """VllmProviders in every state that the dashboard shows; `good` asks `server`."""

    space: Workspace
    operator: OperatorProcess
    prometheus: Prometheus
    server: VllmServer
    good: Provider
