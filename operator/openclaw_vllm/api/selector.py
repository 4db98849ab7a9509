"""Label selectors in Kubernetes' form, except that an empty one selects nothing.

In Kubernetes an empty selector selects everything; a catalog that publishes everywhere because of a
forgotten line is the mistake that trust-manager regrets.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field

from openclaw_vllm.api.fields import LabelValue, WireModel, cel, matching

_KEY = "([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?"
_WRITE_A_KEY = "write a label's key, such as team or example.com/team"

LabelKey = Annotated[str, matching(_KEY, _WRITE_A_KEY, max_length=317)]


class LabelRequirement(WireModel):
    """What one label has to be."""

    model_config = ConfigDict(
        json_schema_extra=cel(
            (
                "(self.operator in ['In', 'NotIn']) == (has(self.values) && size(self.values) > 0)",
                "write values with In and NotIn, and none with Exists and DoesNotExist",
            )
        )
    )

    key: LabelKey
    """The label's key."""
    operator: Literal["In", "NotIn", "Exists", "DoesNotExist"]
    """In and NotIn compare with values; Exists and DoesNotExist look for the key alone."""
    values: Annotated[tuple[LabelValue, ...], Field(max_length=32)] = ()
    """The values that In and NotIn compare with."""


class LabelSelector(WireModel):
    """Selects by labels: everything written has to hold. An empty selector selects nothing."""

    match_labels: Annotated[
        dict[str, LabelValue],
        Field(
            default_factory=dict,
            max_length=16,
            json_schema_extra=cel((f"self.all(k, k.matches(r'^{_KEY}$'))", _WRITE_A_KEY)),
        ),
    ]
    """Labels with the values that they must have."""
    match_expressions: Annotated[tuple[LabelRequirement, ...], Field(max_length=16)] = ()
    """Further requirements."""
