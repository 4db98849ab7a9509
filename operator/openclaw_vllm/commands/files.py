"""The files of a command line: VllmProviders to judge, and the objects that they name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import Service, VllmProvider
from openclaw_vllm.commands.conflicts import with_rivals
from openclaw_vllm.commands.metadata import kept, metadata_violations
from openclaw_vllm.commands.objects import Found, Manifest, Unreadable, read
from openclaw_vllm.commands.options import CommandOptions, read_text
from openclaw_vllm.commands.provider_input import ProviderInput
from openclaw_vllm.commands.validate import KIND, validate

NAMED = ("Service", "ConfigMap")  # what a VllmProvider's answer to "what is published" depends on


@dataclass(frozen=True)
class Files:
    """What the files hold."""

    subjects: tuple[ProviderInput, ...]
    services: Mapping[ObjectKey, Service] = field(default_factory=dict)
    config_maps: Mapping[ObjectKey, Mapping[str, str]] = field(default_factory=dict)


def read_files(command_options: CommandOptions) -> Files:
    """Read and judge the files, and say what is skipped; raises click's exceptions."""
    objects = [found for path in _once(command_options.files) for found in _objects(path)]
    for found in objects:
        if found.kind not in (KIND, *NAMED):
            click.echo(f"{found.file}: skipped {found}", err=True)
    chosen = [f for f in objects if f.kind == KIND and command_options.name in (None, f.name)]
    if command_options.name is not None and not chosen:
        raise click.UsageError(f"no VllmProvider of the files is named {command_options.name!r}")
    return Files(
        subjects=with_rivals(_subject(found, command_options.namespace) for found in chosen),
        services={_key(f, command_options): _service(f) for f in _of_kind("Service", objects)},
        config_maps={_key(f, command_options): _data(f) for f in _of_kind("ConfigMap", objects)},
    )


def read_config_maps(path: str, command_options: CommandOptions) -> dict[ObjectKey, Manifest]:
    """Return the ConfigMaps of a file; raises click's exceptions."""
    return {
        _key(each, command_options): {
            **each.manifest,
            "metadata": _metadata(each),
            "data": _data(each),
        }
        for each in _of_kind("ConfigMap", _objects(path))
    }


def require_answers(files: Files, command_options: CommandOptions) -> None:
    """Refuse, as wrong usage, a question without a VllmProvider or without its server's answer."""
    if not files.subjects:
        raise click.UsageError("no VllmProvider: give a file that holds one, -f provider.yaml")
    refuse_contradictions(files, command_options)
    discovered = next((subject for subject in files.subjects if subject.is_discovered), None)
    if discovered and not command_options.live and not command_options.snapshot:
        raise click.UsageError(
            f"{discovered} discovers its models: give --snapshot FILE with an answer to "
            "GET /v1/models, or --live"
        )


def refuse_contradictions(files: Files, command_options: CommandOptions) -> None:
    """Refuse, as wrong usage, options that exclude each other."""
    if command_options.live and command_options.snapshot:
        raise click.UsageError("--snapshot and --live exclude each other")
    if command_options.snapshot and sum(subject.is_discovered for subject in files.subjects) > 1:
        message = "a snapshot is the answer of one server: choose the VllmProvider with --name"
        raise click.UsageError(message)
    inputs = (
        *_once(command_options.files),
        command_options.snapshot,
        command_options.base_config,
        command_options.ca_file,
    )
    if inputs.count("-") > 1:
        raise click.UsageError("standard input can be read once")


def _once(paths: Iterable[str]) -> list[str]:
    """Return each file once, by its first name: globs and -f may give one twice."""
    named: dict[Path | str, str] = {}
    for path in paths:
        named.setdefault(path if path == "-" else Path(path).resolve(), path)
    return list(named.values())


def _objects(path: str) -> list[Found]:
    try:
        return read("stdin" if path == "-" else path, read_text(path))
    except Unreadable as error:
        raise click.ClickException(str(error)) from error


def _subject(found: Found, namespace: str) -> ProviderInput:
    judged = validate(found.manifest, namespace)
    return (
        ProviderInput(found, judged)
        if isinstance(judged, VllmProvider)
        else ProviderInput(found, None, judged)
    )


def _of_kind(kind: str, objects: Iterable[Found]) -> list[Found]:
    return [found for found in objects if found.kind == kind and found.name]


def _key(found: Found, command_options: CommandOptions) -> ObjectKey:
    return ObjectKey(found.namespace or command_options.namespace, found.name)


def _service(found: Found) -> Service:
    try:
        return Service.read(found.manifest)
    except (AttributeError, KeyError, TypeError) as error:
        raise click.ClickException(
            f"{found.file}: {found} is no Service that can be read"
        ) from error


def _metadata(found: Found) -> Manifest:
    metadata: Manifest = kept(found.manifest["metadata"])
    wrong = "; ".join(map(str, metadata_violations(metadata)))
    if wrong:
        raise click.ClickException(f"{found.file}: {found}: {wrong}")
    return metadata


def _data(found: Found) -> dict[str, str]:
    data = found.manifest.get("data") or {}
    if not isinstance(data, dict) or not all(isinstance(text, str) for text in data.values()):
        raise click.ClickException(f"{found.file}: the data of {found} has to be texts")
    return data
