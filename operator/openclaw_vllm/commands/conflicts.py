"""Conflicts between VllmProviders of one file, each of which is valid by itself.

Only within one file: the same name in two files may be meant for two clusters.
"""

from collections.abc import Iterable, Iterator

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.commands.provider_input import ProviderInput
from openclaw_vllm.commands.schema import Violation


def with_conflicts(provider_inputs: Iterable[ProviderInput]) -> tuple[ProviderInput, ...]:
    """Return the inputs, each with a violation if it conflicts with an earlier one of its file."""
    return tuple(_check_each(provider_inputs))


def _check_each(provider_inputs: Iterable[ProviderInput]) -> Iterator[ProviderInput]:
    names: set[tuple[str, ObjectKey]] = set()
    publishers: dict[tuple[str, ObjectKey], VllmProvider] = {}
    for provider_input in provider_inputs:
        provider, file = provider_input.provider, provider_input.file_object.file
        if provider is None:
            yield provider_input
            continue
        first = publishers.setdefault((file, provider.config_map), provider)
        is_repeated = (file, provider.key) in names
        names.add((file, provider.key))
        violation = _find_violation(provider, first, is_repeated=is_repeated)
        yield provider_input.with_violation(violation) if violation else provider_input


def _find_violation(
    provider: VllmProvider, first: VllmProvider, *, is_repeated: bool
) -> Violation | None:
    """Return the conflict with an earlier VllmProvider of the file; `first` is the one that
    publishes under its name."""
    if is_repeated:
        message = "the file holds two VllmProviders of this name, and kubectl keeps the last"
        return Violation("metadata.name", f"{message}: choose another")
    if first is provider:
        return None
    message = f"VllmProvider {first.key.name} publishes to ConfigMap"
    message += f" {provider.config_map.name} too, and one of them would wait for ever"
    return Violation("spec.output", f"{message}: choose another name")
