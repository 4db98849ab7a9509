"""An operator whose API server gets into trouble, and an estate that changes meanwhile."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

from tests import cluster_dns
from tests.apiserver.catalogs.estate import Estate
from tests.apiserver.catalogs.published import CATALOGS
from tests.apiserver.proxy import Proxy, Rule, pass_on
from tests.apiserver.proxy_rules import dropped
from tests.apiserver.servers import Servers, ServerThread
from tests.apiserver.trouble import ChangingEstate
from tests.apiserver.workspace import GROUP, PROVIDERS, soon
from tests.controlplane.plane import ControlPlane
from tests.operator_process import USER, OperatorProcess, wait_for_right
from tests.rights import held_to_its_rights

TROUBLE = 6.0  # seconds


@dataclass(frozen=True)
class Troubled:
    """The API server is in trouble within a `with` block, in which things change."""

    plane: ControlPlane
    proxy: Proxy
    operator: OperatorProcess
    estate: ChangingEstate

    @contextmanager
    def answering(self, rule: Rule) -> Iterator[None]:
        """Cut the watches, and treat every request by a rule until it is enough."""
        end = time.monotonic() + TROUBLE
        with self._behind(rule):
            yield
            time.sleep(max(0.0, end - time.monotonic()))

    @contextmanager
    def killed(self, seconds: float) -> Iterator[None]:
        """Cut the operator off, kill the API server after the changes, and start it again."""
        with self.operator.outage(), self._behind(dropped):
            yield
            self.plane.kill_apiserver()
            time.sleep(seconds)
            self._start()

    @contextmanager
    def compacted(self) -> Iterator[None]:
        """Have no version left of those that the operator's watches know."""
        with self.operator.outage(), self._behind(dropped):
            yield
            self.plane.compact()
            self.plane.kill_apiserver()  # it would know them still
            self._start()

    @contextmanager
    def silent(self) -> Iterator[None]:
        """Have the watches tell nothing more, and not end."""
        self.proxy.silence_watches()
        yield

    @contextmanager
    def _behind(self, rule: Rule) -> Iterator[None]:
        self.proxy.rule = rule
        self.proxy.cut_watches()
        try:
            yield
        finally:
            self.proxy.rule = pass_on

    def _start(self) -> None:
        """Start the API server, and wait until it knows the roles and serves our kinds.

        /readyz comes before both: for a moment it answers 403, and 429 about our kinds (1.37.2).
        """
        self.plane.start_apiserver()
        wait_for_right(self.plane, USER, verb="list", group=GROUP, resource=PROVIDERS)
        kinds = (CATALOGS, f"/apis/{GROUP}/v1alpha1/{PROVIDERS}")
        soon(lambda: all(self.plane.admin.answers(kind) for kind in kinds), "our kinds are served")


@contextmanager
def troubled(
    plane: ControlPlane, kubeconfig: Path, thread: ServerThread, folder: Path
) -> Iterator[Troubled]:
    """Run an operator behind a proxy, held to its rights, with something of every kind."""
    name = f"t{uuid4().hex[:5]}"
    with Proxy(thread, plane) as proxy, Servers(thread) as servers:
        operator = OperatorProcess(
            proxy.kubeconfig(kubeconfig), folder, program=cluster_dns.PROGRAM
        )
        try:
            with held_to_its_rights(plane, operator), Estate(plane, servers, name) as estate:
                yield Troubled(plane, proxy, operator, ChangingEstate(estate, operator))
        finally:
            operator.kill()
