"""`openclaw-vllm diff`: what is published against what would be."""

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import click

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.commands.comparison import Published, changes
from openclaw_vllm.commands.files import Files, read_config_maps, read_files, require_answers
from openclaw_vllm.commands.options import FAILED, FILE, CommandOptions, command_options, output
from openclaw_vllm.commands.report import Outcome, outcomes_of
from openclaw_vllm.core.publication.ownership import refusal
from openclaw_vllm.core.publication.plan import KeepPublished


@dataclass(frozen=True)
class Comparison:
    """A VllmProvider's outcome, and what would change of its ConfigMap."""

    outcome: Outcome
    changes: Mapping[str, str]

    @property
    def is_same(self) -> bool:
        """Whether all is well and nothing would change."""
        return self.outcome.is_well and not self.changes


@click.command()
@command_options
@click.option(
    "--against", type=FILE, help="A file with the ConfigMap, instead of the kubeconfig's cluster."
)
@output("text", "json")
def diff(against: str | None, form: str, **options: Any) -> None:
    """Compare what is published for the VllmProviders of files with what would be.

    Without --against, the ConfigMap and what the files lack are read from the cluster. Exit codes:
    0 nothing would change, 1 something would or one would not be Ready, 2 wrong usage.
    """
    chosen = CommandOptions(**options)
    files = read_files(chosen)
    require_answers(files, chosen)
    if against:
        published = {
            key: Published.read(found) for key, found in read_config_maps(against, chosen).items()
        }
        compared = asyncio.run(_against_files(files, chosen, published))
    else:
        compared = asyncio.run(_against_cluster(files, chosen))
    for comparison in compared:
        comparison.outcome.tell()
    click.echo(_written(compared, form), nl=False)
    sys.exit(0 if all(comparison.is_same for comparison in compared) else FAILED)


async def _against_files(
    files: Files, command_options: CommandOptions, published: Mapping[ObjectKey, Published]
) -> list[Comparison]:
    existing = {key: found.known for key, found in published.items()}
    outcomes = await outcomes_of(files, command_options, existing=existing)
    return [_compared(outcome, published) for outcome in outcomes]


async def _against_cluster(files: Files, command_options: CommandOptions) -> list[Comparison]:
    from openclaw_vllm.commands.cluster import connected, published_by  # noqa: PLC0415 it is slow

    async with connected() as cluster:
        published = await published_by(cluster, files.subjects)
        existing = {key: found.known for key, found in published.items()}
        outcomes = await outcomes_of(files, command_options, cluster, existing)
        return [_compared(_owned(outcome, published), published) for outcome in outcomes]


def _owned(outcome: Outcome, published: Mapping[ObjectKey, Published]) -> Outcome:
    """Take in that the ConfigMap may be somebody else's: then nothing would be written."""
    preview = outcome.preview
    if preview is None:
        return outcome
    existing = published.get(preview.resource.config_map)
    problem = refusal(preview.resource, existing.known if existing else None, ())
    if problem is None:
        return outcome
    plan = KeepPublished(problem)
    return replace(outcome, preview=replace(preview, plan=plan))


def _compared(outcome: Outcome, published: Mapping[ObjectKey, Published]) -> Comparison:
    preview = outcome.preview
    if preview is None:
        return Comparison(outcome, {})
    return Comparison(outcome, changes(preview, published.get(preview.resource.config_map)))


def _written(compared: list[Comparison], form: str) -> str:
    if form == "text":
        return "".join(text for comparison in compared for text in comparison.changes.values())
    shown = [
        comparison.outcome.report()
        | {"same": comparison.is_same, "changes": dict(comparison.changes)}
        for comparison in compared
    ]
    return json.dumps({"providers": shown}, indent=2, ensure_ascii=False) + "\n"
