"""The Grafana dashboard's panels, with their queries as Grafana would send them."""

import json
from dataclasses import dataclass

from tests.rbac import CHART

DASHBOARD = CHART / "files" / "monitoring" / "dashboard.json"
VARIABLES = {"$namespace": ".*", "$__rate_interval": "15s"}


@dataclass(frozen=True)
class Query:
    """An expression of a panel and how its lines are called."""

    panel: str
    expression: str
    legend: str

    def __str__(self) -> str:
        return f"{self.panel}: {self.legend or 'value'}"


def queries() -> list[Query]:
    """Return the queries of every panel, in the order of the panels."""
    return [
        Query(panel["title"], _filled_in(target["expr"]), target["legendFormat"])
        for panel in json.loads(DASHBOARD.read_text())["panels"]
        for target in panel.get("targets", ())
    ]


def _filled_in(expression: str) -> str:
    for variable, value in VARIABLES.items():
        expression = expression.replace(variable, value)
    return expression
