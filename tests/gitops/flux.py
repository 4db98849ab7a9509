"""Evaluates health-check expressions as Flux does: by CEL, in the order of its RFC 0009."""

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml
from cel_expr_python import cel

from tests.builders import Wire

KUSTOMIZATIONS = Path(__file__).parents[2] / "gitops" / "flux" / "kustomizations.yaml"
ORDER = {"inProgress": "InProgress", "failed": "Failed", "current": "Current"}


def status(manifest: Wire) -> str:
    """Return what Flux's kustomize-controller says of an object.

    Raises EvaluationError for what makes Flux wait until its timeout.
    """
    if manifest["status"].get("observedGeneration", manifest) != manifest["metadata"]["generation"]:
        return "InProgress"
    for field, verdict in ORDER.items():
        expression = expressions(manifest["kind"]).get(field)
        if expression is not None and _holds(expression, manifest):
            return verdict
    return "InProgress"


@cache
def expressions(kind: str) -> Mapping[str, str]:
    """Return the expressions that our example has for a kind."""
    *_, agents = yaml.safe_load_all(KUSTOMIZATIONS.read_text())
    (result,) = [one for one in agents["spec"]["healthCheckExprs"] if one["kind"] == kind]
    return dict(result)


class EvaluationError(Exception):
    """An expression has no value, for example because it names a field that is not there."""


def _holds(expression: str, manifest: Wire) -> bool:
    answer = _compiled(expression).eval(data=manifest)
    if answer.type() != cel.Type.BOOL:
        raise EvaluationError(f"{expression}: {answer.value()}")
    return bool(answer.value())


@cache
def _compiled(expression: str) -> cel.Expression:
    fields = ("apiVersion", "kind", "metadata", "spec", "status")
    return cel.NewEnv(variables=dict.fromkeys(fields, cel.Type.DYN)).compile(expression)
