"""Connection to a server, as the endpoint that was resolved last has it."""

from dataclasses import dataclass

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem

NOT_PROBED_YET = Problem(Reason.PENDING, "the server was not asked yet")


@dataclass(frozen=True, slots=True)
class Connection:
    """How agents reach the server, beside what the spec says: the URL and the CA's certificates."""

    base_url: str
    ca_pem: str = ""


@dataclass(frozen=True, slots=True)
class EndpointState:
    """The last outcome of resolving the endpoint."""

    problem: Problem | None = NOT_PROBED_YET  # None: there is an endpoint
    connection: Connection | None = None  # the last one, whatever has happened since
    generation: int = -1  # of the spec that the connection follows from
    former_url: str = ""  # what is published, to stay if only the cluster's domain is another now
    is_target_port: bool = False  # the URL of a headless Service has its pods' port
