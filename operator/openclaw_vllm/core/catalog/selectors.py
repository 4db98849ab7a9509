"""Label selectors: what they select, with Kubernetes' own meaning but for the empty one.

The rules are those of metav1.LabelSelector: everything written has to hold, and NotIn and
DoesNotExist hold for an object without the label. An empty selector selects nothing here.
"""

from collections.abc import Mapping

from openclaw_vllm.api.selector import LabelRequirement, LabelSelector

NAME_LABEL = "kubernetes.io/metadata.name"  # every namespace carries its name in it


def selects(selector: LabelSelector, labels: Mapping[str, str]) -> bool:
    """Tell whether an object with these labels is selected."""
    if not selector.match_labels and not selector.match_expressions:
        return False
    return selector.match_labels.items() <= labels.items() and all(
        _holds(requirement, labels) for requirement in selector.match_expressions
    )


def names(selector: LabelSelector, namespace: str) -> bool:
    """Tell whether the selector asks for this namespace by its name."""
    return selector.match_labels.get(NAME_LABEL) == namespace or any(
        found.key == NAME_LABEL and found.operator == "In" and namespace in found.values
        for found in selector.match_expressions
    )


def _holds(requirement: LabelRequirement, labels: Mapping[str, str]) -> bool:
    value = labels.get(requirement.key)
    match requirement.operator:
        case "In":
            return value in requirement.values
        case "NotIn":
            return value not in requirement.values
        case "Exists":
            return value is not None
    return value is None
