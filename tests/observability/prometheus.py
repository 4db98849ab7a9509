"""A real Prometheus that scrapes one operator, and what it answers."""

import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

import httpx

from tests.controlplane.component import Component, free_port
from tests.observability import binaries
from tests.rbac import CHART

RULES = CHART / "files" / "monitoring" / "rules.yaml"
INTERVAL = 1.0  # seconds between two scrapes, and between two looks at the rules

Series = dict[str, Any]


class Prometheus:
    """Started in a folder of its own; `with` ends it."""

    def __init__(self, folder: Path, target: str) -> None:
        self._url = f"http://127.0.0.1:{(port := free_port())}"
        config = folder / "prometheus.yaml"
        config.write_text(json.dumps(_config(target)))
        command: list[str | Path] = [
            binaries.ensure()["prometheus"],
            f"--config.file={config}",
            f"--storage.tsdb.path={folder / 'data'}",
            f"--web.listen-address=127.0.0.1:{port}",
        ]
        self._component = Component(command, folder)

    def __enter__(self) -> Self:
        self._component.start(self._is_ready)
        return self

    def __exit__(self, *_: object) -> None:
        self._component.kill()

    def query(self, expression: str) -> list[Series]:
        """Return the series that an expression has now."""
        result: list[Series] = self._ask("query", {"query": expression})["result"]
        return result

    def history(self, expression: str, seconds: float, step: float) -> list[Series]:
        """Return the series that an expression had in the last seconds."""
        now = time.time()
        span: dict[str, str | float] = {
            "query": expression,
            "start": now - seconds,
            "end": now,
            "step": step,
        }
        result: list[Series] = self._ask("query_range", span)["result"]
        return result

    def alerts(self) -> dict[str, str]:
        """Return the alerts that are pending or firing, and which of the two."""
        result = self._ask("alerts", {})["alerts"]
        return {alert["labels"]["alertname"]: alert["state"] for alert in result}

    def _ask(self, what: str, parameters: Mapping[str, str | float]) -> Any:
        with httpx.Client(trust_env=False) as client:
            answer = client.get(f"{self._url}/api/v1/{what}", params=dict(parameters)).json()
        assert answer["status"] == "success", answer
        return answer["data"]

    def _is_ready(self) -> bool:
        try:
            return httpx.get(f"{self._url}/-/ready", trust_env=False).is_success
        except httpx.TransportError:
            return False


def _config(target: str) -> dict[str, Any]:
    """Scrape as the chart's PodMonitor says: the labels of a series win over its pod's."""
    pod = {"namespace": "openclaw-vllm", "pod": "operator-0"}
    return {
        "global": {
            "scrape_interval": f"{INTERVAL:.0f}s",
            "evaluation_interval": f"{INTERVAL:.0f}s",
        },
        "rule_files": [str(RULES)],
        "scrape_configs": [
            {
                "job_name": "openclaw-vllm-operator",
                "honor_labels": True,
                "static_configs": [{"targets": [target], "labels": pod}],
            }
        ],
    }
