"""State of one server between reconciles: for a VllmProvider, or a Service that a catalog asks."""

from dataclasses import dataclass, field, replace

from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import Task
from openclaw_vllm.core.discovery.capabilities import Examination
from openclaw_vllm.core.discovery.models import ModelList
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.schedule import ProbeSchedule
from openclaw_vllm.core.discovery.state import Connection, DiscoveryState


@dataclass(frozen=True, slots=True)
class UserRequest:
    """What a person asked for last: an edit of the spec, or a probe at once."""

    generation: int
    requested_at: str


@dataclass(frozen=True, slots=True)
class ServerState:
    """What discovery knows of one server, and when it asks again."""

    uid: str  # of the object: another one of the same name begins anew
    request: UserRequest
    discovery: DiscoveryState = field(default_factory=DiscoveryState)
    schedule: ProbeSchedule = field(default_factory=ProbeSchedule)

    @classmethod
    def new(cls, provider: VllmProvider) -> "ServerState":
        """Return the state of a server of which nothing is known."""
        return cls(provider.uid, UserRequest(provider.generation, provider.requested_at))

    @property
    def is_within_threshold(self) -> bool:
        """Whether failed probes do not count for Ready yet."""
        return self.discovery.has_good_answer and self.schedule.is_within_threshold

    def observe_request(self, provider: VllmProvider) -> "ServerState":
        """Record what a person asked for: a new generation or request starts retries anew."""
        request = UserRequest(provider.generation, provider.requested_at)
        if request == self.request:
            return self
        discovery = self.discovery
        if request.requested_at != self.request.requested_at:
            discovery = discovery.with_new_questions()
        return ServerState(self.uid, request, discovery, self.schedule.restarted())

    def with_models(
        self, connection: Connection, models: ModelList, remove_after: int, wall: float
    ) -> "ServerState":
        """Record a list of models; one without a usable model is a failure once models are
        known. After failures, what models can do is asked again."""
        before = (
            self.discovery.without_examined_models() if self.schedule.failures else self.discovery
        )
        discovery = before.with_models(connection, models, remove_after, wall)
        if discovery.problem is not None:
            results = replace(discovery.capabilities, examined=self.discovery.capabilities.examined)
            kept = replace(discovery, capabilities=results)
            return self._with_failed(kept)
        return replace(self, discovery=discovery, schedule=self.schedule.with_success())

    def needs_server_info(self, listed: tuple[ServedModel, ...], base_url: str, now: float) -> bool:
        """Tell whether this good answer is the moment to read what else the server says."""
        changed = self.discovery.needs_server_info(listed, base_url, now)
        return changed or self.schedule.failures > 0

    def with_endpoint(self, connection: Connection) -> "ServerState":
        """Record where the server is; another place is probed at once."""
        endpoint = self.discovery.endpoint
        moved = endpoint.problem is not None or endpoint.connection != connection
        return replace(
            self,
            discovery=self.discovery.with_endpoint(connection, self.request.generation),
            schedule=self.schedule.at_once() if moved else self.schedule,
        )

    def with_endpoint_problem(self, problem: Problem) -> "ServerState":
        """Record that there is no endpoint, or none that may be asked."""
        return replace(self, discovery=self.discovery.with_endpoint_problem(problem))

    def with_server_info(
        self,
        version: str,
        task: Task | None,
        now: float,
        known: frozenset[str] = frozenset(),
        remove_after: int = 1,
    ) -> "ServerState":
        """Record what the server says of itself; what it does not say stays.

        A task that would remove the models of the `known` ids is believed after `remove_after` good
        answers in a row.
        """
        discovery = self.discovery.with_server_info(version, task, now, known, remove_after)
        return replace(self, discovery=discovery)

    def with_key_proof(self, *, proved: bool | None) -> "ServerState":
        """Record whether the key was proved; None without a key."""
        info = replace(self.discovery.info, key_proved=proved)
        return replace(self, discovery=replace(self.discovery, info=info))

    def with_examination(self, examined: frozenset[str], examination: Examination) -> "ServerState":
        """Record what models can do; what was not answered stays, and is asked again later."""
        discovery = self.discovery.with_examination(examined, examination)
        return replace(self, discovery=discovery)

    def with_next_probe(
        self, interval: float, now: float, wall: float, *, retry_early: bool = False
    ) -> "ServerState":
        """Schedule the next probe: early while somebody waits for a first list, else at the
        interval."""
        if retry_early or self.discovery.awaits_first_list:
            schedule = self.schedule.after_early_retry(interval, now)
        else:
            schedule = self.schedule.after_interval(self.uid, interval, now, wall)
        return replace(self, schedule=schedule)

    def differs_from(self, before: "ServerState") -> bool:
        """Tell whether anything but times has changed."""
        return (self.request, self.discovery, self.schedule.failures) != (
            before.request,
            before.discovery,
            before.schedule.failures,
        )

    def with_probe_failure(self, problem: Problem) -> "ServerState":
        """Record a failed probe; one that was never sent is no failure of the server."""
        return self._with_failed(self.discovery.with_probe_failure(problem))

    def _with_failed(self, discovery: DiscoveryState) -> "ServerState":
        sent = discovery.endpoint.problem is None
        schedule = self.schedule.with_failure() if sent else self.schedule
        return replace(self, discovery=discovery, schedule=schedule)
