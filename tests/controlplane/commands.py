"""The command lines of the control plane's programs, and the files that they name."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.certificates import Authority
from tests.controlplane.audit import POLICY

LOCAL = "127.0.0.1"


@dataclass(frozen=True)
class Ports:
    """Where the programs listen, all on this machine only."""

    etcd: int
    apiserver: int
    manager: int


def etcd(program: Path, folder: Path, ports: Ports) -> list[str | Path]:
    """Return the command of the store; what it keeps is thrown away, so it need not be synced."""
    url = f"http://{LOCAL}:{ports.etcd}"
    return [
        program,
        "--unsafe-no-fsync",
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls=http://{LOCAL}:0",
        "--log-level=warn",
    ]


def kube_apiserver(program: Path, folder: Path, ports: Ports) -> list[str | Path]:
    """Return the command of the API server; `prepare` has written the files it names."""
    return [
        program,
        f"--etcd-servers=http://{LOCAL}:{ports.etcd}",
        f"--bind-address={LOCAL}",
        f"--advertise-address={LOCAL}",
        f"--secure-port={ports.apiserver}",
        "--endpoint-reconciler-type=none",  # it refuses to publish a loopback address
        "--service-cluster-ip-range=10.96.0.0/16",
        f"--tls-cert-file={folder / 'server.crt'}",
        f"--tls-private-key-file={folder / 'server.key'}",
        f"--token-auth-file={folder / 'tokens.csv'}",
        f"--client-ca-file={folder / 'clients.crt'}",
        "--authorization-mode=RBAC",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={folder / 'server.crt'}",
        f"--service-account-signing-key-file={folder / 'server.key'}",
        f"--audit-policy-file={folder / 'audit-policy.json'}",
        f"--audit-log-path={folder / 'audit.jsonl'}",
        "--audit-log-mode=blocking",  # batches come too late for who counts requests
        "--audit-log-maxsize=100000",  # MB: never rotated
        "--profiling=false",
    ]


def kube_controller_manager(
    program: Path, folder: Path, ports: Ports, kubeconfig: Path
) -> list[str | Path]:
    """Return the command of the controllers that tests rely on, and of no other."""
    names = ["garbage-collector", "namespace", "serviceaccount", "clusterrole-aggregation"]
    names += ["deployment", "replicaset"]  # an install waits for its Deployment
    return [
        program,
        f"--kubeconfig={kubeconfig}",
        f"--controllers={','.join(f'{name}-controller' for name in names)}",
        f"--bind-address={LOCAL}",
        f"--secure-port={ports.manager}",
        f"--tls-cert-file={folder / 'server.crt'}",
        f"--tls-private-key-file={folder / 'server.key'}",
        "--leader-elect=false",  # it would end when a test kills the API server
        "--kube-api-qps=200",
        "--kube-api-burst=400",
        "--profiling=false",
    ]


def prepare(folder: Path, authority: Authority, tokens: Mapping[str, str]) -> None:
    """Write the certificate, the tokens (all of them masters) and the audit policy."""
    certificate = authority.issue(LOCAL, "localhost", "kubernetes.default.svc")
    rows = [f'{token},{user},{user},"system:masters"\n' for user, token in tokens.items()]
    (folder / "server.crt").write_bytes(certificate.certificate)
    (folder / "clients.crt").write_text(authority.pem)
    (folder / "server.key").write_bytes(certificate.key)
    (folder / "tokens.csv").write_text("".join(rows))
    (folder / "audit-policy.json").write_text(json.dumps(POLICY))
