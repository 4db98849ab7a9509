"""The CRDs of the Prometheus Operator, from the Go module that its releases are."""

import json
import subprocess
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.controlplane import golang
from tests.controlplane.binaries import cache

MODULE = Path(__file__).parent / "crds"
PATH = "github.com/prometheus-operator/prometheus-operator"
PLURALS = ("podmonitors", "prometheusrules", "servicemonitors")


def crds() -> list[Path]:
    """Return the files of the CRDs that the chart has objects of, as go.sum pins them."""
    with TemporaryDirectory() as folder:
        go = golang.toolchain(cache(), Path(folder))
        process = subprocess.run(
            [go, "mod", "download", "-json", PATH],
            cwd=MODULE,
            env=golang.environment(cache(), Path(folder)),
            check=True,
            capture_output=True,
        )
    examples = Path(json.loads(process.stdout)["Dir"]) / "example" / "prometheus-operator-crd"
    return [examples / f"monitoring.coreos.com_{plural}.yaml" for plural in PLURALS]
