"""One VllmProvider of a file: its manifest, the valid object, or the violations."""

from dataclasses import dataclass, replace

from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.commands.objects import FileObject
from openclaw_vllm.commands.schema import Violation


@dataclass(frozen=True)
class ProviderInput:
    """A VllmProvider of the files; `provider` is None when the manifest is invalid."""

    file_object: FileObject
    provider: VllmProvider | None
    violations: tuple[Violation, ...] = ()

    @property
    def spec(self) -> VllmProviderSpec | None:
        """The spec; None when the manifest is invalid."""
        spec = self.provider.spec if self.provider else None
        return None if isinstance(spec, Problem) else spec

    @property
    def is_discovered(self) -> bool:
        """Whether its server has to list the models."""
        return self.spec is not None and not self.spec.models

    def with_violation(self, violation: Violation) -> "ProviderInput":
        """Return it with one more violation."""
        return replace(self, violations=(*self.violations, violation))

    def __str__(self) -> str:
        return (
            f"{self.file_object.file}: {self.provider.key if self.provider else self.file_object}"
        )
