"""Label selectors, with Kubernetes' meaning but for the empty one."""

from typing import Any

import pytest

from openclaw_vllm.api.selector import LabelSelector
from openclaw_vllm.core.catalog.selectors import names, selects

LABELS = {"tier": "models", "team": "a"}


def selector(**fields: Any) -> LabelSelector:
    return LabelSelector.model_validate(fields)


def needs(key: str, operator: str, *values: str) -> LabelSelector:
    return selector(matchExpressions=[{"key": key, "operator": operator, "values": values}])


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (selector(), False),
        (selector(matchLabels={"tier": "models"}), True),
        (selector(matchLabels={"tier": "models", "team": "b"}), False),
        (needs("team", "In", "a", "b"), True),
        (needs("team", "In", "b"), False),
        (needs("gpu", "In", "a"), False),
        (needs("team", "NotIn", "b"), True),
        (needs("team", "NotIn", "a"), False),
        (needs("gpu", "NotIn", "a"), True),
        (needs("team", "Exists"), True),
        (needs("gpu", "Exists"), False),
        (needs("team", "DoesNotExist"), False),
        (needs("gpu", "DoesNotExist"), True),
        (
            selector(
                matchLabels={"tier": "models"},
                matchExpressions=[{"key": "team", "operator": "NotIn", "values": ["a"]}],
            ),
            False,
        ),
    ],
)
def test_everything_written_has_to_hold(chosen: LabelSelector, *, expected: bool) -> None:
    assert selects(chosen, LABELS) is expected


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        (selector(matchLabels={"kubernetes.io/metadata.name": "kube-system"}), True),
        (needs("kubernetes.io/metadata.name", "In", "a", "kube-system"), True),
        (needs("kubernetes.io/metadata.name", "NotIn", "a"), False),
        (needs("kubernetes.io/metadata.name", "Exists"), False),
        (selector(matchLabels={"name": "kube-system"}), False),
    ],
)
def test_a_namespace_is_named_only_by_its_own_name(
    chosen: LabelSelector, *, expected: bool
) -> None:
    assert names(chosen, "kube-system") is expected
