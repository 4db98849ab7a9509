"""State of one server between reconciles: of a VllmProvider, or of a Service of a catalog."""

from dataclasses import dataclass, field, replace

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.discovery import DiscoverySpec
from openclaw_vllm.api.observed import UserRequest
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import Task
from openclaw_vllm.core.discovery.capabilities import Examination
from openclaw_vllm.core.discovery.chat_refusals import ChatRefusals, leaves_out_refusals
from openclaw_vllm.core.discovery.connection import NOT_PROBED_YET, Connection
from openclaw_vllm.core.discovery.ids import ModelList, Rejection
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.replicas import Replicas, have_changed
from openclaw_vllm.core.discovery.schedule import ProbeSchedule
from openclaw_vllm.core.discovery.server_info import KeyProof
from openclaw_vllm.core.discovery.state import DiscoveryState
from openclaw_vllm.core.discovery.survey import Survey


@dataclass(frozen=True, slots=True)
class ServerState:
    """Discovery state and probe schedule of one server."""

    request: UserRequest  # about another object, it starts with new state
    discovery: DiscoveryState = field(default_factory=DiscoveryState)
    schedule: ProbeSchedule = field(default_factory=ProbeSchedule)
    survey: Survey | None = None  # of the replicas, if each is asked
    replicas: Replicas | None = None  # None: the server is no Service, or one without slices
    lacks_slices: bool = False  # a Service of which nothing tells when its replicas change

    @property
    def is_within_threshold(self) -> bool:
        """Whether failed probes do not count for Ready yet."""
        return self.discovery.has_good_answer and self.schedule.is_within_threshold

    @property
    def is_asleep(self) -> bool:
        """Whether the server was not asked last, because none of its replicas was ready."""
        problem = self.discovery.problem
        return problem is not None and problem.reason is Reason.NO_READY_ENDPOINTS

    @property
    def offer_inputs(self) -> tuple[object, ...]:
        """What a catalog publishes of the server and says of its replicas."""
        ready = len(self.replicas.ready) if self.replicas and self.survey else 0
        counts = (self.survey.asked, self.survey.differing) if self.survey else ()
        return (self.discovery.offer_inputs, counts, ready)

    def observe_request(self, request: UserRequest) -> "ServerState":
        """Record the user's last request: a new one starts the retries again."""
        if request == self.request:
            return self
        discovery = self.discovery.without_former_url()
        if request.requested_at != self.request.requested_at:
            results = discovery.capabilities.with_new_questions()
            discovery = replace(discovery, capabilities=results)
        schedule = self.schedule.restarted()
        return replace(self, request=request, discovery=discovery, schedule=schedule)

    def with_models(
        self, connection: Connection, models: ModelList, remove_after: int, wall: float
    ) -> "ServerState":
        """Record a list of models; one without a usable model is a failure once models are known.
        After failures, models are examined again."""
        discovery = self.discovery.with_models(connection, models, remove_after, wall)
        if discovery.problem is not None:
            return self._with_failed(discovery)
        if self.schedule.failures:
            results = replace(discovery.capabilities, examined=frozenset())
            discovery = replace(discovery, capabilities=results)
        return replace(self, discovery=discovery, schedule=self.schedule.with_success())

    def needs_server_info(self, listed: tuple[ServedModel, ...], base_url: str, now: float) -> bool:
        """Return whether version and task are to be read after this good answer."""
        changed = self.discovery.needs_server_info(listed, base_url, now)
        return changed or self.schedule.failures > 0 or self.is_asleep

    def with_endpoint(
        self, connection: Connection, former_url: str = "", *, is_target_port: bool = False
    ) -> "ServerState":
        """Record where the server is; another place is probed at once.

        `former_url` is the connection's while it has a domain that the cluster had before;
        `is_target_port` tells that it has the port of a headless Service's pods, which is another.
        """
        endpoint, survey = self.discovery.endpoint, self.survey
        if endpoint.connection and endpoint.connection.base_url != connection.base_url:
            survey = None
        moved = endpoint.problem is not None or endpoint.connection != connection
        if endpoint.problem is NOT_PROBED_YET:  # as after a restart
            moved = connection.base_url != self.discovery.retained_url
        endpoint = replace(
            endpoint,
            problem=None,
            connection=connection,
            generation=self.request.generation,
            former_url=former_url,
            is_target_port=is_target_port,
        )
        schedule = self.schedule.at_once() if moved else self.schedule
        discovery = replace(self.discovery, endpoint=endpoint)
        return replace(self, discovery=discovery, schedule=schedule, survey=survey)

    def with_replicas(
        self, replicas: Replicas | None, *, is_service: bool = False
    ) -> "ServerState":
        """Record the replicas; when others are ready now, the server is probed at once. At first
        sight, as after a restart, only one that sleeps or never answered is.

        `is_service` tells that slices would be those of a Service.
        """
        waits = self.is_asleep or not self.discovery.has_good_answer
        changed = have_changed(self.replicas, replicas, waits=waits)
        schedule, retained = self.schedule, self.discovery.retained
        if changed:
            is_new = self.replicas is None and not self.is_asleep
            schedule = schedule.restarted() if is_new else schedule.after_change()
        if retained is not None:
            several = replicas is not None and replicas.are_several and self.survey is None
            retained = retained.of_replicas(several=several, changed=changed)
        discovery = replace(self.discovery, retained=retained)
        return replace(
            self,
            replicas=replicas,
            lacks_slices=is_service and replicas is None,
            schedule=schedule,
            discovery=discovery,
        )

    def with_survey(self, survey: Survey | None, listed: frozenset[str]) -> "ServerState":
        """Record how replicas differ; a model that some lack, and the list so, is not retained."""
        retained = self.discovery.retained
        if survey is None or retained is None:
            return replace(self, survey=survey)
        schedule = self.schedule.without_confirmations()
        stay = frozenset(retained.served) - (survey.partial.keys() - listed)
        discovery = replace(self.discovery, retained=retained.only(stay) if stay else retained)
        return replace(self, survey=survey, discovery=discovery, schedule=schedule)

    def without_probe(self, problem: Problem) -> "ServerState":
        """Record why the server is not asked; that is no failure of it."""
        schedule = replace(self.schedule.without_confirmations(), failures=0)
        return replace(self, discovery=replace(self.discovery, problem=problem), schedule=schedule)

    def with_endpoint_problem(self, problem: Problem) -> "ServerState":
        """Record that there is no endpoint, or none that may be probed."""
        return replace(self, discovery=self.discovery.with_endpoint_problem(problem))

    def with_server_info(
        self,
        version: str,
        task: Task | None,
        now: float,
        previous_ids: frozenset[str] = frozenset(),
        remove_after: int = 1,
    ) -> "ServerState":
        """Record version and task; what the server does not say stays.

        A task that would remove the models of `previous_ids` is believed after `remove_after` good
        answers in a row.
        """
        discovery = self.discovery.with_server_info(version, task, now, previous_ids, remove_after)
        return replace(self, discovery=discovery)

    def with_key_proof(self, proof: KeyProof | None) -> "ServerState":
        """Record whether the key was proved; None without a key."""
        info = self.discovery.info.with_key_proof(proof)
        return replace(self, discovery=replace(self.discovery, info=info))

    def with_examination(
        self, examined: frozenset[str], examination: Examination, remove_after: int = 1
    ) -> "ServerState":
        """Record an examination; where it has no answer, earlier results stay until a later one."""
        discovery = self.discovery.with_examination(examined, examination, remove_after)
        return replace(self, discovery=discovery)

    def without_refusals(
        self, previous_ids: frozenset[str], discovery: DiscoverySpec
    ) -> "ServerState":
        """Leave out the models that refuse to chat; `previous_ids` are those of the answers
        before."""
        state = self.discovery
        results, retained = state.capabilities, state.retained
        if retained is None or not leaves_out_refusals(discovery):
            capabilities = replace(results, refusals=ChatRefusals())
            return replace(self, discovery=replace(state, capabilities=capabilities))
        served = frozenset(retained.served)
        left_out = results.refusals.left_out(previous_ids) & served
        rejected = {**(state.rejected or {}), **dict.fromkeys(left_out, Rejection.NOT_CHAT)}
        state = replace(state, retained=retained.only(served - left_out), rejected=rejected)
        return replace(self, discovery=state)

    def differs_from(self, before: "ServerState") -> bool:
        """Return whether anything but times has changed."""
        return replace(self, schedule=before.schedule) != before or (
            self.schedule.failures != before.schedule.failures
        )

    def with_probe_failure(self, problem: Problem) -> "ServerState":
        """Record a failed probe; one that was never sent is no failure of the server."""
        return self._with_failed(self.discovery.with_probe_failure(problem))

    def _with_failed(self, discovery: DiscoveryState) -> "ServerState":
        sent = discovery.endpoint.problem is None
        schedule = self.schedule.with_failure() if sent else self.schedule
        return replace(self, discovery=discovery, schedule=schedule)
