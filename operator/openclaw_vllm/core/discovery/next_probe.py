"""When a server is asked again, by its answers, its replicas and the spec.

A Service without slices, or with slices that cannot be watched, is asked at the interval, whatever
the mode: no change of its replicas would ever be seen.
"""

from dataclasses import replace
from math import inf

from openclaw_vllm.api.discovery import DiscoverySpec
from openclaw_vllm.core.discovery.references import awaits_reference
from openclaw_vllm.core.discovery.schedule import MOST_FOLLOW_UPS, ProbeSchedule
from openclaw_vllm.core.discovery.server import ServerState
from openclaw_vllm.core.discovery.settling import needed_answers


def schedule_next_probe(
    server: ServerState,
    discovery: DiscoverySpec,
    now: float,
    wall: float,
    *,
    retry_early: bool = False,
) -> ServerState:
    """Schedule the next probe: early while a user waits for the first list or, as `retry_early`
    says, a base configuration, or replicas have changed; else as the spec says."""
    schedule = _next_schedule(server, discovery, now, wall, retry_early=retry_early)
    return replace(server, schedule=schedule)


def reschedule_without_slices(
    server: ServerState, discovery: DiscoverySpec, now: float, wall: float
) -> ServerState:
    """Schedule the next probe of a Service whose slices have gone: one that slept is asked at once,
    and one that waits for changes at the interval. Once slices have come it waits for the next."""
    schedule = server.schedule
    if server.lacks_slices and server.is_asleep:
        schedule = schedule.restarted()
    elif server.lacks_slices and schedule.next_probe_at == inf:
        uid, interval = server.request.uid, discovery.interval_seconds
        schedule = schedule.after_interval(uid, interval, now, wall)
    return replace(server, schedule=schedule)


def _next_schedule(
    server: ServerState, discovery: DiscoverySpec, now: float, wall: float, *, retry_early: bool
) -> ProbeSchedule:
    interval, uid = discovery.interval_seconds, server.request.uid
    awaits = retry_early or awaits_reference(server.discovery.endpoint.problem)
    schedule = server.schedule.awaiting_reference(now, awaits=awaits)
    if schedule.confirmations:
        return schedule.before_confirmation(now)
    if retry_early or _awaits_first_list(server, discovery):
        return schedule.after_early_retry(interval, now)
    if discovery.mode != "OnChange" or server.lacks_slices:
        return schedule.after_interval(uid, interval, now, wall)
    if not _has_follow_up(server, discovery):
        return schedule.until_change()
    failed = server.discovery.problem is not None
    return schedule.after_follow_up(uid, interval, now, wall, failed=failed)


def _awaits_first_list(server: ServerState, discovery: DiscoverySpec) -> bool:
    """Return whether a user still waits for a list, of a server that has nothing but models of
    other kinds only while its retries are early ones."""
    if server.is_asleep or not server.discovery.awaits_first_list:
        return False
    if discovery.mode == "OnChange" and server.discovery.lists_other_kinds_only:
        return server.schedule.has_early_retry(discovery.interval_seconds)
    return True


def _has_follow_up(server: ServerState, discovery: DiscoverySpec) -> bool:
    """Return whether a server that is asked on changes is asked again after its replicas have
    changed: pods may be ready long before they answer, and what they lack goes after several
    answers."""
    if not server.schedule.follows_change or server.is_asleep:
        return False
    retained, failed = server.discovery.retained, server.discovery.problem is not None
    is_settled = retained is None or not any(one.changes for one in retained.models)
    needed = needed_answers(discovery.remove_after, retained.doubt if retained else 0)
    return (failed or not is_settled) and server.schedule.retries < max(MOST_FOLLOW_UPS, needed)
