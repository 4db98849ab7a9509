"""What was found out about each VllmProvider of the files, and how it is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import click

from openclaw_vllm.api.conditions import Condition, Reason
from openclaw_vllm.api.configmap import PublishedMap
from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.status import MAX_REJECTED_MODELS
from openclaw_vllm.commands import rules
from openclaw_vllm.commands.files import Files
from openclaw_vllm.commands.foresight import Foresight, foresee
from openclaw_vllm.commands.inputs import (
    Given,
    Nowhere,
    Reads,
    Silence,
    assumed_service,
    inputs_of,
)
from openclaw_vllm.commands.options import Wishes, read_bytes, read_text
from openclaw_vllm.commands.subject import Subject
from openclaw_vllm.edges.question import Asks

HINTS = {
    Reason.SERVICE_NOT_FOUND: "add the Service's manifest with -f",
    Reason.DESTINATION_DENIED: "--allow-loopback and --allow-hosts say what may be asked from here",
    Reason.KEY_NOT_ALLOWED: "--key-hosts and --allow-insecure-keys allow it from here",
}


@dataclass(frozen=True)
class Outcome:
    """What was found out: complaints, or what the operator would make of it."""

    subject: Subject
    foresight: Foresight | None = None
    notes: tuple[str, ...] = ()

    @property
    def problem(self) -> Condition | None:
        """Why it would not be Ready."""
        return self.foresight.problem if self.foresight else None

    @property
    def is_well(self) -> bool:
        """Whether it is valid and would be Ready."""
        return not self.subject.complaints and self.problem is None

    def report(self) -> dict[str, Any]:
        """Return it for machines."""
        found, resource = self.subject.found, self.subject.resource
        conditions = self.foresight.conditions if self.foresight else ()
        return {
            "file": found.file,
            "namespace": resource.key.namespace if resource else found.namespace,
            "name": found.name,
            "ok": self.is_well,
            "complaints": [{"path": c.path, "message": c.message} for c in self.subject.complaints],
            "conditions": [
                {"type": c.type, "status": c.status, "reason": c.reason, "message": c.message}
                for c in conditions
            ],
            "notes": list(self.notes),
        }

    def tell(self) -> None:
        """Say on standard error what is wrong, and what was taken for granted."""
        for complaint in self.subject.complaints:
            click.echo(f"{self.subject}: {complaint}", err=True)
        if self.problem is not None:
            click.echo(f"{self.subject}: {self.problem.reason}: {self.problem.message}", err=True)
        for note in self.notes:
            click.echo(f"{self.subject}: note: {note}", err=True)


@dataclass(frozen=True)
class _Call:
    """What all VllmProviders of a call have in common."""

    given: Given
    snapshot: bytes | None
    prober: Asks
    reads: Reads | None
    existing: Mapping[ObjectKey, PublishedMap]


async def outcomes_of(
    files: Files,
    wishes: Wishes,
    reads: Reads | None = None,
    existing: Mapping[ObjectKey, PublishedMap] | None = None,
) -> list[Outcome]:
    """Foresee what becomes of every VllmProvider; `reads` is a cluster, if there is one.

    `existing` are the published ConfigMaps, as far as they are known.
    """
    call = _Call(
        given=_given(files, wishes),
        snapshot=read_bytes(wishes.snapshot) if wishes.snapshot else None,
        prober=_prober() if wishes.live else Silence(),
        reads=reads,
        existing=existing or {},
    )
    return [await _outcome(subject, call) for subject in files.subjects]


async def _outcome(subject: Subject, call: _Call) -> Outcome:
    resource, spec = subject.resource, subject.spec
    if resource is None or spec is None:
        return Outcome(subject)
    reads = call.reads or Nowhere(spec)
    inputs = await inputs_of(resource, spec, call.given, reads, call.prober)
    foresight = await foresee(
        resource,
        spec,
        inputs,
        snapshot=call.snapshot,
        existing=call.existing.get(resource.config_map),
    )
    return Outcome(subject, foresight, tuple(_notes(foresight, call)))


def _given(files: Files, wishes: Wishes) -> Given:
    return Given(
        services=files.services,
        config_maps=files.config_maps,
        base_config=read_text(wishes.base_config) if wishes.base_config else None,
        ca_bundle=read_text(wishes.ca_file) if wishes.ca_file else None,
        key_env=wishes.api_key_env,
        key_hosts=wishes.key_hosts,
        policy=wishes.policy,
    )


def _prober() -> Asks:
    """Make the operator's prober; its HTTP client takes longer to load than all else here."""
    from openclaw_vllm.edges.prober import Prober  # noqa: PLC0415 only when it is needed

    return Prober()


def _notes(foresight: Foresight, call: _Call) -> Iterator[str]:
    yield from _assumptions(foresight, call)
    if foresight.spec.suspend:
        yield "it is suspended: the cluster changes nothing until spec.suspend is false"
    if foresight.plan.note:
        yield foresight.plan.note
    rejected = sorted((foresight.memory.rejected or {}).items())
    for model_id, reason in rejected[:MAX_REJECTED_MODELS]:
        yield f"model {model_id!r} is rejected: {reason}"
    if foresight.problem and (hint := HINTS.get(Reason(foresight.problem.reason))):
        yield hint


def _assumptions(foresight: Foresight, call: _Call) -> Iterator[str]:
    """Say what was taken for granted, and what could not be judged."""
    if not rules.are_judged():
        yield rules.NOT_JUDGED
    service = assumed_service(foresight.resource, foresight.spec, call.given)
    if service and call.reads is None and foresight.memory.endpoint is None:
        yield f"Service {service} is taken to exist, since no cluster is asked"
    if call.snapshot is not None and foresight.spec.discovery.capabilities == "Probe":
        yield "capabilities are found out with --live only; they are rendered as unknown"
