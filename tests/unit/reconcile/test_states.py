"""When a VllmProvider counts as synced, and when there is something left to do."""

from openclaw_vllm.api.discovery import DiscoverySpec
from openclaw_vllm.core.discovery.next_probe import schedule_next_probe
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.reconcile.states import ProviderState, StateStore, SyncedAt
from tests import builders
from tests.builders import served

RESOURCE = builders.resource()
WRITTEN = builders.server_state(RESOURCE, *served("a"))
VERSIONS, OTHERS = SyncedAt("1", "2"), SyncedAt("1", "3")
SYNCED = ProviderState(WRITTEN, synced_at=VERSIONS)


def after(before: ProviderState, server: ServerState) -> ProviderState:
    """The state after a run of discovery that has shown this."""
    changed = server.differs_from(before.server)
    return before.with_discovery(server, None, changed=changed)


def test_only_what_was_written_is_settled() -> None:
    """A write that failed leaves the next run something to do, though nothing new is learnt."""
    asked_again = after(SYNCED, builders.after_answer(WRITTEN, RESOURCE, *served("a")))
    assert asked_again.is_synced_at(VERSIONS)
    assert not asked_again.is_synced_at(OTHERS)
    wiser = after(SYNCED, builders.after_answer(WRITTEN, RESOURCE, *served("a", "b")))
    assert not wiser.is_synced_at(VERSIONS)
    assert not after(wiser, wiser.server).is_synced_at(VERSIONS)


def test_another_base_configuration_leaves_something_to_do() -> None:
    assert SYNCED.with_discovery(WRITTEN, None, changed=False).is_synced_at(VERSIONS)
    assert not SYNCED.with_discovery(WRITTEN, "{}", changed=False).is_synced_at(VERSIONS)


def test_what_does_not_exist_is_never_synced() -> None:
    gone = SyncedAt("1", "")
    assert not ProviderState(WRITTEN, synced_at=gone).is_synced_at(gone)


def test_times_alone_leave_nothing_to_do_and_failures_do() -> None:
    later = schedule_next_probe(WRITTEN, DiscoverySpec(), 100.0, 100.0)
    assert after(SYNCED, later).synced_at == VERSIONS
    learnt = after(SYNCED, builders.after_answer(WRITTEN, RESOURCE, *served("b")))
    assert learnt.synced_at is None


def test_what_other_shards_published_at_the_start_is_dropped() -> None:
    documents = builders.documents(builders.spec_of(RESOURCE), *served("a"))
    states, published = StateStore(), builders.published(RESOURCE, documents)
    states.record_at_start(RESOURCE.config_map, published)
    states.forget_at_start_but({RESOURCE.uid})
    assert states.found_at_start == {RESOURCE.uid: {RESOURCE.config_map: published}}
    states.forget_at_start_but(set())
    assert states.found_at_start == {}
