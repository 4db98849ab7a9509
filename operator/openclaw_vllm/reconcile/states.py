"""State of every object between reconciles, kept for as long as the process lives."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey, SourceKey
from openclaw_vllm.api.observed import VllmCatalog, VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.api.status import ConsumersStatus
from openclaw_vllm.core.catalog.state import CatalogState, restore_catalog_state
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.discovery.service_names import ServiceNames
from openclaw_vllm.core.publication.contest import NO_CONTEST, Contest, restore_contest
from openclaw_vllm.core.publication.last_published import NOTHING_PUBLISHED, LastPublished
from openclaw_vllm.core.publication.ownership import is_ours
from openclaw_vllm.core.publication.restore import restore_state

BaseSource = str | Problem | None  # the text of a base configuration, or why there is none


@dataclass(frozen=True, slots=True)
class SyncedAt:
    """What a reconcile of a VllmProvider had seen when nothing was left to do."""

    provider: str  # its resourceVersion
    config_map: str  # the resourceVersion of what it publishes
    consumers: ConsumersStatus | None = None  # the pods that are refreshed
    refusal: str = ""  # why they are not
    contest: tuple[str, bool] = ("", False)  # who contests it, and whether a repair waits

    @property
    def are_known(self) -> bool:
        """Whether both objects exist."""
        return "" not in (self.provider, self.config_map)


@dataclass(frozen=True, slots=True)
class ProviderState:
    """State of one VllmProvider."""

    server: ServerState
    last_published: LastPublished = NOTHING_PUBLISHED
    base_source: BaseSource = None
    synced_at: SyncedAt | None = None

    def is_synced_at(self, versions: SyncedAt) -> bool:
        """Return whether nothing is left to do at these versions."""
        return self.synced_at == versions and versions.are_known

    def with_discovery(
        self, server: ServerState, base_source: BaseSource, *, changed: bool
    ) -> "ProviderState":
        """Record a run of discovery; a change leaves something to do."""
        changed = changed or base_source != self.base_source
        synced_at = None if changed else self.synced_at
        return replace(self, server=server, base_source=base_source, synced_at=synced_at)


@dataclass
class StateStore:
    """The states by key."""

    providers: dict[ObjectKey, ProviderState] = field(default_factory=dict)
    catalogs: dict[ObjectKey, CatalogState] = field(default_factory=dict)
    sources: dict[SourceKey, ServerState] = field(default_factory=dict)
    contests: dict[ObjectKey, Contest] = field(default_factory=dict)  # by ConfigMap
    # What was published when the process started, by the uid of its owner: kept until the owner's
    # state is restored, because it may be damaged before.
    found_at_start: dict[str, dict[ObjectKey, ConfigMapState]] = field(default_factory=dict)

    def record_at_start(self, key: ObjectKey, published: ConfigMapState) -> None:
        """Record a ConfigMap that was there before the first event."""
        if published.owner is not None:
            self.found_at_start.setdefault(published.owner.uid, {})[key] = published

    def forget_at_start_but(self, owners: set[str]) -> None:
        """Drop what was published at the start for owners with other uids.

        Other shards serve them. Should one move here later, what was published at our start has
        long been replaced.
        """
        for uid in self.found_at_start.keys() - owners:
            del self.found_at_start[uid]

    def provider(
        self, provider: VllmProvider, spec: VllmProviderSpec, published: ConfigMapState | None
    ) -> ProviderState:
        """Return the state of a VllmProvider; at first sight it is restored from `published`."""
        state = self.providers.get(provider.key)
        if state is None or state.server.request.uid != provider.uid:
            at_start = self.found_at_start.pop(provider.uid, {}).get(provider.config_map)
            own_config_map = _find_own(provider, (published, at_start))
            restored = restore_state(provider.request, provider.status, spec, own_config_map)
            self.providers[provider.key] = state = ProviderState(*restored)
        return state

    def catalog(
        self, catalog: VllmCatalog, published: ConfigMapState | None, names: ServiceNames
    ) -> CatalogState:
        """Return the state of a VllmCatalog; at first sight it is restored from `published`."""
        state = self.catalogs.get(catalog.key)
        if state is None or state.request.uid != catalog.uid:
            state = restore_catalog_state(catalog, published, names)
            self.found_at_start.pop(catalog.uid, None)
            self.catalogs[catalog.key] = state
        return state

    def restore_contest(self, config_map: ObjectKey, report: str, now: float) -> None:
        """Go on with a contest that an earlier process has reported in a status."""
        if report and config_map not in self.contests:
            self.contests[config_map] = restore_contest(report, now)

    def contest(self, config_map: ObjectKey, now: float) -> tuple[str, bool]:
        """Return who contests a ConfigMap, as a message, and whether its repair waits."""
        contest = self.contests.get(config_map, NO_CONTEST)
        problem = contest.problem(config_map.name, now)
        return (problem.message if problem else "", now < contest.held_until)

    def drop_provider(self, provider: VllmProvider) -> None:
        """Drop the state of a deleted VllmProvider."""
        self.providers.pop(provider.key, None)
        self.contests.pop(provider.config_map, None)
        self.found_at_start.pop(provider.uid, None)

    def drop_catalog(self, catalog: VllmCatalog) -> None:
        """Drop the state of a deleted VllmCatalog, and of the Services that it probed."""
        self.catalogs.pop(catalog.key, None)
        for key in [key for key in self.contests if key.name == catalog.config_map_name]:
            del self.contests[key]
        self.found_at_start.pop(catalog.uid, None)
        for source in [key for key in self.sources if key.catalog == catalog.key.name]:
            del self.sources[source]


def _find_own(
    provider: VllmProvider, config_maps: Iterable[ConfigMapState | None]
) -> ConfigMapState | None:
    """Return the first that the VllmProvider has published, and that nobody has modified."""
    unmodified = (each for each in config_maps if each is not None and each.is_unmodified)
    return next((each for each in unmodified if is_ours(provider, each)), None)
