"""What Helm tells whoever has installed the chart."""

import pytest

from tests import rbac
from tests.apiserver.chart import NAMESPACE, RELEASE, TWO_NAMESPACES, helm

pytestmark = pytest.mark.timeout(300)  # the first test may find Helm still to be built

EVERY_NAMESPACE = 'watchNamespaces=["*"]'


def notes(*values: str) -> str:
    """Return the notes in one line."""
    sets = [part for value in values for part in ("--set-json", value)]
    install = ("install", RELEASE, str(rbac.CHART), "--namespace", NAMESPACE, "--dry-run=client")
    _, text = helm(*install, *sets).split("\nNOTES:\n")
    return " ".join(text.split())


@pytest.mark.parametrize(
    ("values", "expected_note"),
    [
        ((), "It serves the VllmProviders of every namespace, and VllmCatalogs. Tell it"),
        (
            ("catalog.enabled=false", EVERY_NAMESPACE),
            "It serves the VllmProviders of every namespace. It ignores VllmCatalogs: one that is "
            "there keeps its ConfigMaps, and is not gone when it is deleted",
        ),
        (
            ("catalog.enabled=false", "rbac.create=false"),
            "It serves the VllmProviders of every namespace. It ignores VllmCatalogs:",
        ),
        (
            (TWO_NAMESPACES,),
            "It serves the VllmProviders of: red, blue. "
            "It ignores those of other namespaces, and VllmCatalogs.",
        ),
        ((TWO_NAMESPACES,), "metadata: {name: vllm, namespace: red}"),
        (('watchNamespaces=["123"]',), 'metadata: {name: vllm, namespace: "123"}'),
    ],
)
def test_the_notes_tell_what_is_served_and_what_is_ignored(
    values: tuple[str, ...], expected_note: str
) -> None:
    assert expected_note in notes(*values)
