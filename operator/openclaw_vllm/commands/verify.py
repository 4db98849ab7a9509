"""`openclaw-vllm verify`: whether manifests are valid, and the VllmProviders would be Ready."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import click

from openclaw_vllm.commands import cel_rules
from openclaw_vllm.commands.files import Files, check_options, read_files
from openclaw_vllm.commands.options import FAILED, FILE, CommandOptions, output, shared_options
from openclaw_vllm.commands.report import ProviderReport, build_reports


@click.command()
@click.argument("more_files", nargs=-1, type=FILE, metavar="[FILE]...")
@shared_options
@click.option("--offline", is_flag=True, help="Judge the manifests only; ask no server.")
@click.option(
    "--server-dry-run",
    is_flag=True,
    help="Let the API server of the kubeconfig judge too, and read there what the files lack.",
)
@output("text", "json")
def verify(
    more_files: tuple[str, ...],
    *,
    offline: bool,
    server_dry_run: bool,
    form: str,
    **options: Any,
) -> None:
    """Judge the VllmProviders of files: the schema, then whether their servers answer.

    Files without a VllmProvider are passed over. Exit codes: 0 all are valid and would be Ready,
    1 one is not, 2 wrong usage.
    """
    command_options = CommandOptions(**options)
    command_options = replace(command_options, files=(*command_options.files, *more_files))
    if not command_options.files:
        raise click.UsageError("give a file: -f provider.yaml")
    if offline and (command_options.live or command_options.snapshot):
        raise click.UsageError("--offline excludes --live and --snapshot")
    files = read_files(command_options)
    check_options(files, command_options)
    command_options = replace(command_options, live=not (offline or command_options.snapshot))
    reports = asyncio.run(
        _verify(files, command_options, offline=offline, server_dry_run=server_dry_run)
    )
    if form == "json":
        providers = [report.as_dict() | _status_fields(report) for report in reports]
        click.echo(json.dumps({"providers": providers}, indent=2, ensure_ascii=False))
    else:
        for report in reports:
            click.echo(_as_text(report), nl=False)
    sys.exit(0 if all(report.is_ready for report in reports) else FAILED)


async def _verify(
    files: Files, command_options: CommandOptions, *, offline: bool, server_dry_run: bool
) -> list[ProviderReport]:
    async with AsyncExitStack() as stack:
        cluster = None
        if server_dry_run:
            from openclaw_vllm.commands.cluster import connect, dry_run  # noqa: PLC0415 it is slow

            cluster = await stack.enter_async_context(connect())
            files = replace(files, provider_inputs=await dry_run(cluster, files.provider_inputs))
        if offline:
            has_rules = cel_rules.is_available() or server_dry_run
            notes = () if has_rules else (cel_rules.RULES_SKIPPED,)
            return [ProviderReport(each, notes=notes) for each in files.provider_inputs]
        return await build_reports(files, command_options, cluster)


def _status_fields(report: ProviderReport) -> dict[str, Any]:
    """Return the status beside its conditions, and whether the server refuses its list without the
    key: None where there is no key, or nobody was asked."""
    if report.preview is None:
        return {"status": None, "keyProved": None}
    elsewhere = {"conditions", "observed_generation"}
    status = report.preview.status.model_dump(mode="json", exclude_none=True, exclude=elsewhere)
    return {"status": status, "keyProved": report.preview.server.discovery.info.key_proved}


def _as_text(report: ProviderReport) -> str:
    return "".join(f"{line}\n" for line in _lines(report))


def _lines(report: ProviderReport) -> Iterator[str]:
    yield f"{'ok' if report.is_ready else 'FAILED':8}{report.provider_input}"
    for violation in report.provider_input.violations:
        yield f"{'':8}{violation}"
    for condition in report.preview.aspects if report.preview else ():
        line = f"{condition.type:17} {condition.status:8} {condition.reason}: {condition.message}"
        yield f"{'':8}{line}"
    for note in report.notes:
        yield f"{'':8}note: {note}"
