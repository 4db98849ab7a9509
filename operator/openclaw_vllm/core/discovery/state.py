"""Discovery state of one server: its endpoint, models, server information and capabilities.

Every value is frozen; a method returns the next one. A restart loses nothing of it that matters:
`restore` makes it again from the published ConfigMap and the status.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import Task
from openclaw_vllm.core.discovery.capabilities import Examination
from openclaw_vllm.core.discovery.capability_results import CapabilityResults
from openclaw_vllm.core.discovery.connection import NOT_PROBED_YET, Connection, EndpointState
from openclaw_vllm.core.discovery.endpoint import ENDPOINT_REASONS
from openclaw_vllm.core.discovery.ids import ModelList, Rejection
from openclaw_vllm.core.discovery.models import is_selected
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.retention import Retained, merge
from openclaw_vllm.core.discovery.server_info import ServerInfo

SERVER_INFO_AGE = 600.0  # seconds
NO_ENDPOINT = Problem(Reason.PENDING, "there is no endpoint")
EMPTY_LIST = Problem(
    Reason.INVALID_ANSWER, "the server lists no model that can be used; what is published stays"
)


@dataclass(frozen=True, slots=True)
class DiscoveryState:
    """What is known of one server."""

    endpoint: EndpointState = field(default_factory=EndpointState)
    problem: Problem | None = NOT_PROBED_YET  # of the last probe; None: its answer was good
    retained: Retained | None = None  # None until the first good answer
    rejected: Mapping[str, Rejection] | None = None
    info: ServerInfo = field(default_factory=ServerInfo)
    capabilities: CapabilityResults = field(default_factory=CapabilityResults)
    answered_at: float = field(default=0.0, compare=False)  # seconds, wall clock; 0: not yet

    @property
    def connection(self) -> Connection | None:
        """How agents reach the server; None until an endpoint was resolved."""
        return self.endpoint.connection

    def connection_for(self, generation: int) -> Connection | None:
        """Return the connection that this generation of the spec asks for, None until it was
        resolved."""
        return self.connection if self.endpoint.generation == generation else None

    @property
    def has_former_domain(self) -> bool:
        """Whether agents reach a Service under a domain that the cluster had before."""
        return self.connection is not None and self.connection.base_url == self.endpoint.former_url

    @property
    def retained_url(self) -> str:
        """The URL of the good answers, empty before the first."""
        return self.retained.base_url if self.retained else ""

    @property
    def has_good_answer(self) -> bool:
        """Whether a good answer of the server that the spec names is known."""
        return (
            self.retained is not None
            and self.connection is not None
            and self.retained.base_url == self.connection.base_url
        )

    @property
    def has_moved(self) -> bool:
        """Whether the spec names another endpoint than the one that was probed."""
        return (
            self.retained is not None and self.connection is not None and not self.has_good_answer
        )

    @property
    def awaits_first_list(self) -> bool:
        """Whether a user still waits for the first list."""
        empty = self.retained is None or not self.retained.models
        return self.endpoint.problem is not None or not self.has_good_answer or empty

    @property
    def lists_other_kinds_only(self) -> bool:
        """Whether models are left out for their kind, and none is left."""
        none_left = self.retained is not None and not self.retained.models
        return none_left and Rejection.NOT_CHAT in (self.rejected or {}).values()

    @property
    def left_out(self) -> Mapping[str, Rejection]:
        """The models that are not published whatever the spec's patterns say: those that are
        rejected, and all of a server that does not chat."""
        others = self.retained.served if self.retained and self.info.lacks_chat else ()
        return {**(self.rejected or {}), **dict.fromkeys(others, Rejection.NOT_CHAT)}

    @property
    def offer_inputs(self) -> tuple[object, ...]:
        """What a catalog publishes of the server, and how fresh that is."""
        endpoint, server = self.endpoint.problem, self.problem
        return (
            self.connection,
            self.retained,
            self.info.task,
            endpoint and endpoint.reason,
            server and server.reason,
        )

    def served_ids_at(self, base_url: str) -> frozenset[str]:
        """Return the ids that count as served at a URL; another URL is another server."""
        retained = self.retained
        here = retained is not None and retained.base_url == base_url
        return frozenset(retained.served) if retained is not None and here else frozenset()

    def without_former_url(self) -> "DiscoveryState":
        """Name Services in the cluster's present domain from now on: a user requested it."""
        return replace(self, endpoint=replace(self.endpoint, former_url=""))

    def with_endpoint_problem(self, problem: Problem) -> "DiscoveryState":
        """Record that there is no endpoint, or none that may be probed."""
        return replace(self, endpoint=replace(self.endpoint, problem=problem), problem=NO_ENDPOINT)

    def with_probe_failure(self, problem: Problem) -> "DiscoveryState":
        """Record a failed probe; what is known stays. One never sent had no endpoint."""
        if problem.reason in ENDPOINT_REASONS:
            return self.with_endpoint_problem(problem)
        return replace(self, problem=problem, capabilities=self.capabilities.after_failed_probe())

    def with_models(
        self, connection: Connection, models: ModelList, remove_after: int, wall: float
    ) -> "DiscoveryState":
        """Record a good answer; an empty one is a bad one once models are known, unless it names
        models of other kinds: then the server lists, and what it does not list is missing."""
        retained = self.retained
        is_bad = not models.models and not models.names_other_kinds
        if is_bad and retained is not None and retained.models:
            failed = self.with_probe_failure(EMPTY_LIST)
            return replace(failed, rejected=models.rejected) if models.rejected else failed
        merged = merge(retained, connection.base_url, models.models, remove_after)
        moved = retained is not None and retained.base_url != connection.base_url
        return replace(
            self,
            endpoint=replace(self.endpoint, connection=connection),
            problem=None,
            retained=merged,
            rejected=models.rejected,
            info=ServerInfo() if moved else self.info,
            capabilities=self.capabilities.of_models(frozenset(merged.served), moved=moved),
            answered_at=wall,
        )

    def needs_server_info(self, listed: tuple[ServedModel, ...], base_url: str, now: float) -> bool:
        """Return whether this good answer is the moment to read the version and the task."""
        retained, read_at = self.retained, self.info.read_at
        before = set() if retained is None else set(retained.served) - retained.missing
        refusing = self.capabilities.refusals.believed - before
        ids = frozenset(model.id for model in listed) - refusing
        changed = retained is None or retained.base_url != base_url or retained.differs_from(ids)
        disputed = self.info.is_disputed or self.capabilities.is_disputed
        waits = not before and bool(refusing)  # agents have no model until one of these chats
        due = read_at is None or now - read_at >= SERVER_INFO_AGE
        return changed or disputed or waits or due

    def with_server_info(
        self,
        version: str,
        task: Task | None,
        now: float,
        previous_ids: frozenset[str] = frozenset(),
        remove_after: int = 1,
    ) -> "DiscoveryState":
        """Record version and task; what the server does not say stays.

        A task that would remove the models of `previous_ids` is believed after `remove_after` good
        answers in a row; until then no model is added to them.
        """
        info = self.info.update(
            version, task, now, remove_after=remove_after if previous_ids else 1
        )
        retained = self.retained
        if info.is_disputed and retained is not None:
            retained = retained.only(previous_ids)
        return replace(self, info=info, retained=retained)

    def models_to_examine(self, spec: VllmProviderSpec) -> frozenset[str]:
        """Return what is selected and the server's version, unless capabilities are known for
        that; a model that refuses to chat is never among what is known."""
        excluded = self.info.lacks_chat or self.capabilities.is_stopped
        if spec.discovery.capabilities != "Probe" or self.retained is None or excluded:
            return frozenset()
        ids = (id_ for id_ in self.retained.served if is_selected(id_, spec.discovery))
        now = frozenset({*ids, f"version {self.info.version}"})
        return now if now != self.capabilities.examined else frozenset()

    def with_examination(
        self, examined: frozenset[str], examination: Examination, remove_after: int
    ) -> "DiscoveryState":
        """Record an examination; where it has no answer, earlier results stay until a later one."""
        results = self.capabilities.with_examination(examined, examination, remove_after)
        return replace(self, capabilities=results)
