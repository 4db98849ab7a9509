"""The files of a command line: VllmProviders to validate, and the objects that they refer to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import click

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.api.observed import VllmProvider
from openclaw_vllm.api.service import Service
from openclaw_vllm.commands.conflicts import with_conflicts
from openclaw_vllm.commands.metadata import metadata_violations, normalize_metadata
from openclaw_vllm.commands.objects import FileObject, Manifest, Unreadable, read
from openclaw_vllm.commands.options import CommandOptions, read_text
from openclaw_vllm.commands.provider_input import ProviderInput
from openclaw_vllm.commands.validate import KIND, validate

REFERENCES = ("Service", "ConfigMap")  # kinds that a VllmProvider may refer to


@dataclass(frozen=True)
class Files:
    """The objects of the files."""

    provider_inputs: tuple[ProviderInput, ...]
    services: Mapping[ObjectKey, Service] = field(default_factory=dict)
    config_maps: Mapping[ObjectKey, Mapping[str, str]] = field(default_factory=dict)


def read_files(command_options: CommandOptions) -> Files:
    """Read and validate the files, and report what is skipped; raises click's exceptions."""
    objects = [each for path in _unique(command_options.files) for each in _read(path)]
    for each in objects:
        if each.kind not in (KIND, *REFERENCES):
            click.echo(f"{each.file}: skipped {each}", err=True)
    providers = [o for o in objects if o.kind == KIND and command_options.name in (None, o.name)]
    if command_options.name is not None and not providers:
        raise click.UsageError(f"no VllmProvider of the files is named {command_options.name!r}")
    return Files(
        provider_inputs=with_conflicts(
            _validate(each, command_options.namespace) for each in providers
        ),
        services={_key(o, command_options): _service(o) for o in _of_kind("Service", objects)},
        config_maps={_key(o, command_options): _data(o) for o in _of_kind("ConfigMap", objects)},
    )


def read_config_maps(path: str, command_options: CommandOptions) -> dict[ObjectKey, Manifest]:
    """Return the ConfigMaps of a file; raises click's exceptions."""
    return {
        _key(each, command_options): {
            **each.manifest,
            "metadata": _metadata(each),
            "data": _data(each),
        }
        for each in _of_kind("ConfigMap", _read(path))
    }


def check_sources(files: Files, command_options: CommandOptions) -> None:
    """Raise click.UsageError without a VllmProvider, or without a source for its models."""
    if not files.provider_inputs:
        raise click.UsageError("no VllmProvider: give a file that holds one, -f provider.yaml")
    check_options(files, command_options)
    discovered = next((each for each in files.provider_inputs if each.is_discovered), None)
    if discovered and not command_options.live and not command_options.snapshot:
        raise click.UsageError(
            f"{discovered} discovers its models: give --snapshot FILE with an answer to "
            "GET /v1/models, or --live"
        )


def check_options(files: Files, command_options: CommandOptions) -> None:
    """Raise click.UsageError for options that exclude each other."""
    if command_options.live and command_options.snapshot:
        raise click.UsageError("--snapshot and --live exclude each other")
    if command_options.snapshot and sum(each.is_discovered for each in files.provider_inputs) > 1:
        message = "a snapshot is the answer of one server: choose the VllmProvider with --name"
        raise click.UsageError(message)
    inputs = (
        *_unique(command_options.files),
        command_options.snapshot,
        command_options.base_config,
        command_options.ca_file,
    )
    if inputs.count("-") > 1:
        raise click.UsageError("standard input can be read once")


def _unique(paths: Iterable[str]) -> list[str]:
    """Return each file once, by its first path: globs and -f may name one twice."""
    first: dict[Path | str, str] = {}
    for path in paths:
        first.setdefault(path if path == "-" else Path(path).resolve(), path)
    return list(first.values())


def _read(path: str) -> list[FileObject]:
    try:
        return read("stdin" if path == "-" else path, read_text(path))
    except Unreadable as error:
        raise click.ClickException(str(error)) from error


def _validate(file_object: FileObject, namespace: str) -> ProviderInput:
    result = validate(file_object.manifest, namespace)
    if isinstance(result, VllmProvider):
        return ProviderInput(file_object, result)
    return ProviderInput(file_object, None, result)


def _of_kind(kind: str, objects: Iterable[FileObject]) -> list[FileObject]:
    return [each for each in objects if each.kind == kind and each.name]


def _key(file_object: FileObject, command_options: CommandOptions) -> ObjectKey:
    return ObjectKey(file_object.namespace or command_options.namespace, file_object.name)


def _service(file_object: FileObject) -> Service:
    try:
        return Service.read(file_object.manifest)
    except (AttributeError, KeyError, TypeError) as error:
        raise click.ClickException(
            f"{file_object.file}: {file_object} is no Service that can be read"
        ) from error


def _metadata(file_object: FileObject) -> Manifest:
    metadata: Manifest = normalize_metadata(file_object.manifest["metadata"])
    violations = "; ".join(map(str, metadata_violations(metadata)))
    if violations:
        raise click.ClickException(f"{file_object.file}: {file_object}: {violations}")
    return metadata


def _data(file_object: FileObject) -> dict[str, str]:
    data = file_object.manifest.get("data") or {}
    if not isinstance(data, dict) or not all(isinstance(text, str) for text in data.values()):
        raise click.ClickException(f"{file_object.file}: the data of {file_object} has to be texts")
    return data
