"""Matching of label selectors, as in Kubernetes except for the empty one.

The rules are those of metav1.LabelSelector: all requirements have to be met, and NotIn and
DoesNotExist are met by an object without the label. An empty selector selects nothing here.
"""

from collections.abc import Mapping

from openclaw_vllm.api.selector import LabelRequirement, LabelSelector

NAME_LABEL = "kubernetes.io/metadata.name"  # every namespace has its name in it


def selects(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    """Return whether an object with these labels is selected."""
    if not selector.match_labels and not selector.match_expressions:
        return False
    return selector.match_labels.items() <= labels.items() and all(
        _is_met(requirement, labels) for requirement in selector.match_expressions
    )


def names(selector: LabelSelector, namespace: str) -> bool:
    """Return whether the selector has this namespace by name."""
    return selector.match_labels.get(NAME_LABEL) == namespace or any(
        requirement.key == NAME_LABEL
        and requirement.operator == "In"
        and namespace in requirement.values
        for requirement in selector.match_expressions
    )


def _is_met(requirement: LabelRequirement, labels: Mapping[str, str]) -> bool:
    value = labels.get(requirement.key)
    match requirement.operator:
        case "In":
            return value in requirement.values
        case "NotIn":
            return value not in requirement.values
        case "Exists":
            return value is not None
    return value is None
