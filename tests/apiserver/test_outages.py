"""Last known good: whatever becomes of a server, what was published stays, to the byte."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.apiserver.servers import Servers, ServerThread
from tests.apiserver.workspace import Json, Provider, Workspace, workspace
from tests.certificates import Authority, Certificate, self_signed
from tests.controlplane.plane import ControlPlane
from tests.operator_process import OperatorProcess
from tests.vllm_server import Answer, Drip, Fault, Hang, Reset, VllmServer

pytestmark = pytest.mark.timeout(240)

DISCOVERY = {"interval": "5s", "timeout": "1s"}
RARELY = {"interval": "1h", "timeout": "1s"}
TLS = {"tls": {"caBundleRef": {"name": "ca"}}}
BIG = b'{"data": [' + b" " * 1024**2 + b"]}"
GOOD = b'{"object": "list", "data": [{"id": "org/other"}]}'

FAULTS: dict[str, tuple[Fault, str]] = {
    "hangs": (Hang(), "TimedOut"),
    "one-byte-a-second": (Drip(), "TimedOut"),
    "resets": (Reset(), "ConnectionFailed"),
    "status-204": (Answer(204), "UnexpectedStatus"),
    "status-403": (Answer(403, b'{"error": "no"}'), "UnexpectedStatus"),
    "status-404": (Answer(404, b'{"detail": "Not Found"}'), "UnexpectedStatus"),
    "status-500": (Answer(500, b"Internal Server Error"), "UnexpectedStatus"),
    "status-503": (Answer(503), "UnexpectedStatus"),
    "redirect": (Answer.redirect("http://127.0.0.1:1/v1/models"), "Redirected"),
    "html": (Answer(200, b"<html>Welcome!</html>"), "InvalidAnswer"),
    "no-list": (Answer(200, b'{"object": "list", "data": null}'), "InvalidAnswer"),
    "no-ids": (Answer(200, b'{"data": [{"id": ""}, {"id": 1}]}'), "InvalidAnswer"),
    "not-a-number": (Answer(200, b'{"data": [{"id": "x", "n": NaN}]}'), "InvalidAnswer"),
    "compressed": (Answer.gzipped(GOOD), "InvalidAnswer"),
    "too-large": (Answer(200, BIG), "AnswerTooLarge"),
}
ACTS: dict[str, tuple[Callable[[Servers, VllmServer], None], str]] = {
    "stops": (lambda servers, server: servers.stop(server), "ConnectionFailed"),
    "wants-a-key": (lambda _, server: setattr(server, "keys", ("secret",)), "Unauthorized"),
    "lists-nothing": (lambda _, server: setattr(server, "models", ()), "InvalidAnswer"),
}
CERTIFICATES: dict[str, Callable[[Authority], Certificate]] = {
    "expired": lambda authority: authority.issue("127.0.0.1", age=timedelta(days=2)),
    "for-another-host": lambda authority: authority.issue("vllm.example.com"),
    "self-signed": lambda _: self_signed("127.0.0.1"),
}
CASES = {
    **{name: reason for name, (_, reason) in (FAULTS | ACTS).items()},
    **dict.fromkeys(CERTIFICATES, "TLSFailed"),
}


@dataclass
class Outage:
    """A provider that was Ready before its server failed, and its ConfigMap then."""

    provider: Provider
    server: VllmServer
    before: Json


@pytest.fixture(scope="module")
def outages(
    control_plane: ControlPlane, operator: OperatorProcess, server_thread: ServerThread
) -> Iterator[dict[str, Outage]]:
    """Have every server fail in its own way, all at once: the third failures take 15 seconds."""
    assert operator.runs
    authority = Authority.create()
    with Servers(server_thread) as servers, workspace(control_plane, "servers-that-fail") as space:
        space.create("configmaps", {"metadata": {"name": "ca"}, "data": {"ca.crt": authority.pem}})
        result = {name: _working(space, servers, name, authority) for name in CASES}
        for outage in result.values():
            outage.provider.is_ready()
            outage.before = outage.provider.config_map()
        for name, outage in result.items():
            _fail(servers, name, outage.server, authority)
        yield result


def _working(space: Workspace, servers: Servers, name: str, authority: Authority) -> Outage:
    spec: dict[str, Any] = {"discovery": DISCOVERY}
    if name in CERTIFICATES:
        server = servers.start(tls=authority.issue("127.0.0.1").server_context())
        spec |= TLS
    else:
        server = servers.start()
    return Outage(space.provider(server, name, **spec), server, {})


def _fail(servers: Servers, name: str, server: VllmServer, authority: Authority) -> None:
    if name in FAULTS:
        server.fault = FAULTS[name][0]
    elif name in ACTS:
        ACTS[name][0](servers, server)
    else:
        servers.stop(server)
        server.tls = CERTIFICATES[name](authority).server_context()
        servers.restart(server)


def changed_at(provider: Json, type_: str) -> datetime:
    result = next(c for c in provider["status"]["conditions"] if c["type"] == type_)
    return datetime.fromisoformat(result["lastTransitionTime"])


@pytest.mark.parametrize("name", CASES)
def test_a_failing_server_is_reported_at_once_counts_from_the_third_failure_and_changes_no_byte(
    name: str, outages: dict[str, Outage]
) -> None:
    outage = outages[name]
    expected = {"ServerReachable": f"False {CASES[name]}", "Ready": f"False {CASES[name]}"}
    current = outage.provider.becomes(**expected, ConfigPublished="True Succeeded")
    tolerated = changed_at(current, "Ready") - changed_at(current, "ServerReachable")
    assert timedelta(seconds=5) <= tolerated <= timedelta(seconds=20)  # two more failures
    assert outage.provider.config_map() == outage.before


def test_a_blip_does_not_touch_ready(space: Workspace, servers: Servers) -> None:
    server = servers.start()
    provider = space.provider(server, discovery=RARELY)
    ready = provider.is_ready()
    server.fault = Answer(503)
    for _ in range(2):
        provider.probe(server)
        blip = provider.becomes(ServerReachable="False UnexpectedStatus", Ready="True Succeeded")
    server.fault = None
    provider.probe(server)
    again = provider.becomes(ServerReachable="True Succeeded", Ready="True Succeeded")
    assert len({changed_at(request, "Ready") for request in (ready, blip, again)}) == 1


def test_a_server_that_comes_back_is_reported_and_nothing_is_written_but_the_status(
    space: Workspace, servers: Servers
) -> None:
    server = servers.start()
    provider = space.provider(server, discovery=RARELY)
    provider.is_ready()
    before = provider.config_map()
    server.fault = Reset()
    for _ in range(3):
        provider.probe(server)
    provider.becomes(Ready="False ConnectionFailed")
    mark = space.plane.audit.mark()
    server.fault = None
    provider.probe(server)
    provider.is_ready()
    writes = space.asked_since(mark).writes()
    assert [w.resource for w in writes if w.resource != "events"] == ["vllmproviders"]
    assert provider.config_map() == before
