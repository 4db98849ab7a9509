"""`openclaw-vllm verify`: is the manifest valid, and would the VllmProvider be Ready."""

import asyncio
import json
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import replace
from typing import Any

import click

from openclaw_vllm.commands import cel_rules
from openclaw_vllm.commands.files import Files, read_files, refuse_contradictions
from openclaw_vllm.commands.options import FAILED, FILE, CommandOptions, command_options, output
from openclaw_vllm.commands.report import Outcome, outcomes_of


@click.command()
@click.argument("more_files", nargs=-1, type=FILE, metavar="[FILE]...")
@command_options
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
    chosen = CommandOptions(**options)
    chosen = replace(chosen, files=(*chosen.files, *more_files))
    if not chosen.files:
        raise click.UsageError("give a file: -f provider.yaml")
    if offline and (chosen.live or chosen.snapshot):
        raise click.UsageError("--offline excludes --live and --snapshot")
    files = read_files(chosen)
    refuse_contradictions(files, chosen)
    chosen = replace(chosen, live=not (offline or chosen.snapshot))
    outcomes = asyncio.run(_verified(files, chosen, offline=offline, server_dry_run=server_dry_run))
    if form == "json":
        reports = [outcome.report() for outcome in outcomes]
        click.echo(json.dumps({"providers": reports}, indent=2, ensure_ascii=False))
    else:
        for outcome in outcomes:
            click.echo(_as_text(outcome), nl=False)
    sys.exit(0 if all(outcome.is_well for outcome in outcomes) else FAILED)


async def _verified(
    files: Files, command_options: CommandOptions, *, offline: bool, server_dry_run: bool
) -> list[Outcome]:
    async with AsyncExitStack() as stack:
        cluster = None
        if server_dry_run:
            from openclaw_vllm.commands.cluster import connected, judged  # noqa: PLC0415 it is slow

            cluster = await stack.enter_async_context(connected())
            files = replace(files, subjects=await judged(cluster, files.subjects))
        if offline:
            judged_here = cel_rules.are_judged() or server_dry_run
            notes = () if judged_here else (cel_rules.NOT_JUDGED,)
            return [Outcome(subject, notes=notes) for subject in files.subjects]
        return await outcomes_of(files, command_options, cluster)


def _as_text(outcome: Outcome) -> str:
    return "".join(f"{line}\n" for line in _lines(outcome))


def _lines(outcome: Outcome) -> Iterator[str]:
    yield f"{'ok' if outcome.is_well else 'FAILED':8}{outcome.subject}"
    for violation in outcome.subject.violations:
        yield f"{'':8}{violation}"
    for condition in outcome.preview.aspects if outcome.preview else ():
        said = f"{condition.type:17} {condition.status:8} {condition.reason}: {condition.message}"
        yield f"{'':8}{said}"
    for note in outcome.notes:
        yield f"{'':8}note: {note}"
