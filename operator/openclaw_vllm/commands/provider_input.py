"""One VllmProvider of a file: what was written, what can be made of it, what is wrong with it."""

from dataclasses import dataclass

from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.provider import VllmProviderSpec
from openclaw_vllm.commands.objects import Found
from openclaw_vllm.commands.schema import Violation


@dataclass(frozen=True)
class ProviderInput:
    """A VllmProvider of the files; `resource` is None when nothing can be made of it."""

    found: Found
    resource: VllmProvider | None
    violations: tuple[Violation, ...] = ()

    @property
    def spec(self) -> VllmProviderSpec | None:
        """The spec, None without a resource."""
        spec = self.resource.spec if self.resource else None
        return None if isinstance(spec, Problem) else spec

    @property
    def is_discovered(self) -> bool:
        """Whether its models have to be asked for."""
        return self.spec is not None and not self.spec.models

    def __str__(self) -> str:
        return f"{self.found.file}: {self.resource.key if self.resource else self.found}"
