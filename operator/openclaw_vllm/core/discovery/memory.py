"""What is remembered of a VllmProvider, or of a Service of a catalogue, between two reconciles.

When its server is to be asked again is decided here too.

Nothing here has to survive a restart: `recall` makes it anew from the published ConfigMap and the
status, so that a restart changes no byte and writes nothing, whether the server is up or down.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from openclaw_vllm.api.conditions import Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import Task
from openclaw_vllm.core.config.base_config import Base
from openclaw_vllm.core.config.documents import Documents
from openclaw_vllm.core.config.entry import Connection
from openclaw_vllm.core.discovery.capabilities import UNKNOWN, Capabilities
from openclaw_vllm.core.discovery.models import ModelList, Rejection, select
from openclaw_vllm.core.discovery.models_response import ServedModel
from openclaw_vllm.core.discovery.retention import Retained, merge
from openclaw_vllm.core.status.conditions import ENDPOINT_REASONS, FAILURE_THRESHOLD

FIRST_RETRY = 1.0  # seconds; doubles up to the interval
VERSION_AGE = 600.0  # seconds
ANSWER_TIMES = ("answered_at", "version_at")


NOT_ASKED_YET = Problem(Reason.PENDING, "the server was not asked yet")


@dataclass(frozen=True, slots=True)
class Memory:
    """Frozen; each method returns the next one. Times are of the monotonic clock, in seconds.

    `capabilities` were found out for the models and the version that `examined` holds; `base` is
    the user's configuration that `base_text` holds; `connection` is what agents were last to be
    told, as generation `resolved_generation` of the spec asked for; `endpoint` and `server` are the
    last outcomes, None for well; `failures` counts failed probes and `retries` early retries in a
    row; `due` is when the next probe is, `answered_at` (wall clock) when the last good answer was.
    `retained` and `rejected` are what was learned of models, `version` (asked for at `version_at`)
    and `task` what of the server. `documents` were published last, with a primary model that was
    chosen by `patterns`; before they are known again, `inherited` is what an earlier process has
    published. When all of it was written, `written_in` holds the versions of the resource and of
    what it publishes.
    """

    uid: str
    generation: int
    requested_at: str
    connection: Connection | None = None
    resolved_generation: int = -1
    retained: Retained | None = None
    rejected: Mapping[str, Rejection] | None = None
    endpoint: Problem | None = NOT_ASKED_YET
    server: Problem | None = NOT_ASKED_YET
    failures: int = 0
    retries: int = 0
    due: float = 0.0
    version: str = ""
    version_at: float | None = None
    task: Task | None = None
    capabilities: Mapping[str, Capabilities] = field(default_factory=dict)
    examined_models: frozenset[str] = frozenset()
    base_text: str | None = None
    base: Base | Problem | None = None
    answered_at: float = 0.0
    documents: Documents | None = None
    patterns: str = ""
    found_at_start: ConfigMapState | None = None
    synced_at: tuple[str, str] | None = None

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
        """Whether the spec names another place than the one where all this was learned."""
        return (
            self.retained is not None and self.connection is not None and not self.has_good_answer
        )

    @property
    def is_tolerated(self) -> bool:
        """Whether the failed probes in a row are too few to count for Ready."""
        return self.has_good_answer and 0 < self.failures <= FAILURE_THRESHOLD

    @property
    def wants_early_retry(self) -> bool:
        """Whether waiting for the interval would keep somebody waiting for a first list."""
        empty = self.retained is not None and not self.retained.models and self.task != "Embed"
        broken = self.endpoint is not None or isinstance(self.base, Problem)
        return broken or not self.has_good_answer or empty

    def observe_request(self, resource: VllmProvider) -> "Memory":
        """Take in what a person asked for: a new generation or request starts retries anew."""
        asked = (resource.generation, resource.requested_at)
        if asked == (self.generation, self.requested_at):
            return self
        turned = replace(self, generation=asked[0], requested_at=asked[1], retries=0, due=0.0)
        requested = self.requested_at != resource.requested_at
        return replace(turned, examined_models=frozenset()) if requested else turned

    def remember(self, retained: Retained | None) -> "Memory":
        """Take in what was known of the server before."""
        return replace(self, retained=retained)

    def offers_other_than(self, before: "Memory") -> bool:
        """Tell whether what is known of the server, or how fresh it is, differs."""
        return _offered(self) != _offered(before)

    def resolve(self, connection: Connection) -> "Memory":
        """Take in where the server is; another place is asked at once."""
        known = self.endpoint is None and connection == self.connection
        due = self.due if known else 0.0
        return replace(
            self, connection=connection, resolved_generation=self.generation, endpoint=None, due=due
        )

    def with_endpoint_problem(self, problem: Problem) -> "Memory":
        """Take in that there is no endpoint, or none that may be asked."""
        return replace(
            self, endpoint=problem, server=Problem(Reason.PENDING, "there is no endpoint")
        )

    def needs_server_info(self, listed: tuple[ServedModel, ...], base_url: str, now: float) -> bool:
        """Tell whether this good answer is the moment to read the version and the task."""
        known = self.retained
        before = set() if known is None else set(known.served) - known.missing
        changed = known is None or known.base_url != base_url or {m.id for m in listed} != before
        stale = self.version_at is None or now - self.version_at >= VERSION_AGE
        return changed or stale or self.failures > 0

    def with_models(
        self, connection: Connection, listing: ModelList, remove_after: int, wall: float
    ) -> "Memory":
        """Take in a good answer; an empty one is a bad one once models are known."""
        known = self.retained
        if not listing.models and known is not None and known.models:
            message = "the server lists no model that can be used; what is published stays"
            failed = self.fail(Problem(Reason.INVALID_ANSWER, message))
            return replace(failed, rejected=listing.rejected) if listing.rejected else failed
        before = self._of_server_at(connection.base_url)
        retained = merge(known, connection.base_url, listing.models, remove_after)
        served = retained.served
        return replace(
            before,
            connection=connection,
            retained=retained,
            rejected=listing.rejected,
            server=None,
            failures=0,
            capabilities={id_: one for id_, one in self.capabilities.items() if id_ in served},
            examined_models=frozenset() if self.failures else before.examined_models,
            answered_at=wall,
        )

    def _of_server_at(self, base_url: str) -> "Memory":
        """Drop what a server at another place has said of itself; its models go by `merge`."""
        if self.retained is None or self.retained.base_url == base_url:
            return self
        return replace(self, version="", task=None, examined_models=frozenset())

    def with_server_info(self, version: str, task: Task | None, now: float) -> "Memory":
        """Take in what the server said about itself; what it did not say stays."""
        task = task or self.task
        return replace(self, version=version or self.version, task=task, version_at=now)

    def models_to_examine(self, spec: VllmProviderSpec) -> frozenset[str]:
        """Return what is selected and the server's version, unless abilities are known for that."""
        if spec.discovery.capabilities != "Probe" or self.retained is None or self.task == "Embed":
            return frozenset()
        ids = (id_ for id_ in self.retained.served if select(id_, spec.discovery))
        now = frozenset({*ids, f"version {self.version}"})
        return now if now != self.examined_models else frozenset()

    def with_capabilities(
        self, examined_models: frozenset[str], found: Mapping[str, Capabilities], *, complete: bool
    ) -> "Memory":
        """Take in what the models can do; what was not answered stays, and is asked again later."""
        now = {id_: one.over(self.capabilities.get(id_, UNKNOWN)) for id_, one in found.items()}
        examined_models = examined_models if complete else frozenset()
        return replace(
            self, examined_models=examined_models, capabilities={**self.capabilities, **now}
        )

    def fail(self, problem: Problem) -> "Memory":
        """Take in a failed probe; what is known stays. One never sent had no endpoint."""
        if problem.reason in ENDPOINT_REASONS:
            return self.with_endpoint_problem(problem)
        failures = min(self.failures, FAILURE_THRESHOLD) + 1
        return replace(self, server=problem, failures=failures)

    def resync_unless_same_as(self, before: "Memory") -> "Memory":
        """Forget that it was written, unless nothing but times has changed since `before`."""
        times = {name: getattr(self, name) for name in ("due", "retries", *ANSWER_TIMES)}
        return self if self == replace(before, **times) else replace(self, synced_at=None)

    def is_synced_at(self, versions: tuple[str, str]) -> bool:
        """Tell whether all that is known was written, and these are the versions that it made."""
        return self.synced_at == versions and "" not in versions

    def is_no_wiser_than(self, before: "Memory") -> bool:
        """Tell whether all that is known was written once, and nobody was asked since `before`."""
        return self.synced_at is not None and self.due == before.due

    def publish(self, documents: Documents | None, patterns: str) -> "Memory":
        """Take in what is published, None when that cannot be known."""
        return replace(self, documents=documents, patterns=patterns, found_at_start=None)

    def mark_synced(self, versions: tuple[str, str]) -> "Memory":
        """Take in that all is as it has to be in these versions of the resource and its output."""
        return replace(self, synced_at=versions)

    def schedule(self, spec: VllmProviderSpec, now: float, wall: float) -> "Memory":
        """Set when to probe next: early retries double from 1 s, else the interval by phase."""
        interval = spec.discovery.interval_seconds
        if self.wants_early_retry:
            delay = min(interval, FIRST_RETRY * 2 ** min(self.retries, 20))
            return replace(self, due=now + delay, retries=self.retries + 1)
        return replace(self, due=now + next_probe_delay(self.uid, interval, wall), retries=0)


def _offered(memory: Memory) -> tuple[object, ...]:
    return (
        memory.connection,
        memory.retained,
        memory.task,
        memory.endpoint and memory.endpoint.reason,
        memory.server and memory.server.reason,
    )


def next_probe_delay(uid: str, interval: float, wall: float) -> float:
    """Return the seconds to the next probe: at a phase of the interval that the uid fixes.

    It spreads what was created or restarted together; between half and one and a half intervals.
    """
    fraction = int.from_bytes(hashlib.sha256(uid.encode()).digest()[:4]) / 2**32
    delay = (fraction * interval - wall) % interval
    return delay if delay >= interval / 2 else delay + interval
