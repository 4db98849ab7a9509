"""`openclaw-vllm diff`: the published ConfigMaps compared with what would be published."""

import asyncio
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import click

from openclaw_vllm.api.keys import ObjectKey
from openclaw_vllm.commands.comparison import Published, compare
from openclaw_vllm.commands.files import Files, check_sources, read_config_maps, read_files
from openclaw_vllm.commands.options import FAILED, FILE, CommandOptions, output, shared_options
from openclaw_vllm.commands.report import ProviderReport, build_reports
from openclaw_vllm.core.publication.ownership import claim_refusal
from openclaw_vllm.core.publication.plan import KeepPublished


@dataclass(frozen=True)
class Comparison:
    """A VllmProvider's report, and the changes to its ConfigMap."""

    report: ProviderReport
    changes: Mapping[str, str]

    @property
    def is_unchanged(self) -> bool:
        """Whether it would be Ready and nothing would change."""
        return self.report.is_ready and not self.changes


@click.command()
@shared_options
@click.option(
    "--against", type=FILE, help="A file with the ConfigMap, instead of the kubeconfig's cluster."
)
@output("text", "json")
def diff(against: str | None, form: str, **options: Any) -> None:
    """Compare what is published for the VllmProviders of files with what would be.

    Without --against, the ConfigMap and what the files lack are read from the cluster. Exit codes:
    0 nothing would change, 1 something would or one would not be Ready, 2 wrong usage.
    """
    command_options = CommandOptions(**options)
    files = read_files(command_options)
    check_sources(files, command_options)
    if against:
        published = {
            key: Published.read(manifest)
            for key, manifest in read_config_maps(against, command_options).items()
        }
        comparisons = asyncio.run(_against_files(files, command_options, published))
    else:
        comparisons = asyncio.run(_against_cluster(files, command_options))
    for comparison in comparisons:
        comparison.report.print_problems()
    click.echo(_format(comparisons, form), nl=False)
    sys.exit(0 if all(comparison.is_unchanged for comparison in comparisons) else FAILED)


async def _against_files(
    files: Files, command_options: CommandOptions, published: Mapping[ObjectKey, Published]
) -> list[Comparison]:
    existing = {key: each.state for key, each in published.items()}
    reports = await build_reports(files, command_options, existing=existing)
    return [_compare(report, published) for report in reports]


async def _against_cluster(files: Files, command_options: CommandOptions) -> list[Comparison]:
    from openclaw_vllm.commands.cluster import connect, read_published  # noqa: PLC0415 it is slow

    async with connect() as cluster:
        published = await read_published(cluster, files.provider_inputs)
        existing = {key: each.state for key, each in published.items()}
        reports = await build_reports(files, command_options, cluster, existing)
        return [_compare(_check_ownership(report, published), published) for report in reports]


def _check_ownership(
    report: ProviderReport, published: Mapping[ObjectKey, Published]
) -> ProviderReport:
    """Return the report; when the ConfigMap belongs to another, nothing would be written."""
    preview = report.preview
    if preview is None:
        return report
    existing = published.get(preview.provider.config_map)
    problem = claim_refusal(preview.provider, existing.state if existing else None, ())
    if problem is None:
        return report
    plan = KeepPublished(problem)
    return replace(report, preview=replace(preview, plan=plan))


def _compare(report: ProviderReport, published: Mapping[ObjectKey, Published]) -> Comparison:
    preview = report.preview
    if preview is None:
        return Comparison(report, {})
    return Comparison(report, compare(preview, published.get(preview.provider.config_map)))


def _format(comparisons: list[Comparison], form: str) -> str:
    if form == "text":
        return "".join(text for comparison in comparisons for text in comparison.changes.values())
    providers = [
        comparison.report.as_dict()
        | {"same": comparison.is_unchanged, "changes": dict(comparison.changes)}
        for comparison in comparisons
    ]
    return json.dumps({"providers": providers}, indent=2, ensure_ascii=False) + "\n"
