"""An operator of one namespace, with an account of its own: the audit log tells it from others."""

import json
from collections.abc import Iterable
from pathlib import Path
from uuid import uuid4

from tests import rbac
from tests.apiserver.proxy import Proxy
from tests.apiserver.workspace import GROUP, Workspace
from tests.controlplane.audit import AuditEntries
from tests.operator_process import PROGRAM, OperatorProcess, wait_for_right


class Resident(OperatorProcess):
    """Has the rights that the chart's `watchNamespaces` gives, and may be behind a proxy."""

    def __init__(
        self,
        space: Workspace,
        folder: Path,
        *options: str,
        proxy: Proxy | None = None,
        program: tuple[str, ...] = PROGRAM,
    ) -> None:
        self.space = space
        self.account = f"resident-{uuid4().hex[:6]}"
        self._mark = space.plane.audit.mark()
        home = space.namespace
        role = rbac.namespaced(home, self.account, home, self.account)
        self.grant([rbac.service_account(home, self.account), *role])
        self.may(verb="list", group=GROUP, resource="vllmproviders")
        kubeconfig = space.plane.kubeconfig_for(home, self.account)
        (folder / self.account).mkdir()
        super().__init__(
            proxy.kubeconfig(kubeconfig) if proxy else kubeconfig,
            folder / self.account,
            f"--namespace={home}",
            *options,
            program=program,
        )

    @property
    def user(self) -> str:
        return f"system:serviceaccount:{self.space.namespace}:{self.account}"

    @property
    def asked(self) -> AuditEntries:
        """All that it has asked the API server for."""
        return self.space.plane.audit.since(self._mark).by(self.user)

    def grant(self, items: Iterable[rbac.Manifest]) -> None:
        manifest = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(items)})
        self.space.plane.kubectl("apply", "-f", "-", input=manifest)

    def may(self, **attributes: str) -> None:
        """Wait until a right of its holds."""
        wait_for_right(self.space.plane, self.user, namespace=self.space.namespace, **attributes)
