"""`openclaw-vllm render`: the documents that the cluster would publish, without a cluster."""

import asyncio
import json
import sys
from collections.abc import Iterable
from typing import Any

import click
import yaml

from openclaw_vllm.api.configmap import KEYS
from openclaw_vllm.commands.files import check_sources, read_files
from openclaw_vllm.commands.options import FAILED, CommandOptions, output, shared_options
from openclaw_vllm.commands.report import ProviderReport, build_reports


@click.command()
@shared_options
@click.option(
    "--key", type=click.Choice(KEYS), help="Only this document, with exactly its published bytes."
)
@output("text", "json", "yaml")
def render(key: str | None, form: str, **options: Any) -> None:
    """Print the documents that the cluster would publish for the VllmProviders of files.

    Exit codes: 0 all would be Ready, 1 one would not (standard error says why), 2 wrong usage.
    """
    command_options = CommandOptions(**options)
    files = read_files(command_options)
    check_sources(files, command_options)
    if key and len(files.provider_inputs) > 1:
        raise click.UsageError("--key prints one document: choose the VllmProvider with --name")
    reports = asyncio.run(build_reports(files, command_options))
    for report in reports:
        report.print_problems()
        if key and (data := _data(report)) and key not in data:
            raise click.UsageError(f"{key} is not among spec.output.documents")
    click.echo(_format(reports, form, key), nl=False)
    sys.exit(0 if all(report.is_ready for report in reports) else FAILED)


def _format(reports: list[ProviderReport], form: str, key: str | None) -> str:
    if key:
        return "".join(_data(report).get(key, "") for report in reports)
    match form:
        case "json":
            providers = [report.as_dict() | _published_fields(report) for report in reports]
            return json.dumps({"providers": providers}, indent=2, ensure_ascii=False) + "\n"
        case "yaml":
            maps = (report.preview.config_map for report in reports if report.preview)
            return _as_yaml(config_map for config_map in maps if config_map)
    return "".join(map(_as_text, reports))


def _data(report: ProviderReport) -> dict[str, str]:
    return report.preview.data if report.preview else {}


def _published_fields(report: ProviderReport) -> dict[str, object]:
    if report.preview is None:
        return {"configMap": None, "digest": None, "data": {}}
    documents = report.preview.plan.documents
    return {
        "configMap": report.preview.provider.config_map.name,
        "digest": documents.digest if documents else None,
        "data": report.preview.data,
    }


def _as_text(report: ProviderReport) -> str:
    """Format each document under a line that names it, as `head` does with files."""
    if report.preview is None:
        return ""
    place = report.preview.provider.config_map
    return "".join(f"==> {place}/{key} <==\n{text}" for key, text in _data(report).items())


class _Dumper(yaml.SafeDumper):
    """Writes texts of several lines as blocks."""


def _block(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _block)


def _as_yaml(manifests: Iterable[object]) -> str:
    return str(
        yaml.dump_all(
            manifests,
            Dumper=_Dumper,
            sort_keys=False,
            allow_unicode=True,
            width=100,
            explicit_start=True,
        )
    )
