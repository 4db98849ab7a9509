"""VllmProviders of one file that exclude each other, though each is right by itself.

Of one file only: the same name in two files may be meant for two clusters.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.commands.provider_input import ProviderInput
from openclaw_vllm.commands.schema import Violation


def with_rivals(subjects: Iterable[ProviderInput]) -> tuple[ProviderInput, ...]:
    """Return the subjects, with a complaint at each that an earlier one of its file excludes."""
    return tuple(_compared(subjects))


def _compared(subjects: Iterable[ProviderInput]) -> Iterator[ProviderInput]:
    names: set[tuple[str, ObjectKey]] = set()
    publishers: dict[tuple[str, ObjectKey], VllmProvider] = {}
    for subject in subjects:
        resource, file = subject.resource, subject.found.file
        if resource is None:
            yield subject
            continue
        rival = publishers.setdefault((file, resource.config_map), resource)
        if (file, resource.key) in names:
            message = "the file holds two VllmProviders of this name, and kubectl keeps the last"
            yield _with(subject, Violation("metadata.name", f"{message}: choose another"))
        elif rival is not resource:
            message = f"VllmProvider {rival.key.name} publishes to ConfigMap"
            message += f" {resource.config_map.name} too, and one of them would wait for ever"
            yield _with(subject, Violation("spec.output", f"{message}: choose another name"))
        else:
            yield subject
        names.add((file, resource.key))


def _with(subject: ProviderInput, violation: Violation) -> ProviderInput:
    return replace(subject, violations=(*subject.violations, violation))
