"""`openclaw-vllm render`: what the cluster would publish, without a cluster."""

import asyncio
import json
import sys
from collections.abc import Iterable
from typing import Any

import click
import yaml

from openclaw_vllm.api.configmap import KEYS
from openclaw_vllm.commands.files import read_files, require_answers
from openclaw_vllm.commands.options import FAILED, CommandOptions, command_options, output
from openclaw_vllm.commands.report import Outcome, outcomes_of


@click.command()
@command_options
@click.option(
    "--key", type=click.Choice(KEYS), help="Only this document, with exactly its published bytes."
)
@output("text", "json", "yaml")
def render(key: str | None, form: str, **options: Any) -> None:
    """Print the documents that the cluster would publish for the VllmProviders of files.

    Exit codes: 0 all would be Ready, 1 one would not (standard error says why), 2 wrong usage.
    """
    chosen = CommandOptions(**options)
    files = read_files(chosen)
    require_answers(files, chosen)
    if key and len(files.subjects) > 1:
        raise click.UsageError("--key prints one document: choose the VllmProvider with --name")
    outcomes = asyncio.run(outcomes_of(files, chosen))
    for outcome in outcomes:
        outcome.tell()
    click.echo(_written(outcomes, form, key), nl=False)
    sys.exit(0 if all(outcome.is_well for outcome in outcomes) else FAILED)


def _written(outcomes: list[Outcome], form: str, key: str | None) -> str:
    if key:
        return "".join(_data(outcome).get(key, "") for outcome in outcomes)
    match form:
        case "json":
            shown = [outcome.report() | _rendered(outcome) for outcome in outcomes]
            return json.dumps({"providers": shown}, indent=2, ensure_ascii=False) + "\n"
        case "yaml":
            maps = (outcome.preview.config_map for outcome in outcomes if outcome.preview)
            return _as_yaml(config_map for config_map in maps if config_map)
    return "".join(map(_as_text, outcomes))


def _data(outcome: Outcome) -> dict[str, str]:
    return outcome.preview.data if outcome.preview else {}


def _rendered(outcome: Outcome) -> dict[str, object]:
    if outcome.preview is None:
        return {"configMap": None, "digest": None, "data": {}}
    documents = outcome.preview.plan.documents
    return {
        "configMap": outcome.preview.resource.config_map.name,
        "digest": documents.digest if documents else None,
        "data": outcome.preview.data,
    }


def _as_text(outcome: Outcome) -> str:
    """Write each document under a line with its place, as `head` does with files."""
    if outcome.preview is None:
        return ""
    place = outcome.preview.resource.config_map
    return "".join(f"==> {place}/{key} <==\n{text}" for key, text in _data(outcome).items())


class _Dumper(yaml.SafeDumper):
    """Writes documents as blocks, as people read them."""


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
