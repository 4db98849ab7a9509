"""Reports on the VllmProviders of the files, for people and for machines."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import click

from openclaw_vllm.api.conditions import Condition, Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.problem import Problem
from openclaw_vllm.api.status import MAX_REJECTED_MODELS
from openclaw_vllm.commands import cel_rules
from openclaw_vllm.commands.files import Files
from openclaw_vllm.commands.local_inputs import (
    LocalInputs,
    NoClusterReader,
    ObjectReader,
    assumed_service,
    build_readers,
)
from openclaw_vllm.commands.options import CommandOptions, read_bytes, read_text
from openclaw_vllm.commands.preview import Preview, build_preview
from openclaw_vllm.commands.provider_input import ProviderInput
from openclaw_vllm.edges.vllm.probe_request import ProbeRequest, ProbeResponse, ProberProtocol

OFFLINE = Problem(Reason.PENDING, "no server is asked: a snapshot is given")
HINTS = {
    Reason.SERVICE_NOT_FOUND: "add the Service's manifest with -f",
    Reason.EXTERNAL_NAME_REFUSED: "--allow-external-names allows it from here",
    Reason.DESTINATION_DENIED: "--allow-loopback, --allow-addresses and --allow-hosts say what may "
    "be asked from here",
    Reason.KEY_NOT_ALLOWED: "--key-hosts and --allow-insecure-keys allow it from here",
}


@dataclass(frozen=True)
class ProviderReport:
    """A VllmProvider's violations, or the preview of what the operator would publish."""

    provider_input: ProviderInput
    preview: Preview | None = None
    notes: tuple[str, ...] = ()

    @property
    def problem(self) -> Condition | None:
        """Why it would not be Ready."""
        return self.preview.problem if self.preview else None

    @property
    def is_ready(self) -> bool:
        """Whether it is valid and would be Ready."""
        return not self.provider_input.violations and self.problem is None

    def as_dict(self) -> dict[str, Any]:
        """Return it as JSON's types."""
        file_object, provider = self.provider_input.file_object, self.provider_input.provider
        conditions = self.preview.conditions if self.preview else ()
        return {
            "file": file_object.file,
            "namespace": provider.key.namespace if provider else file_object.namespace,
            "name": file_object.name,
            "ok": self.is_ready,
            "complaints": [
                {"path": c.path, "message": c.message} for c in self.provider_input.violations
            ],
            "conditions": [
                {"type": c.type, "status": c.status, "reason": c.reason, "message": c.message}
                for c in conditions
            ],
            "notes": list(self.notes),
        }

    def print_problems(self) -> None:
        """Print violations, problems and notes on standard error."""
        for violation in self.provider_input.violations:
            click.echo(f"{self.provider_input}: {violation}", err=True)
        if self.problem is not None:
            click.echo(
                f"{self.provider_input}: {self.problem.reason}: {self.problem.message}", err=True
            )
        for note in self.notes:
            click.echo(f"{self.provider_input}: note: {note}", err=True)


class _OfflineProber:
    """Sends nothing: with a snapshot, no byte leaves the machine."""

    async def lookup(self, host: str, port: int) -> tuple[str, ...] | Problem:
        """Resolve nothing."""
        return OFFLINE

    async def ask(self, question: ProbeRequest) -> ProbeResponse | Problem:
        """Send nothing."""
        return OFFLINE


@dataclass(frozen=True)
class _PreviewInputs:
    """What all VllmProviders of one command are previewed with."""

    local_inputs: LocalInputs
    snapshot: bytes | None
    prober: ProberProtocol
    reader: ObjectReader | None
    existing: Mapping[ObjectKey, ConfigMapState]


async def build_reports(
    files: Files,
    command_options: CommandOptions,
    reader: ObjectReader | None = None,
    existing: Mapping[ObjectKey, ConfigMapState] | None = None,
) -> list[ProviderReport]:
    """Return a report on each VllmProvider of the files.

    `reader` is the cluster, if there is one; `existing` are the ConfigMaps published there.
    """
    inputs = _PreviewInputs(
        local_inputs=_local_inputs(files, command_options),
        snapshot=read_bytes(command_options.snapshot) if command_options.snapshot else None,
        prober=_prober() if command_options.live else _OfflineProber(),
        reader=reader,
        existing=existing or {},
    )
    return [await _build_report(each, inputs) for each in files.provider_inputs]


async def _build_report(provider_input: ProviderInput, inputs: _PreviewInputs) -> ProviderReport:
    provider, spec = provider_input.provider, provider_input.spec
    if provider is None or spec is None:
        return ProviderReport(provider_input)
    reader = inputs.reader or NoClusterReader(spec)
    readers = await build_readers(provider, spec, inputs.local_inputs, reader, inputs.prober)
    preview = await build_preview(
        provider,
        spec,
        readers,
        snapshot=inputs.snapshot,
        existing=inputs.existing.get(provider.config_map),
    )
    return ProviderReport(provider_input, preview, tuple(_notes(preview, inputs)))


def _local_inputs(files: Files, command_options: CommandOptions) -> LocalInputs:
    return LocalInputs(
        services=files.services,
        config_maps=files.config_maps,
        base_config=read_text(command_options.base_config) if command_options.base_config else None,
        ca_bundle=read_text(command_options.ca_file) if command_options.ca_file else None,
        key_env=command_options.api_key_env,
        key_hosts=command_options.key_hosts,
        policy=command_options.destinations(),
        service_names=command_options.service_names,
    )


def _prober() -> ProberProtocol:
    """Return the operator's prober; its HTTP client takes longer to load than all else here."""
    from openclaw_vllm.edges.vllm.prober import Prober  # noqa: PLC0415 only when it is needed

    return Prober()


def _notes(preview: Preview, inputs: _PreviewInputs) -> Iterator[str]:
    yield from _assumptions(preview, inputs)
    if preview.spec.suspend:
        yield "it is suspended: the cluster changes nothing until spec.suspend is false"
    if preview.plan.note:
        yield preview.plan.note
    rejected = sorted((preview.server.discovery.rejected or {}).items())
    for model_id, reason in rejected[:MAX_REJECTED_MODELS]:
        yield f"model {model_id!r} is rejected: {reason}"
    if preview.problem and (hint := HINTS.get(Reason(preview.problem.reason))):
        yield hint


def _assumptions(preview: Preview, inputs: _PreviewInputs) -> Iterator[str]:
    """Yield what was assumed, and which rules were not evaluated."""
    if not cel_rules.is_available():
        yield cel_rules.RULES_SKIPPED
    service = assumed_service(preview.provider, preview.spec, inputs.local_inputs)
    if service and inputs.reader is None and preview.server.discovery.endpoint.problem is None:
        yield f"Service {service} is taken to exist, since no cluster is asked"
    if inputs.snapshot is not None and preview.spec.discovery.capabilities == "Probe":
        yield "capabilities are found out with --live only; they are rendered as unknown"
