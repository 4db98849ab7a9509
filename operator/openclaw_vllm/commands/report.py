"""What was found out about each VllmProvider of the files, and how it is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import click

from openclaw_vllm.api.conditions import Condition, Reason
from openclaw_vllm.api.configmap import ConfigMapState
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.status import MAX_REJECTED_MODELS
from openclaw_vllm.commands import cel_rules
from openclaw_vllm.commands.files import Files
from openclaw_vllm.commands.local_inputs import (
    LocalInputs,
    NoClusterReader,
    OfflineProber,
    Reads,
    assumed_service,
    inputs_of,
)
from openclaw_vllm.commands.options import CommandOptions, read_bytes, read_text
from openclaw_vllm.commands.preview import Preview, build_preview
from openclaw_vllm.commands.provider_input import ProviderInput
from openclaw_vllm.edges.vllm.probe_request import ProberProtocol

HINTS = {
    Reason.SERVICE_NOT_FOUND: "add the Service's manifest with -f",
    Reason.DESTINATION_DENIED: "--allow-loopback and --allow-hosts say what may be asked from here",
    Reason.KEY_NOT_ALLOWED: "--key-hosts and --allow-insecure-keys allow it from here",
}


@dataclass(frozen=True)
class Outcome:
    """What was found out: complaints, or what the operator would make of it."""

    subject: ProviderInput
    preview: Preview | None = None
    notes: tuple[str, ...] = ()

    @property
    def problem(self) -> Condition | None:
        """Why it would not be Ready."""
        return self.preview.problem if self.preview else None

    @property
    def is_well(self) -> bool:
        """Whether it is valid and would be Ready."""
        return not self.subject.violations and self.problem is None

    def report(self) -> dict[str, Any]:
        """Return it for machines."""
        found, resource = self.subject.found, self.subject.resource
        conditions = self.preview.conditions if self.preview else ()
        return {
            "file": found.file,
            "namespace": resource.key.namespace if resource else found.namespace,
            "name": found.name,
            "ok": self.is_well,
            "complaints": [{"path": c.path, "message": c.message} for c in self.subject.violations],
            "conditions": [
                {"type": c.type, "status": c.status, "reason": c.reason, "message": c.message}
                for c in conditions
            ],
            "notes": list(self.notes),
        }

    def tell(self) -> None:
        """Say on standard error what is wrong, and what was taken for granted."""
        for violation in self.subject.violations:
            click.echo(f"{self.subject}: {violation}", err=True)
        if self.problem is not None:
            click.echo(f"{self.subject}: {self.problem.reason}: {self.problem.message}", err=True)
        for note in self.notes:
            click.echo(f"{self.subject}: note: {note}", err=True)


@dataclass(frozen=True)
class _Call:
    """What all VllmProviders of a call have in common."""

    given: LocalInputs
    snapshot: bytes | None
    prober: ProberProtocol
    reads: Reads | None
    existing: Mapping[ObjectKey, ConfigMapState]


async def outcomes_of(
    files: Files,
    command_options: CommandOptions,
    reads: Reads | None = None,
    existing: Mapping[ObjectKey, ConfigMapState] | None = None,
) -> list[Outcome]:
    """Foresee what becomes of every VllmProvider; `reads` is a cluster, if there is one.

    `existing` are the published ConfigMaps, as far as they are known.
    """
    call = _Call(
        given=_given(files, command_options),
        snapshot=read_bytes(command_options.snapshot) if command_options.snapshot else None,
        prober=_prober() if command_options.live else OfflineProber(),
        reads=reads,
        existing=existing or {},
    )
    return [await _outcome(subject, call) for subject in files.subjects]


async def _outcome(subject: ProviderInput, call: _Call) -> Outcome:
    resource, spec = subject.resource, subject.spec
    if resource is None or spec is None:
        return Outcome(subject)
    reads = call.reads or NoClusterReader(spec)
    inputs = await inputs_of(resource, spec, call.given, reads, call.prober)
    preview = await build_preview(
        resource,
        spec,
        inputs,
        snapshot=call.snapshot,
        existing=call.existing.get(resource.config_map),
    )
    return Outcome(subject, preview, tuple(_notes(preview, call)))


def _given(files: Files, command_options: CommandOptions) -> LocalInputs:
    return LocalInputs(
        services=files.services,
        config_maps=files.config_maps,
        base_config=read_text(command_options.base_config) if command_options.base_config else None,
        ca_bundle=read_text(command_options.ca_file) if command_options.ca_file else None,
        key_env=command_options.api_key_env,
        key_hosts=command_options.key_hosts,
        policy=command_options.policy,
    )


def _prober() -> ProberProtocol:
    """Make the operator's prober; its HTTP client takes longer to load than all else here."""
    from openclaw_vllm.edges.vllm.prober import Prober  # noqa: PLC0415 only when it is needed

    return Prober()


def _notes(preview: Preview, call: _Call) -> Iterator[str]:
    yield from _assumptions(preview, call)
    if preview.spec.suspend:
        yield "it is suspended: the cluster changes nothing until spec.suspend is false"
    if preview.plan.note:
        yield preview.plan.note
    rejected = sorted((preview.server.discovery.rejected or {}).items())
    for model_id, reason in rejected[:MAX_REJECTED_MODELS]:
        yield f"model {model_id!r} is rejected: {reason}"
    if preview.problem and (hint := HINTS.get(Reason(preview.problem.reason))):
        yield hint


def _assumptions(preview: Preview, call: _Call) -> Iterator[str]:
    """Say what was taken for granted, and what could not be judged."""
    if not cel_rules.are_judged():
        yield cel_rules.NOT_JUDGED
    service = assumed_service(preview.resource, preview.spec, call.given)
    if service and call.reads is None and preview.server.discovery.endpoint.problem is None:
        yield f"Service {service} is taken to exist, since no cluster is asked"
    if call.snapshot is not None and preview.spec.discovery.capabilities == "Probe":
        yield "capabilities are found out with --live only; they are rendered as unknown"
