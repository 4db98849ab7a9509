"""The operator as people run it: a process of its own, with the rights the chart gives it."""

import json
import os
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar

import httpx
from prometheus_client.parser import text_string_to_metric_families

from tests import rbac
from tests.controlplane.audit import AuditEntries, AuditEntry
from tests.controlplane.component import free_port, leashed
from tests.controlplane.plane import ControlPlane
from tests.eventually import eventually_sync

PROGRAM = (str(Path(sys.executable).parent / "openclaw-vllm"),)
NAMESPACE = "openclaw-vllm-system"
ACCOUNT = "openclaw-vllm-operator"
USER = f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"
OPTIONS = "OPENCLAW_VLLM_"  # the caller's environment would change what is tested
READY_WITHIN = 60.0  # seconds
TAIL_LINES = 40
# kopf's, left open at a fatal end: asyncio closes it and the block that it is in in any order, and
# reports the one that comes second
LEFT_OPEN = "closing of asynchronous generator <async_generator object infinite_watch "


def grant(plane: ControlPlane) -> Path:
    """Give a service account what the chart gives it, and return its kubeconfig.

    It returns when the rights hold: whatever is forbidden later is not a question of time.
    """
    account = rbac.service_account(NAMESPACE, ACCOUNT)
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}}
    items = [namespace, account, *rbac.cluster_wide(NAMESPACE, ACCOUNT, ACCOUNT)]
    manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": items})
    plane.kubectl("apply", "-f", "-", input=manifest)
    wait_for_right(plane, USER, verb="list", group="openclaw-vllm.dev", resource="vllmproviders")
    return plane.kubeconfig_for(NAMESPACE, ACCOUNT)


def wait_for_right(plane: ControlPlane, user: str, **attributes: str) -> None:
    """Wait until the API server lets the user do what these attributes of a review say."""
    _wait_for_review(plane, user, attributes, allowed=True)


def wait_for_end_of_right(plane: ControlPlane, user: str, **attributes: str) -> None:
    """Wait until it does not let the user do that any more."""
    _wait_for_review(plane, user, attributes, allowed=False)


def _wait_for_review(
    plane: ControlPlane, user: str, attributes: Mapping[str, str], *, allowed: bool
) -> None:
    review = {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SubjectAccessReview",
        "spec": {"user": user, "resourceAttributes": attributes},
    }
    path = "/apis/authorization.k8s.io/v1/subjectaccessreviews"
    eventually_sync(
        lambda: plane.admin.request("POST", path, review)["status"]["allowed"] is allowed,
        within=READY_WITHIN,
        describe=f"{user} may {attributes}: {allowed}",
    )


class OperatorProcess:
    """Started, asked, paused, stopped and killed; restarts append to one log."""

    launched: ClassVar[deque["OperatorProcess"]] = deque(maxlen=3)  # the last ones, for a report

    def __init__(
        self, kubeconfig: Path, folder: Path, *options: str, program: tuple[str, ...] = PROGRAM
    ) -> None:
        self.kubeconfig = kubeconfig
        self.log = folder / "operator.log"
        self.log.touch()
        self.health_address, self.metrics_address = (f"127.0.0.1:{free_port()}" for _ in range(2))
        self._command = [
            *program,
            "run",
            "--allow-loopback",
            "--log-format=json",
            f"--health-probe-bind-address={self.health_address}",
            f"--metrics-bind-address={self.metrics_address}",
            *options,
        ]
        inherited = {name: v for name, v in os.environ.items() if not name.startswith(OPTIONS)}
        self._environment = {**inherited, "KUBECONFIG": str(kubeconfig)}
        self._process: subprocess.Popen[bytes] | None = None
        self.outages: list[tuple[datetime, datetime]] = []

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None, "the operator was not started"
        return self._process

    @property
    def runs(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def launch(self) -> None:
        """Start it, and do not wait for anything."""
        self.launched.append(self)
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                leashed(self._command),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def start(self) -> None:
        """Start it and wait until its caches are filled."""
        self.launch()
        self.wait_until_ready()

    def wait_until_ready(self) -> None:
        eventually_sync(
            lambda: self.code("/readyz") == 200, within=READY_WITHIN, describe="/readyz answers 200"
        )

    def wait_until_idle(self) -> None:
        """Wait until it reconciles nothing: Events are posted after the status that a test sees."""
        eventually_sync(
            lambda: self.metric("vllmprovider_active_workers") == 0,
            within=READY_WITHIN,
            describe="no key is being reconciled",
        )

    def stop(self, within: float = READY_WITHIN) -> int:
        """Ask it to end, wait for it, and return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.wait(within)

    def wait(self, within: float = READY_WITHIN) -> int:
        """Wait for its end and return its exit code."""
        return self.process.wait(within)

    def kill(self) -> None:
        """End it without a chance to tidy up, whatever state it is in."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def pause(self) -> None:
        """Stop the process where it is, as a starved node does."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Note when the API server is away; while it starts it does not know the roles yet."""
        start = datetime.now(UTC)
        yield
        self.outages.append((start, datetime.now(UTC)))

    def forbidden_to(self, requests: AuditEntries) -> list[AuditEntry]:
        """Return what RBAC forbade, outages aside."""
        return [
            entry
            for entry in requests.denied()
            if not any(start < entry.timestamp < end for start, end in self.outages)
        ]

    def code(self, path: str) -> int:
        """Return how a path answers: a status code, 0 while nobody listens."""
        if not self.runs:
            raise RuntimeError(self.tail())
        address = self.metrics_address if path == "/metrics" else self.health_address
        try:
            return httpx.get(f"http://{address}{path}", trust_env=False, timeout=10).status_code
        except httpx.TransportError:
            return 0

    def metrics(self) -> str:
        return httpx.get(f"http://{self.metrics_address}/metrics", trust_env=False, timeout=10).text

    def metric(self, name: str, /, **labels: str) -> float:
        """Return the sum of a metric's samples that have these labels; 0 when there are none."""
        return sum_of(self.metrics(), name, labels)

    def log_lines(self) -> list[dict[str, Any]]:
        """Return what it logged; a line that is not JSON comes from an interpreter in trouble."""
        return [_parse(line) for line in self.log.read_text(errors="replace").splitlines()]

    def bugs(self) -> list[dict[str, Any]]:
        """Return what must never be logged, whatever happens: tracebacks and lost tasks."""
        return [
            line
            for line in self.log_lines()
            if ("exception" in line and line["logger"].startswith("openclaw_vllm"))
            or (line["level"] in ("error", "critical") and line["logger"] in ("asyncio", "stderr"))
            if LEFT_OPEN not in line["message"]
        ]

    def tail(self) -> str:
        message = self.log_lines()[-TAIL_LINES:]
        lines = [f"{line.get('time', '')} {line['level']}: {line['message']}" for line in message]
        ended = self._process and self._process.poll()
        end = [] if ended is None else [f"It has ended with code {ended}."]
        return "\n".join([f"The operator {self.log.parent.name} said:", *lines, *end])


def sum_of(metrics: str, name: str, labels: Mapping[str, str]) -> float:
    """Return the sum of a metric's samples that have these labels, in what /metrics answers."""
    families = text_string_to_metric_families(metrics)
    samples = (sample for family in families for sample in family.samples)
    return sum(s.value for s in samples if s.name == name and labels.items() <= s.labels.items())


def _parse(line: str) -> dict[str, Any]:
    try:
        parsed: dict[str, Any] = json.loads(line)
    except ValueError:
        return {"level": "error", "logger": "stderr", "message": line}
    return parsed
